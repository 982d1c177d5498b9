"""From the monotonic time of a capture to wall time: smooth while the clock is disciplined, a step where it steps."""

from __future__ import annotations

import logging

from argus.base.clock import Clock

logger = logging.getLogger(__name__)

SAMPLE_PERIOD_NS = 1_000_000_000
# Twice the 500 ppm at which the kernel slews for NTP; far below one frame interval, so time keeps rising.
MAX_SLEW_NS = 1_000_000
STEP_NS = 100_000_000
# Between two readings of one clock; more means that we were interrupted in between.
MAX_READING_NS = 50_000
_READINGS = 3
_MEMORY = 16


class CaptureClock:
    """Tells the wall time of a monotonic instant, the same whenever and from whichever thread it is asked.

    A picture's time is needed twice: when it is stamped and, later, when its coded form comes out of the encoder. So
    the offset between the clocks is a function of the *capture* time: a correction holds for captures after it was
    made. Corrections come once a second. A difference up to 100 ms is worked off by at most 1 ms per second, and
    consecutive pictures keep strictly rising times; a larger one means that the wall clock was set, and is taken over
    at once: recordings shall carry the time the owner has set, not one that follows hours later.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        mono_ns, offset_ns = self._read()
        # newest last; replaced as a whole, so other threads need no lock
        self._corrections: tuple[tuple[int, int], ...] = ((mono_ns, offset_ns),)

    def utc_us(self, mono_ns: int) -> int:
        """Wall time of the instant; exact for captures of the last 16 s, else by the oldest offset remembered."""
        corrections = self._corrections
        for since_ns, offset_ns in reversed(corrections):
            if mono_ns > since_ns:
                return (mono_ns + offset_ns) // 1_000
        return (mono_ns + corrections[0][1]) // 1_000

    def correct(self) -> None:
        """Compare the clocks, at most once a second; called often by the camera's watch."""
        since_ns, offset_ns = self._corrections[-1]
        if self._clock.mono_ns() - since_ns < SAMPLE_PERIOD_NS:
            return
        mono_ns, measured_ns = self._read()
        difference_ns = measured_ns - offset_ns
        if abs(difference_ns) > STEP_NS:
            logger.warning("the wall clock was set: it differs by %+.3f s", difference_ns / 1e9)
        else:
            difference_ns = max(-MAX_SLEW_NS, min(MAX_SLEW_NS, difference_ns))
        self._corrections = (*self._corrections[1 - _MEMORY :], (mono_ns, offset_ns + difference_ns))

    def _read(self) -> tuple[int, int]:
        """Monotonic time now, and what to add to it for wall time, both in ns."""
        for _ in range(_READINGS):
            before_ns, utc_us, after_ns = self._clock.mono_ns(), self._clock.utc_us(), self._clock.mono_ns()
            if after_ns - before_ns <= MAX_READING_NS:
                break
        return after_ns, utc_us * 1_000 - (before_ns + after_ns) // 2
