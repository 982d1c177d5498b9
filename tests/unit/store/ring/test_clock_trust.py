import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argus.base.clock import SimulatedClock
from argus.store.ring.clock_trust import ABSENCE_US, CONFIRM_NS, JUMP_US, WANDER_US, ClockTrust

S = 1_000_000
START_US = 1_767_225_600 * S
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86_400, 365 * 86_400
YEARS = {"1970": 0, "2038": 2_145_916_800, "2099": 4_070_908_800}


class Board:
    """A clock, a time server that may be reached or not, and the trust in both."""

    def __init__(self, *, utc_us: int = START_US, last_known_us: int = START_US, synchronized: bool = False) -> None:
        self.clock = SimulatedClock(utc_us)
        self.synchronized = synchronized
        self.started_ns = self.clock.mono_ns()
        self.trust = ClockTrust(self.clock, last_known_us, lambda: self.synchronized)

    def step(self, seconds: float, *, synchronized: bool = False) -> None:
        """The clock is set; the kernel then counts it as not synchronized until a server is heard again."""
        self.clock.step(seconds)
        self.synchronized = synchronized

    def elapsed_us(self) -> int:
        return (self.clock.mono_ns() - self.started_ns) // 1000

    async def hold_times(self, seconds: int, *, every: int = 10) -> list[int]:
        """Let time pass; the seconds after which footage might have been erased."""
        holding = [0] if self.trust.holds() else []
        for passed in range(every, seconds + 1, every):
            await self.clock.advance(every)
            if self.trust.holds():
                holding.append(passed)
        return holding


async def test_a_clock_that_goes_on_from_the_known_time_holds_at_once_without_a_time_server() -> None:
    board = Board(utc_us=START_US + 30 * MINUTE * S)
    assert board.trust.holds()
    assert board.trust.now_us() == START_US + 30 * MINUTE * S
    assert len(await board.hold_times(2 * HOUR)) == 721


async def test_an_empty_volume_takes_the_clock_as_it_is() -> None:
    board = Board(last_known_us=0)
    assert board.trust.holds()
    assert board.trust.known_us() == START_US


@pytest.mark.parametrize("synchronized", [False, True])
@pytest.mark.parametrize("jump_s", [HOUR + 1, DAY, YEAR])
async def test_a_jump_ahead_hides_at_once_and_erases_after_ten_minutes(jump_s: int, synchronized: bool) -> None:
    board = Board()
    board.trust.holds()
    board.step(jump_s, synchronized=synchronized)
    assert board.trust.now_us() == START_US + jump_s * S
    assert (await board.hold_times(20 * MINUTE))[0] == 600


@pytest.mark.parametrize("synchronized", [False, True])
async def test_a_station_that_was_off_for_a_year_erases_after_ten_minutes(synchronized: bool) -> None:
    board = Board(utc_us=START_US + YEAR * S, synchronized=synchronized)
    assert board.trust.now_us() == START_US + YEAR * S
    assert (await board.hold_times(20 * MINUTE))[0] == 600


@pytest.mark.parametrize("year", YEARS)
async def test_a_wrong_year_at_boot_never_erases(year: str) -> None:
    board = Board(utc_us=YEARS[year] * S)
    assert await board.hold_times(2 * DAY, every=MINUTE) == []
    assert board.trust.known_us() == START_US + 2 * DAY * S
    assert board.trust.now_us() == max(START_US, YEARS[year] * S) + 2 * DAY * S


@pytest.mark.parametrize("year", YEARS)
async def test_a_wrong_year_at_boot_is_forgotten_with_the_first_synchronization(year: str) -> None:
    board = Board(utc_us=YEARS[year] * S)
    await board.hold_times(5 * MINUTE)
    right_us = START_US + 10 * MINUTE * S
    board.step((right_us - board.clock.utc_us()) / S, synchronized=True)
    assert board.trust.now_us() == right_us
    # Ahead of it, nothing looks old that is not; behind it, what was recorded has to be rebased first.
    assert (await board.hold_times(20 * MINUTE))[0] == (600 if year == "1970" else 0)


