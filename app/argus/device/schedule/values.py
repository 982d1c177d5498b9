"""Schedules and groups of special days, as values.

Spec: Schedule 18.12 § Schedule, § SpecialDayGroup
"""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.errors import InvalidValue, LimitReached
from argus.base.tokens import MAX_TOKEN_LENGTH, ScheduleToken, SpecialDayGroupToken
from argus.base.units import US_PER_S
from argus.device.schedule.calendar import MAX_PERIODS_A_DAY, Calendar
from argus.device.schedule.recurrence import SECONDS_A_DAY

MAX_SCHEDULES = 64
MAX_SPECIAL_DAY_GROUPS = 16
MAX_DAYS_IN_GROUP = 64
MAX_SPECIAL_DAYS_OF_SCHEDULE = 8
MAX_NAME_LENGTH = 64
MAX_DESCRIPTION_LENGTH = 1024
US_PER_DAY = SECONDS_A_DAY * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePeriod:
    """A half-open part of a day in microseconds from midnight; without `until_us` it lasts to the end of the day."""

    from_us: int
    until_us: int | None = None

    def __contains__(self, us: int) -> bool:
        return self.from_us <= us < (US_PER_DAY if self.until_us is None else self.until_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDays:
    """What holds on the days of a group instead of the standard calendar; without periods: never active."""

    group: SpecialDayGroupToken
    periods: tuple[TimePeriod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule; `description` is None where none was given."""

    token: ScheduleToken
    name: str
    description: str | None = None
    standard: Calendar
    special_days: tuple[SpecialDays, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDayGroup:
    """Days, or parts of days, on which schedules that refer to the group are overridden."""

    token: SpecialDayGroupToken
    name: str
    description: str | None = None
    days: Calendar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """`active`: now is within the schedule. `special_day`: now is within one of its special days."""

    active: bool
    special_day: bool


def check_schedule(schedule: Schedule) -> None:
    """Raises InvalidValue `schedule`, LimitReached `special days schedules` or `time periods per day`."""
    _check_entity("schedule", schedule.token, schedule.name)
    if len(schedule.special_days) > MAX_SPECIAL_DAYS_OF_SCHEDULE:
        raise LimitReached("special days schedules", MAX_SPECIAL_DAYS_OF_SCHEDULE)
    schedule.standard.check_periods()
    for special in schedule.special_days:
        if len(special.periods) > MAX_PERIODS_A_DAY:
            raise LimitReached("time periods per day", MAX_PERIODS_A_DAY)
        for period in special.periods:
            _check_period(period)


def check_group(group: SpecialDayGroup) -> None:
    """Raises InvalidValue `special day group` or LimitReached `days in a special day group`."""
    _check_entity("special day group", group.token, group.name)
    if group.days is not None and sum(event.days for event in group.days.events) > MAX_DAYS_IN_GROUP:
        raise LimitReached("days in a special day group", MAX_DAYS_IN_GROUP)


def _check_entity(subject: str, token: str, name: str) -> None:
    if not token or len(token) > MAX_TOKEN_LENGTH:
        raise InvalidValue(subject, f"a token has from 1 to {MAX_TOKEN_LENGTH} characters")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidValue(subject, f"a name has at most {MAX_NAME_LENGTH} characters")


def _check_period(period: TimePeriod) -> None:
    until_us = US_PER_DAY if period.until_us is None else period.until_us
    if not 0 <= period.from_us < until_us <= US_PER_DAY:
        raise InvalidValue("schedule", "a time period ends after it begins, and on the same day")
