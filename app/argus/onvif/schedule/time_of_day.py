"""xs:time as microseconds from midnight."""

from __future__ import annotations

import re

from argus.base.units import US_PER_S
from argus.device.schedule.values import US_PER_DAY
from argus.soap.faults import InvalidArgs

_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?", re.ASCII
)


def read_time(text: str) -> int:
    """Microseconds from midnight; 24:00:00 is the end of the day.

    A zone is passed over: schedules are in the local time of the device, and .NET writes the zone of the client's
    computer behind every time.

    Raises:
        Fault: Sender/InvalidArgs.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise InvalidArgs(f"not a time of the day: {text!r:.40}")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3])
    us = ((hour * 60 + minute) * 60 + second) * US_PER_S + int((match[4] or "")[:6].ljust(6, "0"))
    if minute > 59 or second > 59 or us > US_PER_DAY:
        raise InvalidArgs(f"not a time of the day: {text!r:.40}")
    return us


def write_time(us: int) -> str:
    """Microseconds from midnight as `08:30:00`, with a fraction only where there is one."""
    seconds, fraction = divmod(us, US_PER_S)
    text = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}".rstrip("0") if fraction else text
