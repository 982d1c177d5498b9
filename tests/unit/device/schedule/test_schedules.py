"""Schedules as configuration objects, and how they follow the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.device.schedule.calendars import EMPLOYEES, calendar, event

from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound, Unavailable
from argus.base.events import Event, EventBus
from argus.base.tokens import ScheduleToken, SpecialDayGroupToken
from argus.base.units import to_utc_us
from argus.device.schedule import values
from argus.device.schedule.calendar import read_calendar
from argus.device.schedule.schedules import Schedules
from argus.device.schedule.values import Schedule, ScheduleState, SpecialDayGroup, SpecialDays, TimePeriod
from argus.device.settings import MIGRATIONS

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
ACTIVE = ScheduleState(active=True, special_day=False)
OFFICE = Schedule(token=ScheduleToken(""), name="office", standard=read_calendar(EMPLOYEES))
HOLIDAYS = SpecialDayGroup(
    token=SpecialDayGroupToken(""),
    name="holidays",
    days=read_calendar(calendar(event("20261123T000000", "20261124T000000"))),
)


def daily(start: str, end: str) -> Schedule:
    standard = read_calendar(calendar(event(f"19700101T{start}", f"19700101T{end}", "FREQ=DAILY")))
    return Schedule(token=ScheduleToken(""), name="daily", standard=standard)


class Box:
    """Schedules on a clock, in a time zone, with everything they say."""

    def __init__(self, path: Path, moment: str = "2026-11-23T08:59:50") -> None:
        self.clock = SimulatedClock(to_utc_us(datetime.fromisoformat(moment).replace(tzinfo=UTC)))
        self.zone = "UTC0"
        self.heard: list[Event] = []
        self.observed = 0
        self.path = path
        self.open()

    def open(self) -> None:
        self.events = EventBus(self.clock)
        self.events.subscribe(self.heard.append)
        self.database = Database.open(self.path, MIGRATIONS)
        self.schedules = Schedules(self.database, self.events, self.clock, lambda: self.zone)
        self.schedules.observe(self.observe)

    def observe(self) -> None:
        self.observed += 1

    def go_to(self, moment: str) -> None:
        wanted = to_utc_us(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        self.clock.step((wanted - self.clock.utc_us()) / 1e6)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.schedules.run())
        try:
            await self.clock.advance(0)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def states(self) -> list[tuple[object, ...]]:
        """(change, values) of each state told."""
        told = [one for one in self.heard if one.topic == "Schedule/State/Active"]
        return [(str(one.change), *(value for _, value in one.data)) for one in told]

    def topics(self) -> list[str]:
        return [one.topic.removeprefix("Configuration/") for one in self.heard if one.change is None]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path / "device.sqlite")
    yield box
    box.database.close()


async def test_a_schedule_comes_back_after_a_restart(box: Box) -> None:
    group = await box.schedules.create_group(replace(HOLIDAYS, description="d"))
    special = SpecialDays(group=group, periods=(TimePeriod(from_us=1, until_us=5), TimePeriod(from_us=7)))
    token = await box.schedules.create(replace(OFFICE, special_days=(special,), description="é"))
    second = await box.schedules.create(OFFICE)
    await box.schedules.modify(replace(OFFICE, token=token, special_days=(special,), description=""))
    before = box.schedules.all(), box.schedules.groups()
    box.database.close()
    box.open()
    assert (box.schedules.all(), box.schedules.groups()) == before
    assert [schedule.token for schedule in box.schedules.all()] == [token, second]


async def test_a_refused_write_changes_nothing(box: Box) -> None:
    token = await box.schedules.create(OFFICE)
    heard = len(box.heard)
    await box.database.write([("DROP TABLE schedule", ())])
    for change in (
        box.schedules.create(OFFICE),
        box.schedules.modify(replace(OFFICE, token=token, name="x")),
        box.schedules.delete(token),
    ):
        with pytest.raises(Unavailable):
            await change
    assert [schedule.name for schedule in box.schedules.all()] == ["office"]
    assert len(box.heard) == heard


async def test_a_stored_calendar_that_is_not_understood_is_kept_and_never_active(box: Box) -> None:
    token = await box.schedules.create(daily("000000", "235959"))
    await box.database.write([("UPDATE schedule SET standard = 'from the future'", ())])
    box.database.close()
    box.open()
    assert box.schedules.is_active(token) is False
    assert box.schedules.all()[0].standard.text == "from the future"


async def test_a_schedule_becomes_active_and_inactive_to_the_second(box: Box) -> None:
    token = await box.schedules.create(OFFICE)
    async with box.running():
        await box.clock.advance(9.9)
        assert box.states() == [("Initialized", False, False)]
        await box.clock.advance(0.1)
        assert box.states()[1:] == [("Changed", True, False)]
        assert box.heard[-1].utc_us % 60_000_000 == 0
        assert box.heard[-1].source == (("ScheduleToken", token), ("Name", "office"))
        assert box.schedules.is_active(token) is True
        observed = box.observed
        box.go_to("2026-11-23T16:59:58")
        await box.clock.advance(1.9)
        assert len(box.states()) == 2
        await box.clock.advance(0.1)
        assert box.states()[2:] == [("Changed", False, False)]
        assert box.observed == observed + 1


async def test_a_schedule_follows_its_days_over_a_week(box: Box) -> None:
    await box.schedules.create(OFFICE)
    for _ in range(7 * 24 + 1):
        box.clock.step(3600)
        box.schedules.tell()
    # Monday to Friday, and Monday again after the weekend
    assert [state[1] for state in box.states()] == [False, *(True, False) * 5, True]


async def test_a_step_of_the_clock_is_noticed_within_a_second(box: Box) -> None:
    await box.schedules.create(OFFICE)
    async with box.running():
        for moment, active in (
            ("2026-11-24T12:00:00", True),
            ("2026-11-23T03:00:00", False),
            ("2001-01-01T10:00", True),
        ):
            box.go_to(moment)
            await box.clock.advance(1)
            assert box.states()[-1][1] is active


async def test_another_time_zone_is_noticed_within_a_second(box: Box) -> None:
    token = await box.schedules.create(OFFICE)
    async with box.running():
        box.zone = BERLIN
        assert box.schedules.is_active(token) is True, "at once for those who ask"
        await box.clock.advance(1)
        assert box.states()[-1] == ("Changed", True, False)


async def test_a_period_in_the_hour_that_is_skipped_begins_when_it_is_over(box: Box) -> None:
    box.zone = BERLIN
    inside = await box.schedules.create(daily("021500", "024500"))
    across = await box.schedules.create(daily("023000", "040000"))
    for utc, states in (
        ("2026-03-29T00:59:59.9", (False, False)),  # 01:59:59.9 winter time
        ("2026-03-29T01:00:00", (False, True)),  # 03:00 summer time
        ("2026-03-29T01:59:59.9", (False, True)),
        ("2026-03-29T02:00:00", (False, False)),  # 04:00
        ("2026-03-30T00:20:00", (True, False)),  # 02:20 the day after
    ):
        box.go_to(utc)
        assert (box.schedules.is_active(inside), box.schedules.is_active(across)) == states, utc


async def test_a_period_in_the_hour_that_comes_twice_holds_twice(box: Box) -> None:
    box.zone = BERLIN
    box.go_to("2026-10-24T23:30:00")
    token = await box.schedules.create(daily("021500", "024500"))
    begun: list[datetime] = []
    box.schedules.observe(lambda: begun.append(datetime.fromtimestamp(box.clock.utc_us() / 1e6, UTC)))
    for _ in range(4 * 12):
        box.clock.step(300)
        box.schedules.tell()
    # 00:15 and 01:15 UTC are both 02:15
    assert [f"{moment:%H:%M:%S}" for moment in begun] == ["00:15:00", "00:45:00", "01:15:00", "01:45:00"]
    assert box.schedules.is_active(token) is False


async def test_special_days_override_while_they_last(box: Box) -> None:
    group = await box.schedules.create_group(HOLIDAYS)
    token = await box.schedules.create(replace(OFFICE, special_days=(SpecialDays(group=group),)))
    box.go_to("2026-11-23T10:00:00")
    assert box.schedules.state(token) == ScheduleState(active=False, special_day=True)
    box.go_to("2026-11-24T10:00:00")
    box.schedules.tell()
    assert box.schedules.state(token) == ACTIVE
    tomorrow = read_calendar(calendar(event("20261124T000000", "20261125T000000")))
    await box.schedules.modify_group(replace(HOLIDAYS, token=group, days=tomorrow))
    assert box.states()[-1] == ("Changed", False, True), "told with the change of the group"
    await box.schedules.modify_group(replace(HOLIDAYS, token=group, days=None))
    assert box.schedules.state(token) == ACTIVE


async def test_each_change_is_told_once_it_is_stored(box: Box) -> None:
    group = await box.schedules.create_group(HOLIDAYS)
    token = await box.schedules.create(OFFICE)
    await box.schedules.modify(replace(OFFICE, token=token))
    await box.schedules.set(replace(OFFICE, token=ScheduleToken("mine")))
    await box.schedules.set(replace(OFFICE, token=ScheduleToken("mine"), name="other"))
    await box.schedules.delete(token)
    await box.schedules.set_group(replace(HOLIDAYS, token=SpecialDayGroupToken("days")))
    await box.schedules.delete_group(group)
    assert box.topics() == [
        "SpecialDays/Changed",
        "Schedule/Changed",
        "Schedule/Changed",
        "Schedule/Changed",
        "Schedule/Changed",
        "Schedule/Removed",
        "SpecialDays/Changed",
        "SpecialDays/Removed",
    ]
    assert [one.source for one in box.events.properties()] == [(("ScheduleToken", "mine"), ("Name", "other"))]
    assert [state[0] for state in box.states()] == ["Initialized", "Initialized", "Deleted", "Initialized", "Deleted"]
    assert box.observed >= 8


async def test_what_is_needed_cannot_be_deleted(box: Box) -> None:
    group = await box.schedules.create_group(HOLIDAYS)
    token = await box.schedules.create(replace(OFFICE, special_days=(SpecialDays(group=group),)))
    box.schedules.used_by = lambda used: used == token
    with pytest.raises(Conflict):
        await box.schedules.delete(token)
    with pytest.raises(Conflict):
        await box.schedules.delete_group(group)
    box.schedules.used_by = lambda _used: False
    await box.schedules.delete(token)
    await box.schedules.delete_group(group)
    assert box.schedules.is_active(token) is None


async def test_what_does_not_exist_is_not_found(box: Box) -> None:
    assert box.schedules.is_active("none") is None
    with pytest.raises(NotFound, match="no schedule"):
        box.schedules.state(ScheduleToken("none"))
    for change in (
        box.schedules.modify(replace(OFFICE, token=ScheduleToken("none"))),
        box.schedules.delete(ScheduleToken("none")),
        box.schedules.modify_group(replace(HOLIDAYS, token=SpecialDayGroupToken("none"))),
        box.schedules.delete_group(SpecialDayGroupToken("none")),
        box.schedules.create(replace(OFFICE, special_days=(SpecialDays(group=SpecialDayGroupToken("none")),))),
    ):
        with pytest.raises(NotFound):
            await change


@pytest.mark.parametrize(
    "period",
    [
        TimePeriod(from_us=5, until_us=5),
        TimePeriod(from_us=5, until_us=4),
        TimePeriod(from_us=values.US_PER_DAY),
        TimePeriod(from_us=0, until_us=values.US_PER_DAY + 1),
    ],
)
async def test_a_period_that_does_not_end_after_it_begins_is_refused(box: Box, period: TimePeriod) -> None:
    group = await box.schedules.create_group(HOLIDAYS)
    with pytest.raises(InvalidValue):
        await box.schedules.create(replace(OFFICE, special_days=(SpecialDays(group=group, periods=(period,)),)))
    assert box.schedules.all() == ()


async def test_names_are_refused_and_descriptions_cut_where_they_are_too_long(box: Box) -> None:
    await box.schedules.create(replace(OFFICE, name="n" * 64, description="d" * 2000))
    assert box.schedules.all()[0].description == "d" * 1024
    with pytest.raises(InvalidValue):
        await box.schedules.create(replace(OFFICE, name="n" * 65))
    with pytest.raises(InvalidValue):
        await box.schedules.set(replace(OFFICE, token=ScheduleToken("t" * 65)))
    with pytest.raises(InvalidValue):
        await box.schedules.create_group(replace(HOLIDAYS, name="n" * 65))


async def test_every_limit_can_be_reached_and_not_passed(box: Box) -> None:
    for number in range(values.MAX_SPECIAL_DAY_GROUPS):
        await box.schedules.set_group(replace(HOLIDAYS, token=SpecialDayGroupToken(str(number))))
    for number in range(values.MAX_SCHEDULES):
        await box.schedules.set(replace(OFFICE, token=ScheduleToken(str(number))))
    specials = tuple(
        SpecialDays(group=SpecialDayGroupToken("0"), periods=(TimePeriod(from_us=0),) * 24)
        for _ in range(values.MAX_SPECIAL_DAYS_OF_SCHEDULE)
    )
    full = replace(OFFICE, token=ScheduleToken("0"), special_days=specials)
    await box.schedules.modify(full)
    one_more = TimePeriod(from_us=0)
    month = read_calendar(calendar(event("20260101T000000", "20260306T000000")))
    for change, subject in (
        (box.schedules.create(OFFICE), "schedules"),
        (box.schedules.set(replace(OFFICE, token=ScheduleToken("new"))), "schedules"),
        (box.schedules.create_group(HOLIDAYS), "special day groups"),
        (box.schedules.modify(replace(full, special_days=(*specials, specials[0]))), "special days schedules"),
        (
            box.schedules.modify(
                replace(full, special_days=(replace(specials[0], periods=(*specials[0].periods, one_more)),))
            ),
            "time periods per day",
        ),
    ):
        with pytest.raises(LimitReached) as refused:
            await change
        assert refused.value.subject == subject
    days = replace(HOLIDAYS, token=SpecialDayGroupToken("0"), days=month)
    await box.schedules.modify_group(days)
    day_more = read_calendar(calendar(event("20260101T000000", "20260306T000001")))
    with pytest.raises(LimitReached):
        await box.schedules.modify_group(replace(days, days=day_more))
