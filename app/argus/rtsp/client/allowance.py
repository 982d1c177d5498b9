"""How much one device may send: more than any camera does, and less than would keep the station from the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argus.base.clock import Clock

# A camera begins with what it kept since its last key frame, all at once. None alone may fill the queue of the ring.
BURST_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What came since the connection exists, or what may come in a second."""

    packets: int
    size_bytes: int
    units: int
    unit_bytes: int
    messages: int


PER_SECOND = Amount(packets=10_000, size_bytes=25_000_000, units=2_000, unit_bytes=25_000_000, messages=50)
_TOO_MUCH = {
    "packets": "too many packets",
    "size_bytes": "too much data",
    "units": "too many pictures or pieces of sound",
    "unit_bytes": "too large pictures",
    "messages": "too many answers and requests",
}


class Allowance:
    """Compares what came with what may come, averaged over some seconds."""

    def __init__(self, clock: Clock, measure: Callable[[], Amount], per_second: Amount = PER_SECOND) -> None:
        self._clock = clock
        self._measure = measure
        self._per_second = per_second
        self._before = measure()
        self._since_ns = clock.mono_ns()
        self._levels = dict.fromkeys(_TOO_MUCH, 0.0)

    def excess(self) -> str:
        """What there is too much of, as a sentence for people; empty where there is not."""
        now, now_ns = self._measure(), self._clock.mono_ns()
        passed_s = (now_ns - self._since_ns) / 1e9
        excess = ""
        for name, words in _TOO_MUCH.items():
            came: int = getattr(now, name) - getattr(self._before, name)
            rate: int = getattr(self._per_second, name)
            self._levels[name] = max(0.0, self._levels[name] + came - rate * passed_s)
            if self._levels[name] > rate * BURST_S:
                excess = f"the device sends {words}"
        self._before, self._since_ns = now, now_ns
        return excess
