"""When an event happens again: an RRULE as a value, and the starts it has on a day.

A rule is asked for one day and answers from that day alone: what it costs depends neither on how long ago the event
began nor on how often the rule repeats, so that no rule a client may write keeps the box busy.

Spec: RFC 5545 § Recurrence Rule; Schedule 18.12 § iCalendar
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import product

from argus.device.schedule.day_rule import DayRule, NthWeekday, next_month

SECONDS_A_DAY = 86_400
# Nothing is asked about later days: it is the last year the clock can be set to.
LAST_YEAR = 2099


class Frequency(StrEnum):
    """FREQ."""

    YEARLY = "YEARLY"
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"
    HOURLY = "HOURLY"
    MINUTELY = "MINUTELY"
    SECONDLY = "SECONDLY"


# Seconds of the period of a rule that repeats within a day.
_UNIT_S = {Frequency.HOURLY: 3_600, Frequency.MINUTELY: 60, Frequency.SECONDLY: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A recurrence rule as written; empty tuples are parts it lacks. Weekdays count from Monday = 0."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[NthWeekday, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0


class Recurrence:
    """The starts of an event whose first start and rule are these; `rule.count` is counted off by `ended_by`."""

    def __init__(self, rule: Rule, first: datetime) -> None:
        self.rule = _completed(rule, first)
        self.first = first
        self._day_rule = DayRule(
            months=frozenset(self.rule.months),
            weeks=frozenset(self.rule.weeks),
            year_days=frozenset(self.rule.year_days),
            month_days=frozenset(self.rule.month_days),
            weekdays=self.rule.weekdays,
            week_start=self.rule.week_start,
            within_year=self.rule.frequency is Frequency.YEARLY and not self.rule.months,
        )
        end = datetime(LAST_YEAR, 12, 31, 23, 59, 59)
        self._until = min(self.rule.until or end, end)
        self._period: tuple[date, tuple[date, ...]] = (date.min, ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recurrence) and (self.rule, self.first) == (other.rule, other.first)

    def __hash__(self) -> int:
        return hash((self.rule, self.first))

    @property
    def most_a_day(self) -> int:
        """No day has more starts than this; known without looking at any day."""
        rule = self.rule
        unit_s = _UNIT_S.get(rule.frequency)
        hours, minutes, seconds = len(rule.hours), len(rule.minutes), len(rule.seconds)
        if unit_s is None:
            return hours * minutes * seconds
        aligned = -(-SECONDS_A_DAY // (unit_s * rule.interval))
        if rule.frequency is Frequency.HOURLY:
            return min(aligned, hours or 24) * minutes * seconds
        if rule.frequency is Frequency.MINUTELY:
            return min(aligned, (hours or 24) * (minutes or 60)) * seconds
        return min(aligned, (hours or 24) * (minutes or 60) * (seconds or 60))

    def starts_on(self, day: date) -> tuple[int, ...]:
        """The seconds of that day at which the event starts, ascending. Only for rules whose `most_a_day` is small."""
        if day < self.first.date() or day > self._until.date() or not self._has(day):
            return ()
        found = self._at_positions(day, self._times(day)) if self.rule.positions else self._times(day)
        midnight = datetime.combine(day, datetime.min.time())
        return tuple(s for s in found if self.first <= midnight + timedelta(seconds=s) <= self._until)

    def ended_by(self, count: int, most_days: int) -> tuple[Recurrence, int] | None:
        """This recurrence ending with its `count`th start, and how many days were looked at; None: too many days."""
        day, left = self.first.date(), count
        for looked in range(1, most_days + 1):
            for second in self.starts_on(day):
                left -= 1
                if not left:
                    last = datetime.combine(day, datetime.min.time()) + timedelta(seconds=second)
                    return Recurrence(replace(self.rule, until=last), self.first), looked
            day = self._next(day)
            if day.year > LAST_YEAR:
                return self, looked
        return None

    def _has(self, day: date) -> bool:
        return self._aligned(day) and self._day_rule.matches(day)

    def _aligned(self, day: date) -> bool:
        """Whether INTERVAL lets the rule apply to the year, month, week or day it is."""
        rule, first = self.rule, self.first.date()
        if rule.interval == 1:
            return True
        if rule.frequency is Frequency.YEARLY:
            return (day.year - first.year) % rule.interval == 0
        if rule.frequency is Frequency.MONTHLY:
            return ((day.year - first.year) * 12 + day.month - first.month) % rule.interval == 0
        if rule.frequency is Frequency.WEEKLY:
            apart = week_of(day, rule.week_start) - week_of(first, rule.week_start)
            return apart.days // 7 % rule.interval == 0
        return rule.frequency is not Frequency.DAILY or (day - first).days % rule.interval == 0

    def _next(self, day: date) -> date:
        """The next day worth a look: months and intervals that cannot match are passed over."""
        rule = self.rule
        tomorrow = day + timedelta(days=1)
        if rule.frequency is Frequency.DAILY:
            tomorrow = day + timedelta(days=min(rule.interval, SECONDS_A_DAY))
        elif rule.frequency is Frequency.WEEKLY and not self._aligned(tomorrow):
            tomorrow = week_of(tomorrow, rule.week_start) + timedelta(days=7)
        if rule.frequency in (Frequency.YEARLY, Frequency.MONTHLY) and not self._aligned(tomorrow):
            return next_month(tomorrow)
        if rule.months and tomorrow.month not in rule.months and rule.frequency is not Frequency.DAILY:
            return next_month(tomorrow)
        return tomorrow

    def _times(self, day: date) -> tuple[int, ...]:
        rule = self.rule
        unit_s = _UNIT_S.get(rule.frequency)
        if unit_s is None:
            return tuple(h * 3_600 + m * 60 + s for h, m, s in product(rule.hours, rule.minutes, rule.seconds))
        return tuple(sorted(self._times_within(day, unit_s)))

    def _times_within(self, day: date, unit_s: int) -> Iterator[int]:
        """Starts of an HOURLY, MINUTELY or SECONDLY rule: the fewer of all aligned and of all listed are tried."""
        rule = self.rule
        units = SECONDS_A_DAY // unit_s
        first_s = self.first.hour * 3_600 + self.first.minute * 60 + self.first.second
        passed = (day - self.first.date()).days * units - first_s // unit_s
        hours, minutes, seconds = rule.hours or range(24), rule.minutes or range(60), rule.seconds or range(60)
        aligned = range(-passed % rule.interval, units, rule.interval)
        finer_minutes = minutes if unit_s <= 60 else (0,)
        finer_seconds = seconds if unit_s == 1 else (0,)
        if len(aligned) <= len(hours) * len(finer_minutes) * len(finer_seconds):
            candidates: Iterator[int] = (unit * unit_s for unit in aligned)
        else:
            listed = product(hours, finer_minutes, finer_seconds)
            candidates = (t for h, m, s in listed if (t := h * 3_600 + m * 60 + s) // unit_s in aligned)
        for t in candidates:
            if t // 3_600 not in hours:
                continue
            if unit_s == 3_600:
                yield from (t + m * 60 + s for m, s in product(minutes, seconds))
            elif t // 60 % 60 in minutes and unit_s == 60:
                yield from (t + s for s in seconds)
            elif t // 60 % 60 in minutes and t % 60 in seconds:
                yield t

    def _at_positions(self, day: date, times: tuple[int, ...]) -> tuple[int, ...]:
        """BYSETPOS: of all starts within one period, counted from its beginning or its end."""
        unit_s = _UNIT_S.get(self.rule.frequency)
        if unit_s is not None:
            periods: dict[int, list[int]] = {}
            for t in times:
                periods.setdefault(t // unit_s, []).append(t)
            return tuple(t for of in periods.values() for index, t in enumerate(of) if self._chosen(index, len(of)))
        days = self._days_of_period(day)
        before, total = days.index(day) * len(times), len(days) * len(times)
        return tuple(t for index, t in enumerate(times) if self._chosen(before + index, total))

    def _chosen(self, index: int, total: int) -> bool:
        return index + 1 in self.rule.positions or index - total in self.rule.positions

    def _days_of_period(self, day: date) -> tuple[date, ...]:
        begin, end = _period_of(self.rule.frequency, day, self.rule.week_start)
        if self._period[0] != begin:
            days = (begin + timedelta(days=n) for n in range((end - begin).days))
            self._period = begin, tuple(day for day in days if self._day_rule.matches(day))
        return self._period[1]


def week_of(day: date, week_start: int) -> date:
    """The first day of the week it lies in."""
    return day - timedelta(days=(day.weekday() - week_start) % 7)


def _period_of(frequency: Frequency, day: date, week_start: int) -> tuple[date, date]:
    if frequency is Frequency.YEARLY:
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    if frequency is Frequency.MONTHLY:
        return day.replace(day=1), next_month(day)
    if frequency is Frequency.WEEKLY:
        begin = week_of(day, week_start)
        return begin, begin + timedelta(days=7)
    return day, day + timedelta(days=1)


def _completed(rule: Rule, first: datetime) -> Rule:
    """The rule with what it leaves open taken from the first start, as RFC 5545 has it."""
    if not (rule.weeks or rule.year_days or rule.month_days or rule.weekdays):
        if rule.frequency is Frequency.YEARLY:
            rule = replace(rule, months=rule.months or (first.month,), month_days=(first.day,))
        elif rule.frequency is Frequency.MONTHLY:
            rule = replace(rule, month_days=(first.day,))
        elif rule.frequency is Frequency.WEEKLY:
            rule = replace(rule, weekdays=(NthWeekday(weekday=first.weekday()),))
    elif rule.weeks and not (rule.year_days or rule.month_days or rule.weekdays):
        rule = replace(rule, weekdays=(NthWeekday(weekday=first.weekday()),))
    if rule.frequency not in _UNIT_S:
        rule = replace(rule, hours=rule.hours or (first.hour,))
    if rule.frequency not in (Frequency.MINUTELY, Frequency.SECONDLY):
        rule = replace(rule, minutes=rule.minutes or (first.minute,))
    if rule.frequency is not Frequency.SECONDLY:
        rule = replace(rule, seconds=rule.seconds or (first.second,))
    return rule
