"""What a schedule does on one day: its states in local time, from midnight to midnight.

Wall-clock time decides: a period that begins in the hour the clocks skip begins when they have skipped it, and one in
the hour they repeat holds both times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from argus.base.tokens import SpecialDayGroupToken
from argus.base.units import US_PER_S
from argus.device.schedule.calendar import Calendar
from argus.device.schedule.values import US_PER_DAY, Schedule, ScheduleState, TimePeriod

GroupDays = Callable[[SpecialDayGroupToken], Calendar | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """`states[n]` holds from `starts_us[n]` on; the first start is midnight, and neighbours differ."""

    day: date
    starts_us: tuple[int, ...]
    states: tuple[ScheduleState, ...]

    def at(self, us_of_day: int) -> ScheduleState:
        return self.states[bisect_right(self.starts_us, us_of_day) - 1]

    def next_after(self, us_of_day: int) -> int:
        """The microsecond of the day at which the state changes next; midnight where it does not any more."""
        index = bisect_right(self.starts_us, us_of_day)
        return self.starts_us[index] if index < len(self.starts_us) else US_PER_DAY


def plan_day(schedule: Schedule, days_of: GroupDays, day: date) -> DayPlan:
    """The states of that day. `days_of` knows the special days of a group."""
    standard = _periods(schedule.standard, day)
    # "overrides the regular schedule for a specified list of special days"; where several apply, all of them do.
    special = [(found, one.periods) for one in schedule.special_days if (found := _periods(days_of(one.group), day))]
    cuts = {0, *_ends(standard)}
    for days, periods in special:
        cuts |= _ends(days) | _ends(periods)
    starts: list[int] = []
    states: list[ScheduleState] = []
    for cut in sorted(cuts - {US_PER_DAY}):
        overriding = [periods for days, periods in special if _any(days, cut)]
        active = any(_any(periods, cut) for periods in overriding) if overriding else _any(standard, cut)
        state = ScheduleState(active=active, special_day=bool(overriding))
        if not states or states[-1] != state:
            starts.append(cut)
            states.append(state)
    return DayPlan(day=day, starts_us=tuple(starts), states=tuple(states))


def _periods(calendar: Calendar | None, day: date) -> tuple[TimePeriod, ...]:
    found = () if calendar is None else calendar.within(day)
    return tuple(TimePeriod(from_us=start * US_PER_S, until_us=end * US_PER_S) for start, end in found)


def _any(periods: tuple[TimePeriod, ...], us_of_day: int) -> bool:
    return any(us_of_day in period for period in periods)


def _ends(periods: tuple[TimePeriod, ...]) -> set[int]:
    return {end for period in periods for end in (period.from_us, period.until_us) if end is not None}
