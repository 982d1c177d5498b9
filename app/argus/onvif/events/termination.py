"""Termination times of subscriptions: what clients ask for, and what they get.

Spec: Core § Create pull point subscription; WS-BaseNotification 1.3 § Renew
"""

from __future__ import annotations

from argus.base.units import US_PER_S, to_utc_us
from argus.onvif.events.faults import outside
from argus.soap.duration import Duration
from argus.soap.faults import FaultKind, InvalidArgs
from argus.soap.lexical import read_datetime

SHORTEST_US = 5 * US_PER_S
LONGEST_US = 24 * 3_600 * US_PER_S
DEFAULT_US = 60 * US_PER_S


def lifetime_us(text: str | None, now_us: int, unacceptable: FaultKind) -> int:
    """How long from now a wsnt:AbsoluteOrRelativeTimeType lasts; without text the default.

    Raises:
        Fault: InvalidArgs where it is neither a duration nor a dateTime, `unacceptable` where it is out of bounds.
    """
    wanted = (text or "").strip()
    if not wanted:
        return DEFAULT_US
    try:
        relative = wanted.lstrip("-").startswith("P")
        asked_us = Duration.parse(wanted).to_us() if relative else to_utc_us(read_datetime(wanted)) - now_us
    except ValueError as error:
        raise InvalidArgs(f"termination time {wanted!r}: {error}") from error
    if not SHORTEST_US <= asked_us <= LONGEST_US:
        raise outside(unacceptable, now_us + SHORTEST_US, now_us + LONGEST_US)
    return asked_us
