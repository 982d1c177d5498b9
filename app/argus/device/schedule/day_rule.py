"""Which days a recurrence rule is about.

Spec: RFC 5545 § Recurrence Rule
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class NthWeekday:
    """A weekday (Monday = 0); `nth` of the month or year, from its end where negative, each where 0."""

    weekday: int
    nth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRule:
    """The parts of a rule that are about days; an empty part lets every day pass.

    Numbers count from 1, negative ones from the end. `within_year`: an nth weekday is one of the year, not the month.
    """

    months: frozenset[int]
    weeks: frozenset[int]
    year_days: frozenset[int]
    month_days: frozenset[int]
    weekdays: tuple[NthWeekday, ...]
    week_start: int
    within_year: bool

    def matches(self, day: date) -> bool:
        return (
            (not self.months or day.month in self.months)
            and (not self.weekdays or any(self._is_nth(day, wanted) for wanted in self.weekdays))
            and (not self.month_days or not self.month_days.isdisjoint(_in_month(day)))
            and (not self.year_days or not self.year_days.isdisjoint(_in_year(day)))
            and (not self.weeks or not self.weeks.isdisjoint(_week(day, self.week_start)))
        )

    def _is_nth(self, day: date, wanted: NthWeekday) -> bool:
        if day.weekday() != wanted.weekday or wanted.nth == 0:
            return day.weekday() == wanted.weekday
        forward, backward = _in_year(day) if self.within_year else _in_month(day)
        return wanted.nth == (forward + 6) // 7 if wanted.nth > 0 else -wanted.nth == (6 - backward) // 7


def next_month(day: date) -> date:
    """The first day of the month after the one it lies in."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _in_month(day: date) -> tuple[int, int]:
    return day.day, (day - next_month(day)).days


def _in_year(day: date) -> tuple[int, int]:
    return day.timetuple().tm_yday, (day - date(day.year + 1, 1, 1)).days


def _week(day: date, week_start: int) -> tuple[int, int]:
    """The number of the week, from the first and from the last of the year that has most of its days."""
    middle = day + timedelta(days=3 - (day.weekday() - week_start) % 7)
    last = date(middle.year, 12, 31)
    last_middle = last - timedelta(days=(last.weekday() - week_start - 3) % 7)
    number, weeks = (middle.timetuple().tm_yday + 6) // 7, (last_middle.timetuple().tm_yday + 6) // 7
    return number, number - weeks - 1
