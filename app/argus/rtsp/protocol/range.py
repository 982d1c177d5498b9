"""The Range header: absolute time (`clock=`) and normal play time (`npt=`).

Spec: RFC 2326 § Range, § Absolute Time, § Normal Play Time; Streaming § RTSP describe/play for replay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from argus.base.units import NTP_EPOCH_OFFSET_S, US_PER_S, to_datetime, to_utc_us
from argus.rtsp.protocol.status import ProtocolError, Status

_NTP_EPOCH_OFFSET_US = NTP_EPOCH_OFFSET_S * US_PER_S

_DATE = r"\d{4}-?\d\d-?\d\d"
_TIME = r"\d\d:?\d\d:?\d\d(?:\.\d{1,12})?"
_MOMENT = rf"{_DATE}T{_TIME}Z?"
_CLOCK = re.compile(rf"clock\s*=\s*({_MOMENT})?\s*(-?)\s*({_MOMENT})?", re.IGNORECASE | re.ASCII)
_NPT = re.compile(r"npt\s*=\s*([0-9:.]{1,24}|now)?\s*(-?)\s*([0-9:.]{1,24})?", re.IGNORECASE | re.ASCII)
_SECONDS = re.compile(r"(?:(\d{1,5}):(\d{1,2}):)?(\d{1,10}(?:\.\d{0,9})?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRange:
    """Absolute times in microseconds UTC; None is an open side. In reverse play `start_us` is the later one."""

    start_us: int | None = None
    end_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NptRange:
    """Time from the start of the presentation; `now` is the live edge."""

    start_us: int | None = None
    end_us: int | None = None
    now: bool = False


PlayRange = ClockRange | NptRange


def parse_range(header: str) -> PlayRange:
    """The range a client asks for.

    Raises:
        ProtocolError: 457 for anything that is no range in a unit spoken here.
    """
    # A range may be followed by `;time=`, the moment it takes effect, which no client in the field uses.
    text = header.partition(";")[0].strip()
    if (clock := _CLOCK.fullmatch(text)) is not None and (clock[1] or clock[3]):
        if clock[1] and clock[3] and not clock[2]:
            raise _invalid(header)
        return ClockRange(start_us=_clock_us(clock[1]), end_us=_clock_us(clock[3]))
    if (npt := _NPT.fullmatch(text)) is not None and (npt[1] or npt[3]):
        now = (npt[1] or "").lower() == "now"
        return _absolute(NptRange(start_us=None if now else _npt_us(npt[1]), end_us=_npt_us(npt[3]), now=now))
    raise _invalid(header)


def _absolute(npt: NptRange) -> PlayRange:
    # GStreamer's rtspsrc answers a clock range in the description with "npt" in seconds since 1900. No footage is
    # seventy years long.
    if npt.start_us is None or npt.start_us < _NTP_EPOCH_OFFSET_US:
        return npt
    end_us = npt.end_us - _NTP_EPOCH_OFFSET_US if npt.end_us is not None else None
    return ClockRange(start_us=npt.start_us - _NTP_EPOCH_OFFSET_US, end_us=end_us)


def _clock_us(text: str | None) -> int | None:
    if not text:
        return None
    whole, _, fraction = re.sub(r"[-:ztZT]", "", text).partition(".")
    try:
        moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise _invalid(text) from error
    return to_utc_us(moment) + int(fraction[:6].ljust(6, "0"))


def _npt_us(text: str | None) -> int | None:
    if not text:
        return None
    match = _SECONDS.fullmatch(text)
    if match is None:
        raise _invalid(text)
    whole, _, fraction = match[3].partition(".")
    seconds = int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + int(whole)
    return seconds * US_PER_S + int(fraction[:6].ljust(6, "0"))


def _invalid(text: str) -> ProtocolError:
    return ProtocolError(Status.INVALID_RANGE, f"{text[:80]!r} is no time range")


def encode_clock(utc_us: int) -> str:
    """`20260101T000000.000000Z`, exact to the microsecond."""
    # strftime does not pad years before 1000
    return to_datetime(utc_us).strftime("%Y%m%dT%H%M%S.%fZ").rjust(23, "0")


def encode_clock_range(start_us: int, end_us: int | None = None) -> str:
    """A Range header or SDP range with an open end where `end_us` is None."""
    return f"clock={encode_clock(start_us)}-{encode_clock(end_us) if end_us is not None else ''}"
