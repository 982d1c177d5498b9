"""iCalendar texts as schedules use them: events in local time, which may recur.

The text itself is kept and given back; what it says is read once. Understood are VEVENTs with DTSTART, DTEND or
DURATION, and one RRULE of any kind. What would change the meaning and is not understood is refused (time zones, lists
of dates, exceptions); what has no meaning here is passed over (names, alarms, time zone definitions).

Spec: Schedule 18.12 § iCalendar; RFC 5545 § Event Component
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from argus.base.errors import InvalidValue, LimitReached
from argus.device.schedule.content_lines import SUBJECT, ContentLine, content_lines
from argus.device.schedule.recurrence import LAST_YEAR, SECONDS_A_DAY, Recurrence
from argus.device.schedule.rule_text import in_rfc_form, read_rule

MAX_CHARACTERS = 65_536
MAX_EVENTS = 256
MAX_PERIODS_A_DAY = 24
FIRST_YEAR = 1970
# Bounds what asking for a day costs: it looks that many days back.
LONGEST_RECURRING = timedelta(days=7)
LONGEST_SINGLE = timedelta(days=366)
# Bounds what counting the occurrences of all rules of a calendar may cost.
MOST_DAYS_COUNTED = 10_000

_DEEPEST = 4
_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2}))?", re.ASCII)
_DURATION = re.compile(
    r"\+?P(?:([0-9]{1,4})W|(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})S)?)?)", re.ASCII
)
_NOT_UNDERSTOOD = ("RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")

Seconds = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One VEVENT: from its first start on for its length, once or again and again, in local time."""

    first: datetime
    length: timedelta
    recurrence: Recurrence | None = None

    def within(self, day: date) -> Iterator[Seconds]:
        """The parts of that day it takes, as half-open ranges of seconds."""
        for start, end in self._around(day):
            begin, finish = max(start, 0), min(end, SECONDS_A_DAY)
            if begin < finish:
                yield begin, finish

    def _around(self, day: date) -> Iterator[Seconds]:
        length_s = int(self.length.total_seconds())
        if self.recurrence is None:
            start = int((self.first - datetime.combine(day, datetime.min.time())).total_seconds())
            yield start, start + length_s
            return
        # An event of an hour may have begun yesterday at 23:30.
        for back in range((length_s - 1) // SECONDS_A_DAY + 2):
            for second in self.recurrence.starts_on(day - timedelta(days=back)):
                start = second - back * SECONDS_A_DAY
                yield start, start + length_s

    @property
    def days(self) -> int:
        """How many days one occurrence touches."""
        return ((self.first + self.length - timedelta(seconds=1)).date() - self.first.date()).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A VCALENDAR: the text to give back, and its events."""

    text: str
    events: tuple[Event, ...]

    def within(self, day: date) -> list[Seconds]:
        """The parts of that day that events take; they may overlap."""
        return [part for event in self.events for part in event.within(day)]

    def check_periods(self) -> None:
        """Raises LimitReached `time periods per day` where a day of some week could have more than the device can.

        Recurring events are counted on each weekday they can fall on, so that what is accepted holds for every year.
        """
        recurring = [0] * 7
        single: dict[date, int] = {}
        for event in self.events:
            days = min(event.days, 7)
            if event.recurrence is None:
                for n in range(event.days):
                    day = event.first.date() + timedelta(days=n)
                    single[day] = single.get(day, 0) + 1
                continue
            weekdays = {day.weekday for day in event.recurrence.rule.weekdays} or set(range(7))
            for weekday in {(weekday + n) % 7 for weekday in weekdays for n in range(days)}:
                recurring[weekday] += event.recurrence.most_a_day
        most = max(recurring, default=0)
        for day, number in single.items():
            most = max(most, recurring[day.weekday()] + number)
        if most > MAX_PERIODS_A_DAY:
            raise LimitReached("time periods per day", MAX_PERIODS_A_DAY)


def read_calendar(text: str) -> Calendar:
    """Read a calendar.

    Raises:
        InvalidValue: `calendar`: it is none, or says what is not understood.
        LimitReached: `time periods per day`: an event starts more often in a day than the device can follow.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidValue(SUBJECT, f"a calendar has at most {MAX_CHARACTERS} characters")
    text = in_rfc_form(text)
    events: list[Event] = []
    days_left = MOST_DAYS_COUNTED
    for properties in _components(text):
        if len(events) == MAX_EVENTS:
            raise InvalidValue(SUBJECT, f"a calendar has at most {MAX_EVENTS} events")
        event = _event(properties)
        if event.recurrence is not None and event.recurrence.rule.count is not None:
            counted = event.recurrence.ended_by(event.recurrence.rule.count, days_left)
            if counted is None:
                raise InvalidValue(SUBJECT, "COUNT reaches too far; let the rule end by UNTIL")
            event = replace(event, recurrence=counted[0])
            days_left -= counted[1]
        events.append(event)
    if not events:
        raise InvalidValue(SUBJECT, "a calendar has at least one VEVENT")
    return Calendar(text=text, events=tuple(events))


def _components(text: str) -> Iterator[dict[str, ContentLine]]:
    """The properties of each VEVENT directly inside the one VCALENDAR."""
    open_: list[str] = []
    properties: dict[str, ContentLine] = {}
    begun = False
    for line in content_lines(text):
        if line.name == "BEGIN":
            open_.append(line.value.upper())
            if open_[0] != "VCALENDAR" or (begun and len(open_) == 1) or len(open_) > _DEEPEST:
                raise InvalidValue(SUBJECT, "a calendar is one VCALENDAR with VEVENTs inside")
            begun = True
            properties = {} if len(open_) == 2 else properties
        elif line.name == "END":
            if not open_ or open_.pop() != line.value.upper():
                raise InvalidValue(SUBJECT, f"END:{line.value:.40} without its BEGIN")
            if len(open_) == 1 and line.value.upper() == "VEVENT":
                yield properties
        elif not open_:
            raise InvalidValue(SUBJECT, "a calendar begins with BEGIN:VCALENDAR")
        elif open_[1:] == ["VEVENT"]:
            if line.name in _NOT_UNDERSTOOD or (line.name == "RRULE" and line.name in properties):
                raise InvalidValue(SUBJECT, f"{line.name} is not understood here; use special days")
            properties[line.name] = line
    if open_ or not begun:
        raise InvalidValue(SUBJECT, "a calendar ends with END:VCALENDAR")


def _event(properties: dict[str, ContentLine]) -> Event:
    start = properties.get("DTSTART")
    if start is None:
        raise InvalidValue(SUBJECT, "an event needs DTSTART")
    first = _moment_of(start)
    length = _length(first, start, properties)
    if length <= timedelta(0):
        raise InvalidValue(SUBJECT, "an event ends after it starts")
    longest = LONGEST_RECURRING if "RRULE" in properties else LONGEST_SINGLE
    if length > longest:
        raise InvalidValue(
            SUBJECT, f"an event lasts at most {LONGEST_SINGLE.days} days, {LONGEST_RECURRING.days} if it recurs"
        )
    if "RRULE" not in properties:
        return Event(first=first, length=length)
    recurrence = Recurrence(read_rule(properties["RRULE"].value, read_moment), first)
    if recurrence.most_a_day > MAX_PERIODS_A_DAY:
        raise LimitReached("time periods per day", MAX_PERIODS_A_DAY)
    return Event(first=first, length=length, recurrence=recurrence)


def _length(first: datetime, start: ContentLine, properties: dict[str, ContentLine]) -> timedelta:
    end, duration = properties.get("DTEND"), properties.get("DURATION")
    if end is not None and duration is None:
        return _moment_of(end) - first
    if duration is not None and end is None:
        return _duration(duration.value.upper())
    if end is None and "T" not in start.value.upper():
        return timedelta(days=1)
    raise InvalidValue(SUBJECT, "an event has either DTEND or DURATION")


def _moment_of(line: ContentLine) -> datetime:
    if "TZID" in line.parameters:
        raise InvalidValue(SUBJECT, f"{line.name} is in the local time of the device and has no TZID")
    moment = read_moment(line.value)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidValue(SUBJECT, f"the year {moment.year} is outside {FIRST_YEAR}..{LAST_YEAR}")
    return moment


def read_moment(text: str) -> datetime:
    """`19700101T090000` in local time, or the beginning of a day. Raises InvalidValue `calendar`."""
    match = _MOMENT.fullmatch(text.upper())
    if match is None:
        raise InvalidValue(SUBJECT, f"not a local time such as 19700101T090000: {text!r:.40}")
    try:
        return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # six numbers
    except ValueError as error:
        raise InvalidValue(SUBJECT, f"there is no such time: {text!r:.40}") from error


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidValue(SUBJECT, f"not a duration: {text!r:.40}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
