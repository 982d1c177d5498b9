"""What the ring does when the wall clock is stepped, by whomever."""

import random

import pytest
from tests.unit.store.camera import CONFIG, FRAME_US, START_US, Station, new_device

from argus.base.clock import SimulatedClock
from argus.linux.clock import AdjustableClock
from argus.linux.system import SimulatedSystem
from argus.store.ring.ring import Ring
from argus.store.ring.volume import Volume

S = 1_000_000
HOUR, DAY, YEAR = 3600, 86_400, 365 * 86_400


@pytest.fixture
def rng() -> random.Random:
    return random.Random(5)


@pytest.fixture
def station() -> Station:
    return Station(new_device())


async def pass_time(station: Station, seconds: int) -> None:
    """Nobody records; retention is applied every ten seconds, as in a running ring."""
    for _ in range(0, seconds, 10):
        station.ring.apply_retention()
        station.ring.tick()
        await station.clock.advance(10)
    station.ring.apply_retention()
    station.ring.tick()


async def test_a_step_back_erases_nothing_and_what_is_recorded_later_hides_the_older(
    station: Station, rng: random.Random
) -> None:
    station.ring.set_retention(1, DAY * S)
    await station.record(1, 20, rng)
    station.clock.step(-HOUR)
    await station.record(1, 5, rng)
    await pass_time(station, 1200)
    assert [(span.start_us, span.end_us) for span in station.ring.spans(1)] == [
        (START_US + (20 - HOUR) * S, START_US + (25 - HOUR) * S - FRAME_US),
        (START_US, START_US + 20 * S - FRAME_US),
    ]
    assert station.deletions == []
    station.clock.step((START_US + 10 * S - station.clock.utc_us()) / S)
    await station.record(1, 5, rng)
    first, stepped, overlapping = station.sent[1][:500], station.sent[1][500:625], station.sent[1][625:]
    assert await station.replay(1) == stepped + first[:250] + overlapping + first[375:]
    assert station.deletions == []


async def test_a_step_of_a_day_ahead_hides_at_once_and_erases_after_ten_minutes(
    station: Station, rng: random.Random
) -> None:
    station.ring.set_retention(1, HOUR * S)
    await station.record(1, 5, rng)
    station.ring.apply_retention()
    station.clock.step(DAY)
    assert station.ring.spans(1) == ()
    assert await station.replay(1) == []
    await pass_time(station, 590)
    assert station.deletions == []
    await pass_time(station, 20)
    assert station.deletions == [(1, START_US, START_US + 5 * S - FRAME_US + 1)]


async def test_thirty_years_ahead_for_five_minutes_erase_nothing(station: Station, rng: random.Random) -> None:
    station.ring.set_retention(1, HOUR * S)
    await station.record(1, 5, rng)
    station.clock.step(30 * YEAR)
    await station.record(1, 5, rng)
    assert [unit.utc_us > START_US + YEAR * S for unit in await station.replay(1)] == [True] * 125
    await pass_time(station, 300)
    station.clock.step(-30 * YEAR)
    await pass_time(station, 1200)
    assert station.deletions == []
    assert (await station.replay(1))[:125] == station.sent[1][:125]
    assert (await station.reopened().replay(1))[:125] == station.sent[1][:125]


async def test_a_boot_in_1970_erases_nothing_of_an_older_volume(station: Station, rng: random.Random) -> None:
    station.ring.set_retention(1, HOUR * S)
    await station.record(1, 5, rng)
    again = Station(station.device, SimulatedClock(0))
    await pass_time(again, 1800)
    assert again.deletions == []
    assert await again.replay(1) == station.sent[1]


async def test_setting_the_time_of_a_simulated_board_is_a_step(rng: random.Random) -> None:
    recorder = Station(new_device())
    await recorder.record(1, 5, rng)
    recorder.ring.close()
    deletions: list[tuple[int, int, int]] = []
    clock = AdjustableClock(recorder.clock)
    board = SimulatedSystem(clock, lambda: None)
    ring = Ring(Volume.open(recorder.device), CONFIG, clock, lambda *deletion: deletions.append(deletion))
    ring.set_retention(1, HOUR * S)
    ring.apply_retention()
    await board.set_clock(START_US + DAY * S)
    assert ring.spans(1) == ()
    ring.apply_retention()
    ring.tick()
    await board.set_clock(START_US + 5 * S)
    assert len(ring.spans(1)) == 1
    await board.set_clock(START_US + DAY * S)
    ring.apply_retention()
    await recorder.clock.advance(601)
    ring.apply_retention()
    ring.tick()
    assert deletions == [(1, START_US, START_US + 5 * S - FRAME_US + 1)]
