"""POSIX time zone texts such as `CET-1CEST,M3.5.0,M10.5.0/3`.

Spec: IEEE Std 1003.1 § Environment Variables, TZ; Core § SetSystemDateAndTime.
"""

from __future__ import annotations

import re

from argus.base.errors import InvalidValue

UTC = "UTC0"
MAX_LENGTH = 64

_NAME = r"(?:[A-Za-z]{3,16}|<[A-Za-z0-9+\-]{3,16}>)"
_HOURS = r"(?:2[0-4]|[01]?[0-9])(?::[0-5]?[0-9]){0,2}"
_JULIAN = r"J(?:[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])"
_DAY = r"(?:[12]?[0-9]{1,2}|3[0-5][0-9]|36[0-5])"
_WEEKDAY = r"M(?:1[0-2]|[1-9])\.[1-5]\.[0-6]"
_DATE = rf"(?:{_JULIAN}|{_DAY}|{_WEEKDAY})"
# RFC 9636 § 3.3.1 extends the time of a change to -167..167 hours; Greenland's zone needs it.
_TIME = r"[+\-]?(?:16[0-7]|1[0-5][0-9]|[0-9]{1,2})(?::[0-5]?[0-9]){0,2}"
_RULE = rf"{_DATE}(?:/{_TIME})?"
_TIME_ZONE = re.compile(rf"{_NAME}[+\-]?{_HOURS}(?:{_NAME}(?:[+\-]?{_HOURS})?(?:,{_RULE},{_RULE})?)?")
# Without an offset these two alone are unambiguous, and clients send them.
_BARE = ("UTC", "GMT")


def check_time_zone(text: str) -> str:
    """The text itself, if it is a POSIX time zone.

    Raises:
        InvalidValue: `time zone`.
    """
    if text in _BARE or (len(text) <= MAX_LENGTH and _TIME_ZONE.fullmatch(text)):
        return text
    raise InvalidValue("time zone", f"not a POSIX time zone such as CET-1CEST,M3.5.0,M10.5.0/3: {text!r:.80}")
