"""Wall times of captures are smooth, strictly rising, and follow a clock that was set."""

from hypothesis import given
from hypothesis import strategies as st

from argus.base.clock import SimulatedClock
from argus.media.capture_clock import MAX_SLEW_NS, CaptureClock

START_UTC_US = 1_767_225_600_000_000


async def test_time_follows_the_wall_clock() -> None:
    clock = SimulatedClock(utc_us=START_UTC_US, mono_ns=5_000_000_000)
    times = CaptureClock(clock)
    assert times.utc_us(5_000_000_000) == START_UTC_US
    assert times.utc_us(6_000_000_000) == START_UTC_US + 1_000_000


async def test_a_small_difference_is_worked_off_by_a_millisecond_per_second() -> None:
    clock = SimulatedClock(utc_us=START_UTC_US, mono_ns=0)
    times = CaptureClock(clock)
    clock.step(0.0025)
    errors = []
    for _ in range(4):
        await clock.advance(1.0)
        times.correct()
        errors.append(clock.utc_us() + 40_000 - times.utc_us(clock.mono_ns() + 40_000_000))
    assert errors == [1_500, 500, 0, 0]


async def test_a_correction_leaves_the_times_of_earlier_captures_alone() -> None:
    clock = SimulatedClock(utc_us=START_UTC_US, mono_ns=0)
    times = CaptureClock(clock)
    await clock.advance(2.0)
    captured_ns = clock.mono_ns()
    stamped_us = times.utc_us(captured_ns)
    clock.step(3600.0)
    times.correct()
    assert times.utc_us(captured_ns) == stamped_us
    assert times.utc_us(captured_ns + 1_000) == stamped_us + 3_600_000_001


async def test_a_clock_that_was_set_is_followed_at_once() -> None:
    clock = SimulatedClock(utc_us=START_UTC_US, mono_ns=0)
    times = CaptureClock(clock)
    for step_s in (86_400.0, -3_600.0):
        clock.step(step_s)
        await clock.advance(1.0)
        times.correct()
        assert times.utc_us(clock.mono_ns() + 1_000) == clock.utc_us() + 1


async def test_corrections_come_once_a_second() -> None:
    clock = SimulatedClock(utc_us=START_UTC_US, mono_ns=0)
    times = CaptureClock(clock)
    clock.step(10.0)
    await clock.advance(0.9)
    times.correct()
    assert times.utc_us(clock.mono_ns() + 1_000) == START_UTC_US + 900_001


@given(st.lists(st.floats(-0.09, 0.09), min_size=1, max_size=40))
def test_times_rise_strictly_while_the_clock_is_disciplined(drifts: list[float]) -> None:
    clock = _Wandering()
    times = CaptureClock(clock)
    last = times.utc_us(clock.now_ns)
    for drift in drifts:
        clock.offset_ns = times.utc_us(clock.now_ns) * 1_000 - clock.now_ns + int(drift * 1e9)
        for _ in range(25):
            clock.now_ns += 40_000_000
            now = times.utc_us(clock.now_ns)
            assert 40_000 - MAX_SLEW_NS // 1_000 - 1 <= now - last <= 40_000 + MAX_SLEW_NS // 1_000 + 1
            last = now
        times.correct()


class _Wandering:
    """A clock whose wall time is moved at will, without an event loop."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000
        self.offset_ns = START_UTC_US * 1_000

    def utc_us(self) -> int:
        return (self.now_ns + self.offset_ns) // 1_000

    def mono_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the capture clock does not sleep")
