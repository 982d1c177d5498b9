"""Recurrences against dateutil, which iterates where we look at one day: an independent oracle."""

from __future__ import annotations

import itertools
import re
import time
from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.device.schedule.calendar import MAX_PERIODS_A_DAY, read_moment
from argus.device.schedule.recurrence import Recurrence
from argus.device.schedule.rule_text import read_rule

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONDAY = datetime(2024, 1, 1, 9, 30, 15)


def recurrence(rule: str, first: datetime = MONDAY) -> Recurrence:
    return Recurrence(read_rule(rule, read_moment), first)


def starts(rule: str, first: datetime = MONDAY, days: int = 400, after: int = 0) -> list[datetime]:
    """Every start within `days` days, beginning `after` days behind the first start."""
    it = recurrence(rule, first)
    assert it.most_a_day <= MAX_PERIODS_A_DAY
    if it.rule.count is not None:
        ended = it.ended_by(it.rule.count, 100_000)
        assert ended is not None
        it = ended[0]
    begin = first.date() + timedelta(days=after)
    found = []
    for day in (begin + timedelta(days=n) for n in range(days)):
        seconds = it.starts_on(day)
        assert len(seconds) <= it.most_a_day
        found += [datetime.combine(day, datetime.min.time()) + timedelta(seconds=s) for s in seconds]
    return found


def by_dateutil(rule: str, first: datetime = MONDAY, days: int = 400, after: int = 0) -> list[datetime]:
    begin = datetime.combine(first.date(), datetime.min.time()) + timedelta(days=after)
    end = begin + timedelta(days=days) - timedelta(microseconds=1)
    # It is told where to stop, and counts here: it would look for a 30th of February until the year 9999.
    until = min(datetime.strptime(rule.partition("UNTIL=")[2], "%Y%m%dT%H%M%S"), end) if "UNTIL" in rule else end
    endless = re.sub(";COUNT=[0-9]+", "", rule)
    count = int(rule.partition("COUNT=")[2].partition(";")[0]) if "COUNT" in rule else None
    found = itertools.islice(rrulestr(endless, dtstart=first).replace(until=until), count)
    return [moment for moment in found if begin <= moment]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;COUNT=20",
        "FREQ=DAILY;BYMONTH=1,7;BYHOUR=6,18;BYMINUTE=0,30",
        "FREQ=DAILY;BYHOUR=6,18;BYSETPOS=-1",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU",
        "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=TU,SU",
        "FREQ=WEEKLY;UNTIL=20240601T000000",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2",
        "FREQ=MONTHLY;COUNT=10",
        "FREQ=MONTHLY;BYDAY=1FR",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU",
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3;COUNT=9",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=6,7",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;BYWEEKNO=1,-1;BYDAY=MO,SU",
        "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=2,3,4,5,6,7,8;BYDAY=TU",
        "FREQ=YEARLY;BYYEARDAY=-1,366",
        "FREQ=HOURLY",
        "FREQ=HOURLY;INTERVAL=5;BYDAY=SA",
        "FREQ=HOURLY;BYHOUR=9,17;BYMINUTE=0,20,40",
        "FREQ=HOURLY;INTERVAL=6;BYMINUTE=0,20,40;BYSETPOS=1,-1",
        "FREQ=MINUTELY;INTERVAL=90",
        "FREQ=MINUTELY;BYHOUR=9;BYMINUTE=0,20,40",
        "FREQ=MINUTELY;INTERVAL=61;BYSECOND=0",
        "FREQ=SECONDLY;INTERVAL=7919",
        "FREQ=SECONDLY;BYHOUR=8;BYMINUTE=30;BYSECOND=0,10",
        "FREQ=SECONDLY;INTERVAL=7;BYHOUR=8;BYMINUTE=30;BYSECOND=0,10,20,30,40,50",
    ],
)
def test_the_starts_of_a_rule_are_those_another_implementation_finds(rule: str) -> None:
    days = 4 if "BYSECOND" in rule else 400  # dateutil looks at each second of a day
    found = starts(rule, days=days)
    assert found == by_dateutil(rule, days=days)
    assert found


def test_a_rule_tells_of_a_day_far_from_its_beginning_without_counting() -> None:
    first = datetime(1970, 1, 1, 9)
    begun = time.perf_counter()
    for rule in ("FREQ=WEEKLY;BYDAY=MO", "FREQ=SECONDLY;INTERVAL=4001", "FREQ=DAILY;INTERVAL=3"):
        assert starts(rule, first, days=30, after=20_600) == by_dateutil_late(rule, first)
    assert time.perf_counter() - begun < 5


