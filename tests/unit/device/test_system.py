"""Date, time and restart of the box."""

import asyncio

import pytest

from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.errors import InvalidValue, Unavailable
from argus.device.settings import Settings
from argus.device.system import System, TimeSource, utc_of
from argus.linux.clock import AdjustableClock
from argus.linux.system import SimulatedSystem

NOON_US = utc_of(2030, 6, 1, 12, 0, 0)


class Box:
    """A simulated board with the system under test on it."""

    def __init__(self, clock: SimulatedClock, settings: Settings, ntp_servers: tuple[str, ...] = ()) -> None:
        self.machine = clock
        self.clock = AdjustableClock(clock)
        self.restarts = 0
        self.actions = SimulatedSystem(self.clock, self._restart, ntp_servers=ntp_servers)
        self.system = System(self.actions, self.clock, settings)

    def _restart(self) -> None:
        self.restarts += 1


@pytest.fixture
def box(clock: SimulatedClock, settings: Settings) -> Box:
    return Box(clock, settings, ("ntp.example",))


async def test_setting_the_time_moves_our_clock_and_not_the_machines(box: Box) -> None:
    before_us = box.machine.utc_us()
    await box.system.set_date_and_time(TimeSource.MANUAL, daylight_savings=False, utc_us=NOON_US)
    assert (box.clock.utc_us(), box.machine.utc_us()) == (NOON_US, before_us)
    assert (await box.system.date_and_time()).utc_us == NOON_US


async def test_zone_and_daylight_flag_outlast_a_restart_and_a_missing_zone_stays(
    box: Box, clock: SimulatedClock, database: Database
) -> None:
    await box.system.set_date_and_time(TimeSource.MANUAL, daylight_savings=True, zone="CET-1CEST", utc_us=NOON_US)
    await box.system.set_date_and_time(TimeSource.MANUAL, daylight_savings=True, utc_us=NOON_US)
    again = await Box(clock, Settings(database)).system.date_and_time()
    assert (again.time_zone, again.daylight_savings) == ("CET-1CEST", True)


async def test_a_new_box_is_set_by_hand_and_in_utc(box: Box) -> None:
    new = await box.system.date_and_time()
    assert (new.source, new.time_zone, new.daylight_savings) == (TimeSource.MANUAL, "UTC0", False)


async def test_ntp_takes_over_and_a_time_set_by_hand_ends_it(box: Box) -> None:
    await box.system.set_date_and_time(TimeSource.NTP, daylight_savings=False)
    assert (await box.system.date_and_time()).source is TimeSource.NTP
    await box.system.set_date_and_time(TimeSource.MANUAL, daylight_savings=False, utc_us=NOON_US)
    assert (await box.system.date_and_time()).source is TimeSource.MANUAL


async def test_ntp_without_a_server_is_refused(clock: SimulatedClock, settings: Settings) -> None:
    with pytest.raises(Unavailable) as raised:
        await Box(clock, settings).system.set_date_and_time(TimeSource.NTP, daylight_savings=False)
    assert raised.value.subject == "ntp server"


async def test_a_bad_zone_or_a_missing_time_changes_nothing(box: Box) -> None:
    before_us = box.clock.utc_us()
    with pytest.raises(InvalidValue):
        await box.system.set_date_and_time(
            TimeSource.MANUAL, daylight_savings=True, zone="INVALIDTIMEZONE", utc_us=NOON_US
        )
    with pytest.raises(InvalidValue) as raised:
        await box.system.set_date_and_time(TimeSource.MANUAL, daylight_savings=True)
    assert raised.value.subject == "date and time"
    assert box.clock.utc_us() == before_us
    assert not (await box.system.date_and_time()).daylight_savings


async def test_the_time_is_told_where_the_system_does_not_know_its_ntp(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown() -> bool:
        raise Unavailable("system", "no bus")

    monkeypatch.setattr(box.actions, "ntp_enabled", unknown)
    assert (await box.system.date_and_time()).utc_us == box.clock.utc_us()
    await box.system.set_date_and_time(TimeSource.MANUAL, daylight_savings=False, utc_us=NOON_US)
    assert box.clock.utc_us() == NOON_US


async def test_the_box_restarts_once_and_not_before_the_answer_is_out(box: Box) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(box.system.run())
        box.system.ask_for_reboot()
        box.system.ask_for_reboot()
        await box.machine.advance(0.9)
        assert box.restarts == 0
        await box.machine.advance(60)
        assert box.restarts == 1
        running.cancel()


async def test_a_refused_restart_can_be_asked_for_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse() -> None:
        raise Unavailable("system", "not now")

    async with asyncio.TaskGroup() as group:
        running = group.create_task(box.system.run())
        with monkeypatch.context() as patch:
            patch.setattr(box.actions, "reboot", refuse)
            box.system.ask_for_reboot()
            await box.machine.advance(2)
        box.system.ask_for_reboot()
        await box.machine.advance(2)
        assert box.restarts == 1
        running.cancel()


@pytest.mark.parametrize(
    "parts",
    [
        (2026, 1, 1, 25, 0, 0),
        (2026, 2, 30, 0, 0, 0),
        (2026, 13, 1, 0, 0, 0),
        (2026, 1, 1, 0, 60, 0),
        (2026, 1, 1, 0, 0, 61),
        (1969, 12, 31, 23, 59, 59),
        (2100, 1, 1, 0, 0, 0),
        (0, 1, 1, 0, 0, 0),
        (10**30, 1, 1, 0, 0, 0),
    ],
)
def test_times_that_do_not_exist_are_refused(parts: tuple[int, int, int, int, int, int]) -> None:
    with pytest.raises(InvalidValue) as raised:
        utc_of(*parts)
    assert raised.value.subject == "date and time"


def test_a_leap_second_is_the_second_before() -> None:
    assert utc_of(2016, 12, 31, 23, 59, 60) == utc_of(2016, 12, 31, 23, 59, 59) == 1_483_228_799_000_000