async def test_a_restart_under_a_wrong_clock_does_not_make_it_known() -> None:
    board = Board()
    board.trust.holds()
    board.step(73 * YEAR)
    await board.hold_times(HOUR)
    again = Board(utc_us=board.clock.utc_us(), last_known_us=board.trust.known_us())
    assert await again.hold_times(HOUR) == []


async def test_a_time_server_years_ahead_must_be_heard_for_ten_minutes() -> None:
    board = Board(utc_us=START_US + ABSENCE_US + S)
    assert await board.hold_times(HOUR) == []
    board.synchronized = True
    assert (await board.hold_times(HOUR))[0] == 600


async def test_a_time_server_years_ahead_that_is_lost_meanwhile_must_be_heard_anew() -> None:
    board = Board(utc_us=START_US + ABSENCE_US + S, synchronized=True)
    assert await board.hold_times(9 * MINUTE) == []
    board.synchronized = False
    assert await board.hold_times(MINUTE) == []
    board.synchronized = True
    assert (await board.hold_times(HOUR))[0] == 600


async def test_a_volume_written_without_any_idea_of_the_time_makes_no_time_known() -> None:
    board = Board(utc_us=0, last_known_us=5 * DAY * S)
    assert board.trust.holds()
    assert board.trust.now_us() == 0


async def test_a_clock_that_creeps_is_believed_by_no_more_than_it_may_wander() -> None:
    board = Board()
    await board.hold_times(20 * MINUTE)
    before_us = board.trust.known_us() - board.elapsed_us()
    for _ in range(40):
        board.step(1.9)
        await board.hold_times(10)
    assert board.trust.known_us() - board.elapsed_us() - before_us <= WANDER_US


async def test_a_clock_set_back_is_followed_after_ten_minutes() -> None:
    board = Board()
    board.trust.holds()
    board.step(-DAY)
    holding = await board.hold_times(20 * MINUTE)
    assert holding[0] == 600
    assert board.trust.now_us() == board.clock.utc_us()


async def test_a_clock_set_back_hides_what_was_hidden_until_it_is_believed() -> None:
    board = Board()
    board.trust.holds()
    board.step(-DAY)
    await board.hold_times(9 * MINUTE)
    assert board.trust.now_us() == START_US + 9 * MINUTE * S


async def test_a_clock_that_was_behind_erases_ten_minutes_after_it_was_set_right() -> None:
    board = Board()
    board.trust.holds()
    board.step(-50 * MINUTE)
    assert not board.trust.holds()
    board.step(50 * MINUTE, synchronized=True)
    assert (await board.hold_times(20 * MINUTE))[0] == 600


async def test_a_clock_set_back_by_a_time_server_is_followed_at_once() -> None:
    board = Board()
    board.trust.holds()
    board.step(-DAY, synchronized=True)
    assert board.trust.holds()
    assert board.trust.now_us() == START_US - DAY * S


async def test_a_clock_that_starts_in_the_past_is_followed_only_when_it_is_set() -> None:
    board = Board(utc_us=START_US - 30 * DAY * S)
    assert await board.hold_times(DAY, every=MINUTE) == []
    assert board.trust.now_us() == START_US + DAY * S
    board.step(29 * DAY)
    assert (await board.hold_times(HOUR))[0] == 600
    assert board.trust.now_us() == board.clock.utc_us()


async def test_a_first_time_set_by_hand_erases_after_ten_minutes() -> None:
    board = Board(utc_us=0, last_known_us=0)
    assert board.trust.holds()
    board.step(START_US / S)
    assert (await board.hold_times(HOUR))[0] == 600


async def test_a_clock_that_flaps_erases_only_by_the_known_time_and_long_after_a_jump() -> None:
    board = Board()
    board.trust.holds()
    for _ in range(20):
        board.step(DAY)
        assert await board.hold_times(9 * MINUTE) == []
        board.step(-DAY)
        assert await board.hold_times(MINUTE) == [60]
    assert board.trust.now_us() == START_US + board.elapsed_us()


