"""A wall clock that can be set without touching the machine's."""

from __future__ import annotations

from argus.base.clock import Clock


class AdjustableClock:
    """Another clock plus an offset in wall time. Monotonic time and sleeping are the other clock's own.

    The simulated board runs on it: setting the time of the product leaves the developer's machine alone. A real
    board may run on it too, with the offset left at zero.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.offset_us = 0

    def utc_us(self) -> int:
        return self._clock.utc_us() + self.offset_us

    def mono_ns(self) -> int:
        return self._clock.mono_ns()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    def set_utc_us(self, utc_us: int) -> None:
        """Step the wall clock to this instant."""
        self.offset_us = utc_us - self._clock.utc_us()
