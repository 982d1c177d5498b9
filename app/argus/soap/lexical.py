"""Lexical forms of XML Schema's simple types: text in, value out, and back."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from argus.soap.duration import Duration

# Characters that XML 1.0 cannot carry, not even as references; for use in a class of a regular expression.
ILLEGAL = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_ILLEGAL = re.compile(f"[{ILLEGAL}]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)
_DATETIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?(Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
# SQLite, RTP and every counter of ours end here.
_INT_RANGE = range(-(1 << 63), 1 << 63)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_EXACT_INTEGER_FLOAT = 1e15

Reader = Callable[[str], object]
Writer = Callable[[object], str]


def legal(text: str) -> str:
    """The text with every character XML cannot carry replaced by U+FFFD."""
    return _ILLEGAL.sub("\ufffd", text)


def read_string(text: str) -> str:
    return text


def read_boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("not a boolean") from None


def read_integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None or (number := int(text)) not in _INT_RANGE:
        raise ValueError("not an integer of 64 bits")
    return number


def read_float(text: str) -> float:
    """A finite number; INF and NaN are refused, since no argument of ours has a meaning for them."""
    if _FLOAT.fullmatch(text) is None or not math.isfinite(number := float(text)):
        raise ValueError("not a finite number")
    return number


def read_datetime(text: str) -> datetime:
    """An aware UTC datetime; a time without zone is taken as UTC, digits behind the microsecond are cut off."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise ValueError("not a dateTime")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    us = int((match[7] or "")[:6].ljust(6, "0"))
    zone = match[8]
    try:
        # "24:00:00" is the end of the day: XML Schema § dateTime.
        midnight = hour == 24 and not (minute or second or us)
        moment = datetime(year, month, day, 0 if midnight else hour, minute, second, us, tzinfo=UTC)
        if midnight:
            moment += timedelta(days=1)
        if zone is None or zone == "Z":
            return moment
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if minutes > 59 or hours * 60 + minutes > 14 * 60:
            raise ValueError("time zone out of range")
        offset = timedelta(hours=hours, minutes=minutes)
        return moment.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset)).astimezone(UTC)
    except OverflowError:
        raise ValueError("dateTime out of range") from None


def read_base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def write_boolean(value: object) -> str:
    return "true" if value else "false"


def write_float(value: object) -> str:
    assert isinstance(value, float | int)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    if value == int(value) and abs(value) < _EXACT_INTEGER_FLOAT:
        return str(int(value))
    return repr(value)


def write_datetime(value: object) -> str:
    """UTC with Z; a fraction only where there is one. A naive datetime is a mistake of ours: ValueError."""
    assert isinstance(value, datetime)
    if value.tzinfo is None:
        raise ValueError("a dateTime needs a time zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def write_base64(value: object) -> str:
    assert isinstance(value, bytes)
    return base64.b64encode(value).decode("ascii")


# type → (reader, writer). `bool` stands before `int` nowhere: the lookup is by exact type.
SIMPLE: dict[type, tuple[Reader, Writer]] = {
    str: (read_string, str),
    bool: (read_boolean, write_boolean),
    int: (read_integer, str),
    float: (read_float, write_float),
    datetime: (read_datetime, write_datetime),
    Duration: (Duration.parse, str),
    bytes: (read_base64, write_base64),
}


def enumeration(kind: type[StrEnum]) -> Reader:
    """Reader of an enumeration; a spelling that differs in case, `-` or `_` only is understood.

    Clients are known to send `RTP_unicast` for `RTP-Unicast`.
    """
    exact: dict[str, StrEnum] = {member.value: member for member in kind}
    folded: dict[str, list[StrEnum]] = {}
    for member in kind:
        folded.setdefault(_fold(member.value), []).append(member)

    def read(text: str) -> StrEnum:
        known = exact.get(text)
        if known is not None:
            return known
        candidates = folded.get(_fold(text), ())
        if len(candidates) != 1:
            raise ValueError(f"not one of {', '.join(exact)}")
        return candidates[0]

    return read


def _fold(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "")
