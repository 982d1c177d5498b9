"""The adjustable clock steps alone."""

from argus.base.clock import SimulatedClock
from argus.linux.clock import AdjustableClock


async def test_setting_it_leaves_the_clock_underneath_and_monotonic_time_alone() -> None:
    below = SimulatedClock(utc_us=1_000_000, mono_ns=7)
    clock = AdjustableClock(below)
    clock.set_utc_us(5_000_000)
    await below.advance(1)
    assert (clock.utc_us(), below.utc_us()) == (6_000_000, 2_000_000)
    assert clock.mono_ns() == below.mono_ns() == 1_000_000_007