def by_dateutil_late(rule: str, first: datetime) -> list[datetime]:
    """Begun by hand just before, in step with the interval."""
    if "SECONDLY" in rule:
        near = first + timedelta(seconds=4001 * (20_600 * 86_400 // 4001 - 20))
    elif "DAILY" in rule:
        near = first + timedelta(days=3 * (20_600 // 3 - 2))
    else:
        near = first + timedelta(days=20_600 - 14)
    begin = datetime.combine(first.date(), datetime.min.time()) + timedelta(days=20_600)
    end = begin + timedelta(days=30) - timedelta(microseconds=1)
    return rrulestr(rule, dtstart=near).between(begin, end, inc=True)


def numbers(least: int, most: int, size: int = 3) -> st.SearchStrategy[str]:
    several = st.lists(st.integers(least, most).filter(bool), min_size=1, max_size=size, unique=True)
    return several.map(lambda found: ",".join(map(str, sorted(found))))


weekdays = st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True).map(",".join)
nth_weekdays = st.lists(
    st.tuples(st.integers(-5, 5).filter(bool), st.sampled_from(DAYS)).map(lambda pair: f"{pair[0]}{pair[1]}"),
    min_size=1,
    max_size=3,
    unique=True,
).map(",".join)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules on whose meaning RFC 5545 leaves no doubt."""
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]))
    parts = [f"FREQ={frequency}"]
    parts.append(f"INTERVAL={draw(st.integers(1, 4))}")
    if draw(st.booleans()):
        parts.append(f"BYMONTH={draw(numbers(1, 12))}")
    if frequency in ("YEARLY", "MONTHLY") and draw(st.booleans()):
        parts.append(f"BYDAY={draw(nth_weekdays)}")
    elif draw(st.booleans()):
        parts.append(f"BYDAY={draw(weekdays)}")
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={draw(numbers(-31, 31, 10))}")
    if frequency == "YEARLY" and draw(st.integers(0, 3)) == 0:
        parts.append(f"BYYEARDAY={draw(numbers(-366, 366, 20))}")
    if draw(st.booleans()):
        parts.append(f"BYHOUR={draw(numbers(1, 23))}")
    if len(parts) > 2 and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(numbers(-5, 5))}")
    ending = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if ending == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 12))}")
    elif ending == "UNTIL":
        parts.append(f"UNTIL={draw(st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1))):%Y%m%dT%H%M%S}")
    return ";".join(parts)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.filter_too_much])
@given(rules())
def test_any_rule_has_the_starts_another_implementation_finds(rule: str) -> None:
    # dateutil takes the first week of a rule to begin with its first start: MONDAY is both.
    found = starts(rule, days=800)
    assume(found)  # where nothing matches, it searches to the year 9999
    assert found == by_dateutil(rule, days=800)


def test_a_rule_that_counts_ends_with_its_last_start() -> None:
    assert starts("FREQ=WEEKLY;COUNT=3", days=100) == [MONDAY + timedelta(days=n) for n in (0, 7, 14)]
    assert recurrence("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30").ended_by(5, 200_000) is not None, "it never happens"
    assert recurrence("FREQ=DAILY").ended_by(10_001, 10_000) is None


def test_counting_passes_over_what_cannot_match() -> None:
    ended = recurrence("FREQ=YEARLY;INTERVAL=4").ended_by(10, 10_000)
    assert ended is not None
    assert ended[0].starts_on(date(2060, 1, 1))
    assert not ended[0].starts_on(date(2064, 1, 1))
    assert ended[1] < 1_000, "ten years in 36 have been looked at"


def test_the_weekday_of_a_numbered_week_is_that_of_the_first_start() -> None:
    assert starts("FREQ=YEARLY;BYWEEKNO=20", days=366) == [datetime(2024, 5, 13, 9, 30, 15)]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "BYDAY=MO",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=99999999999999999999",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20300101",
        "FREQ=DAILY;UNTIL=yesterday",
        "FREQ=DAILY;UNTIL=20300231",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=99MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYWEEKNO=3",
        "FREQ=MONTHLY;BYYEARDAY=3",
        "FREQ=DAILY;BYSETPOS=1",
        "FREQ=DAILY;WKST=3",
        "FREQ=DAILY;BYEASTER=0",
        "FREQ=DAILY;BYHOUR=24",
    ],
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(InvalidValue):
        read_rule(rule, read_moment)


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TU", 1),
        ("FREQ=HOURLY", 24),
        ("FREQ=HOURLY;INTERVAL=7", 4),
        ("FREQ=MINUTELY", 1_440),
        ("FREQ=MINUTELY;BYHOUR=3;BYMINUTE=5,6", 2),
        ("FREQ=SECONDLY", 86_400),
        ("FREQ=SECONDLY;BYHOUR=3;BYMINUTE=5;BYSECOND=7", 1),
        ("FREQ=DAILY;BYHOUR=1,2;BYMINUTE=1,2;BYSECOND=1,2", 8),
    ],
)
def test_how_often_a_day_a_rule_can_start_is_known_from_its_text(rule: str, most: int) -> None:
    assert recurrence(rule).most_a_day == most
