"""RRULE texts, in the forms of RFC 5545 and in those the schedule specification prints.

Spec: RFC 5545 § Recurrence Rule; Schedule 18.12 § iCalendar
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time

from argus.base.errors import InvalidValue
from argus.device.schedule.content_lines import SUBJECT
from argus.device.schedule.day_rule import NthWeekday
from argus.device.schedule.recurrence import Frequency, Rule

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = "|".join(Frequency)
_PRINTED_FREQUENCY = re.compile(rf"(?im)^([ \t]*RRULE[^:\r\n]*:[ \t]*)(?=(?:{_FREQUENCIES})\b)")
_PRINTED_UNTIL = re.compile(r"(?im)^([ \t]*RRULE[^\r\n]*;[ \t]*UNTIL):")
_NTH_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_LONGEST_INTERVAL = _MOST_OCCURRENCES = 1_000_000
# field of Rule, and the largest number; those that may be negative count from the end too
_LISTS = {
    "BYMONTH": ("months", 1, 12),
    "BYWEEKNO": ("weeks", -53, 53),
    "BYYEARDAY": ("year_days", -366, 366),
    "BYMONTHDAY": ("month_days", -31, 31),
    "BYHOUR": ("hours", 0, 23),
    "BYMINUTE": ("minutes", 0, 59),
    "BYSECOND": ("seconds", 0, 59),
    "BYSETPOS": ("positions", -366, 366),
}


def in_rfc_form(text: str) -> str:
    """A calendar with `RRULE:WEEKLY;…` and `;UNTIL:…`, as the specification prints them, written as RFC 5545 does."""
    return _PRINTED_UNTIL.sub(r"\1=", _PRINTED_FREQUENCY.sub(r"\1FREQ=", text))


def read_rule(text: str, read_moment: Callable[[str], datetime]) -> Rule:
    """A rule in RFC form; `read_moment` reads a date or date and time.

    Raises:
        InvalidValue: `calendar`.
    """
    parts: dict[str, str] = {}
    for part in "".join(text.split()).upper().strip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts:
            raise _refused(f"not a part of a recurrence rule, or a second one: {part!r:.80}")
        parts[name] = value
    rule = Rule(frequency=_frequency(parts.pop("FREQ", "")))
    for name, value in parts.items():
        rule = _with(rule, name, value, read_moment)
    _check(rule)
    return rule


def _with(rule: Rule, name: str, value: str, read_moment: Callable[[str], datetime]) -> Rule:
    if name in _LISTS:
        field, least, most = _LISTS[name]
        numbers = {_number(item, least, most) for item in value.split(",")}
        if least < 0 and 0 in numbers:
            raise _refused(f"{name} counts from 1")
        return replace(rule, **{field: tuple(sorted(numbers))})  # type: ignore[arg-type]  # the fields are named above
    if name == "INTERVAL":
        return replace(rule, interval=_number(value, 1, _LONGEST_INTERVAL))
    if name == "COUNT":
        return replace(rule, count=_number(value, 1, _MOST_OCCURRENCES))
    if name == "UNTIL":
        # Times are local here, with a Z behind them or without; a mere date is there to its end.
        moment = read_moment(value.removesuffix("Z"))
        return replace(rule, until=moment if "T" in value else datetime.combine(moment, time.max))
    if name == "BYDAY":
        return replace(rule, weekdays=tuple(dict.fromkeys(_weekday(item) for item in value.split(","))))
    if name == "WKST" and value in _WEEKDAYS:
        return replace(rule, week_start=_WEEKDAYS.index(value))
    raise _refused(f"not a part of a recurrence rule: {name}={value!r:.80}")


def _check(rule: Rule) -> None:
    """What RFC 5545 says must not stand together."""
    frequency = rule.frequency
    if rule.count is not None and rule.until is not None:
        raise _refused("a rule ends by COUNT or by UNTIL, not by both")
    if rule.weeks and frequency is not Frequency.YEARLY:
        raise _refused("BYWEEKNO needs FREQ=YEARLY")
    if rule.year_days and frequency in (Frequency.MONTHLY, Frequency.WEEKLY, Frequency.DAILY):
        raise _refused(f"BYYEARDAY has no meaning with FREQ={frequency}")
    if rule.month_days and frequency is Frequency.WEEKLY:
        raise _refused("BYMONTHDAY has no meaning with FREQ=WEEKLY")
    if any(day.nth for day in rule.weekdays) and (frequency not in (Frequency.YEARLY, Frequency.MONTHLY) or rule.weeks):
        raise _refused("a numbered weekday needs FREQ=MONTHLY or FREQ=YEARLY without BYWEEKNO")
    others = (rule.months, rule.weeks, rule.year_days, rule.month_days, rule.weekdays)
    if rule.positions and not any((*others, rule.hours, rule.minutes, rule.seconds)):
        raise _refused("BYSETPOS chooses among what another BY part lists")


def _frequency(text: str) -> Frequency:
    try:
        return Frequency(text)
    except ValueError:
        raise _refused(f"a recurrence rule begins with FREQ: {text!r:.80}") from None


def _weekday(text: str) -> NthWeekday:
    match = _NTH_WEEKDAY.fullmatch(text)
    if match is None:
        raise _refused(f"not a weekday: {text!r:.80}")
    nth = _number(match[1], -53, 53) if match[1] else 0
    if match[1] and not nth:
        raise _refused("weekdays are counted from 1")
    return NthWeekday(weekday=_WEEKDAYS.index(match[2]), nth=nth)


def _number(text: str, least: int, most: int) -> int:
    if _NUMBER.fullmatch(text) is None or not least <= int(text) <= most:
        raise _refused(f"not a number from {least} to {most}: {text!r:.80}")
    return int(text)


def _refused(why: str) -> InvalidValue:
    return InvalidValue(SUBJECT, why)
