"""Plans of days against a small model that asks, minute by minute, what the specification's sentences say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.device.schedule.calendars import EMPLOYEES, calendar, event

from argus.base.tokens import ScheduleToken, SpecialDayGroupToken
from argus.device.schedule.calendar import read_calendar
from argus.device.schedule.day_plan import plan_day
from argus.device.schedule.values import US_PER_DAY, Schedule, ScheduleState, SpecialDays, TimePeriod

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONDAY = date(2026, 11, 23)
MINUTE_US = 60_000_000
OFF = ScheduleState(active=False, special_day=False)
ON = ScheduleState(active=True, special_day=False)


@dataclass(frozen=True)
class Weekly:
    """Active on these weekdays from and until these minutes of the day."""

    weekdays: tuple[int, ...]
    start: int
    end: int

    def text(self) -> str:
        start = datetime(1970, 1, 5) + timedelta(minutes=self.start)
        end = datetime(1970, 1, 5) + timedelta(minutes=self.end)
        rule = "FREQ=WEEKLY;BYDAY=" + ",".join(DAYS[n] for n in self.weekdays)
        return event(f"{start:%Y%m%dT%H%M%S}", f"{end:%Y%m%dT%H%M%S}", rule)


@dataclass(frozen=True)
class Special:
    """On these days: these minutes only."""

    days: tuple[date, ...]
    minutes: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True)
class Model:
    weekly: tuple[Weekly, ...]
    special: tuple[Special, ...]

    def state(self, moment: datetime) -> ScheduleState:
        minute = moment.hour * 60 + moment.minute
        today = [special for special in self.special if moment.date() in special.days]
        if today:
            ranges = [minutes for special in today for minutes in special.minutes]
            active = any(start <= minute < (1_440 if end is None else end) for start, end in ranges)
            return ScheduleState(active=active, special_day=True)
        active = any(moment.weekday() in one.weekdays and one.start <= minute < one.end for one in self.weekly)
        return ScheduleState(active=active, special_day=False)

    def schedule(self) -> Schedule:
        special = tuple(
            SpecialDays(
                group=SpecialDayGroupToken(str(number)),
                periods=tuple(
                    TimePeriod(from_us=start * MINUTE_US, until_us=None if end is None else end * MINUTE_US)
                    for start, end in one.minutes
                ),
            )
            for number, one in enumerate(self.special)
        )
        standard = read_calendar(calendar(*(one.text() for one in self.weekly)))
        return Schedule(token=ScheduleToken("s"), name="", standard=standard, special_days=special)

    def days_of(self, token: SpecialDayGroupToken):  # type: ignore[no-untyped-def]
        days = self.special[int(token)].days
        events = [event(f"{day:%Y%m%d}T000000", f"{day + timedelta(days=1):%Y%m%d}T000000") for day in days]
        return read_calendar(calendar(*events)) if events else None


minutes = st.tuples(st.integers(0, 1_439), st.integers(1, 1_440)).filter(lambda pair: pair[0] < pair[1])
weekly = st.builds(
    lambda days, pair: Weekly(tuple(days), *pair),
    st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True),
    minutes,
)
dates = st.integers(0, 20).map(lambda n: MONDAY + timedelta(days=n))
special = st.builds(
    lambda days, ranges, tail: Special(tuple(days), (*ranges, *(((tail, None),) if tail else ()))),
    st.lists(dates, max_size=5),
    st.lists(minutes, max_size=3),
    st.integers(0, 1_439),
)
models = st.builds(
    lambda w, s: Model(tuple(w), tuple(s)), st.lists(weekly, min_size=1, max_size=5), st.lists(special, max_size=3)
)


@settings(deadline=None, max_examples=60)
@given(models, st.lists(st.tuples(dates, st.integers(0, US_PER_DAY - 1)), min_size=1, max_size=20))
def test_a_schedule_says_at_any_moment_what_the_model_says(model: Model, instants: list[tuple[date, int]]) -> None:
    schedule = model.schedule()
    for day, us in instants:
        plan = plan_day(schedule, model.days_of, day)
        midnight = datetime.combine(day, datetime.min.time())
        assert plan.at(us) == model.state(midnight + timedelta(microseconds=us))
        until = plan.next_after(us)
        assert us < until <= US_PER_DAY
        assert plan.at(until - 1) == plan.at(us)
        assert until == US_PER_DAY or plan.at(until) != plan.at(us)


def plan(standard: str, days: str = "", *periods: TimePeriod):  # type: ignore[no-untyped-def]
    special = (SpecialDays(group=SpecialDayGroupToken("g"), periods=periods),) if days else ()
    schedule = Schedule(token=ScheduleToken("s"), name="", standard=read_calendar(standard), special_days=special)
    return plan_day(schedule, lambda _token: read_calendar(days) if days else None, MONDAY)


def test_a_period_holds_from_its_first_to_before_its_last_moment() -> None:
    office = plan(EMPLOYEES)
    begin, end = 9 * 60 * MINUTE_US, 17 * 60 * MINUTE_US
    assert [office.at(us) for us in (0, begin - 1, begin, end - 1, end)] == [OFF, OFF, ON, ON, OFF]
    assert office.starts_us == (0, begin, end)


def test_periods_that_touch_are_one() -> None:
    halves = plan(
        calendar(
            event("19700105T080000", "19700105T100000", "FREQ=WEEKLY"),
            event("19700105T100000", "19700105T120000", "FREQ=WEEKLY"),
        )
    )
    assert halves.starts_us == (0, 8 * 60 * MINUTE_US, 12 * 60 * MINUTE_US)


def test_a_special_day_without_periods_is_never_active() -> None:
    holiday = plan(EMPLOYEES, calendar(event("20261123T000000", "20261124T000000")))
    assert holiday.states == (ScheduleState(active=False, special_day=True),)


def test_a_special_day_comes_back_where_its_rule_says() -> None:
    yearly = calendar(event("20201123T000000", "20201124T000000", "FREQ=YEARLY"))
    assert plan(EMPLOYEES, yearly).at(0).special_day


def test_a_part_of_a_day_can_be_special() -> None:
    half = plan(EMPLOYEES, calendar(event("20261123T120000", "20261124T000000")), TimePeriod(from_us=0))
    noon = 12 * 60 * MINUTE_US
    assert half.at(noon - 1) == ON
    assert half.at(noon) == half.at(US_PER_DAY - 1) == ScheduleState(active=True, special_day=True)
