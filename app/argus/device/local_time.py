"""The time on the wall: UTC turned into local time by the rules of a POSIX time zone.

Spec: IEEE Std 1003.1 § Environment Variables, TZ; RFC 9636 § The TZif Format.
"""

from __future__ import annotations

import io
import logging
import re
import struct
from datetime import datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from argus.base.units import to_datetime
from argus.device import time_zone

logger = logging.getLogger(__name__)

# POSIX leaves open when summer time begins in "EST5EDT"; these are the rules of glibc and of the tz database.
_USUAL_RULES = ",M3.2.0,M11.1.0"
_SUMMER_TIME_WITHOUT_RULES = re.compile(r"(?:[A-Za-z]+|<[^>]+>)[^A-Za-z<,]+(?:[A-Za-z]+|<[^>]+>)[^A-Za-z<,]*")


def local_time(utc_us: int, zone: str) -> datetime:
    """What a clock on the wall shows: a datetime without tzinfo. `zone` is a text `check_time_zone` let pass."""
    return to_datetime(utc_us).astimezone(_rules(zone)).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=4)
def _rules(zone: str) -> tzinfo:
    if zone in ("UTC", "GMT"):
        zone += "0"
    if _SUMMER_TIME_WITHOUT_RULES.fullmatch(zone):
        zone += _USUAL_RULES
    try:
        return ZoneInfo.from_file(io.BytesIO(_tzif(zone)))
    except ValueError as error:
        # The grammar allows offsets of 24 hours, where no place on Earth is.
        logger.warning("the time zone %s cannot be computed with (%s); UTC is used", zone, error)
        return ZoneInfo.from_file(io.BytesIO(_tzif(time_zone.UTC)))


def _tzif(zone: str) -> bytes:
    """A time zone file without transitions: all there is to know stands in its footer, which is a POSIX text."""
    # version, then the numbers of UT indicators, standard indicators, leap seconds, transitions, types, characters
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    block = header + struct.pack(">lbB", 0, 0, 0) + b"UTC\0"
    return block + block + b"\n" + zone.encode("ascii") + b"\n"
