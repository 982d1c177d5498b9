"""The sound of the simulated microphone: a quiet tone, and a loud beep at the start of each second of UTC.

The beep is to sound what the strip is to the test card: where it begins, a second begins, so that programs find the
capture time in the sound itself, and people hear whether it goes with the picture.
"""

from __future__ import annotations

import array
import math
import sys

TONE_HZ, BEEP_HZ = 440, 1000
TONE_LEVEL, BEEP_LEVEL = 0.1, 0.5
BEEP_S = 0.1
# Whole periods of both fit into a tenth of a second, so no change of tone clicks.
assert TONE_HZ % 10 == BEEP_HZ % 10 == 0
# The wall clock is corrected by up to a millisecond a second; the tone follows it in steps that are no smaller.
_MAX_DEVIATION_S = 0.002


class TestTone:
    """One second of samples, played in a loop in step with the wall clock."""

    __test__ = False  # the name is the field's; it is not a test case

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._max_deviation = int(sample_rate_hz * _MAX_DEVIATION_S)
        samples = array.array("h", (self._level(number) for number in range(sample_rate_hz)))
        if sys.byteorder == "big":
            samples.byteswap()
        self._second = samples.tobytes() * 2
        self._next = -1

    def chunk(self, utc_us: int, count: int) -> bytes:
        """`count` samples of 16 bits, little endian, the first of which is captured at `utc_us`; at most a second.

        A chunk goes on where the last one ended, unless that is two milliseconds away from what the clock says.
        """
        position = utc_us % 1_000_000 * self._rate_hz // 1_000_000
        if self._next >= 0 and self._distance(position, self._next) <= self._max_deviation:
            position = self._next
        self._next = (position + count) % self._rate_hz
        return self._second[position * 2 : (position + count) * 2]

    def _distance(self, one: int, other: int) -> int:
        forward = (one - other) % self._rate_hz
        return min(forward, self._rate_hz - forward)

    def _level(self, number: int) -> int:
        beeps = number < self._rate_hz * BEEP_S
        frequency_hz, level = (BEEP_HZ, BEEP_LEVEL) if beeps else (TONE_HZ, TONE_LEVEL)
        return round(32767 * level * math.sin(2 * math.pi * frequency_hz * number / self._rate_hz))