async def test_steps_below_the_limit_do_not_add_up() -> None:
    board = Board()
    board.trust.holds()
    board.step(HOUR - 1)
    assert board.trust.holds()
    board.step(HOUR - 1)
    assert not board.trust.holds()


async def test_a_leap_second_changes_nothing() -> None:
    board = Board()
    board.trust.holds()
    board.step(-1)
    assert board.trust.holds()
    assert board.trust.now_us() == START_US
    assert len(await board.hold_times(10 * MINUTE)) == 61
    assert board.trust.now_us() == board.clock.utc_us()


# A step of any size (or none), whether a server tells the time after it, and how many looks follow ten seconds apart.
steps = st.tuples(
    st.one_of(
        st.just(0),
        st.integers(-5, 5),
        st.sampled_from([-HOUR, HOUR, -DAY, DAY, -YEAR, YEAR, 73 * YEAR, -50 * YEAR, -73 * YEAR]),
        st.integers(-100 * YEAR, 100 * YEAR),
    ),
    st.booleans(),
    st.integers(0, 130),
)
starts = st.one_of(st.sampled_from(list(YEARS.values())), st.integers(0, 4_102_444_800))


@settings(max_examples=50, deadline=None)
@given(starts, st.lists(steps, max_size=8))
def test_nothing_is_erased_within_ten_minutes_of_a_jump_ahead(start_s: int, life: list[tuple[int, bool, int]]) -> None:
    async def live() -> None:
        board = Board(utc_us=start_s * S)
        seen_us = START_US - board.started_ns // 1000
        jumped_ns = -CONFIRM_NS
        for seconds, synchronized, looks in life:
            board.step(seconds, synchronized=synchronized)
            for _ in range(looks + 1):
                mono_ns = board.clock.mono_ns()
                offset_us = board.clock.utc_us() - mono_ns // 1000
                if offset_us - seen_us > JUMP_US:
                    jumped_ns = mono_ns
                seen_us = offset_us
                if board.trust.holds():
                    assert mono_ns - jumped_ns >= CONFIRM_NS
                    assert board.trust.now_us() - board.trust.known_us() <= JUMP_US
                await board.clock.advance(10)

    asyncio.run(live())


@settings(max_examples=50, deadline=None)
@given(starts, st.lists(steps, max_size=8))
def test_without_a_time_server_nothing_is_ever_erased_by_a_clock_400_days_ahead(
    start_s: int, life: list[tuple[int, bool, int]]
) -> None:
    async def live() -> None:
        board = Board(utc_us=start_s * S)
        bound_us = START_US
        for seconds, _, looks in life:
            board.step(seconds)
            bound_us += ABSENCE_US + looks * 10 * S
            for _ in range(looks + 1):
                assert not board.trust.holds() or board.trust.now_us() <= bound_us + JUMP_US
                await board.clock.advance(10)
            bound_us += 10 * S

    asyncio.run(live())


@settings(max_examples=50, deadline=None)
@given(starts, st.integers(START_US // S, START_US // S + 50 * YEAR), st.lists(steps, max_size=8))
def test_time_is_never_behind_the_wall_clock_nor_behind_what_was_known(
    start_s: int, known_s: int, life: list[tuple[int, bool, int]]
) -> None:
    async def live() -> None:
        board = Board(utc_us=start_s * S, last_known_us=known_s * S)
        held_ns, followed = board.started_ns, False
        for seconds, synchronized, looks in life:
            board.step(seconds)
            board.synchronized = synchronized
            if abs(seconds) * S > WANDER_US:
                held_ns = board.clock.mono_ns()
            for _ in range(looks + 1):
                board.trust.holds()
                # Only a time server, or ten minutes without a step, may ever take time back.
                followed = followed or synchronized or board.clock.mono_ns() - held_ns >= CONFIRM_NS
                assert board.trust.now_us() >= board.clock.utc_us()
                assert followed or board.trust.now_us() >= known_s * S + board.elapsed_us()
                await board.clock.advance(10)

    asyncio.run(live())
