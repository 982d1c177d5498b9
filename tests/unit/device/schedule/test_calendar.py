"""iCalendar texts: the forms clients send, and what is refused."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import date, datetime, timedelta

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.device.schedule.calendars import EMPLOYEES, calendar, event

from argus.base.errors import InvalidValue, LimitReached
from argus.device.schedule.calendar import MAX_EVENTS, Calendar, read_calendar

MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)
NINE_TO_FIVE = [(9 * 3600, 17 * 3600)]


def within(text: str, day: date = MONDAY) -> list[tuple[int, int]]:
    return read_calendar(text).within(day)


@pytest.mark.parametrize(
    "text",
    [
        EMPLOYEES,
        EMPLOYEES.replace("\n", "\r\n"),
        EMPLOYEES.replace("\n", "\r"),
        EMPLOYEES.replace("\n", "\n        "),
        "\n  \n" + EMPLOYEES + "\n\n",
        EMPLOYEES.replace("FREQ=WEEKLY", "WEEKLY"),
        EMPLOYEES.replace("FREQ=WEEKLY", "WEEKLY").replace("\n", "\n\t"),
        EMPLOYEES.replace("BYDAY=MO,TU,WE", "BYDAY=MO,\r\n TU,WE"),
        EMPLOYEES.replace("PRODID:\nVERSION:2.0\n", ""),
        EMPLOYEES.lower(),
        EMPLOYEES.replace("SUMMARY:", 'SUMMARY;LANGUAGE=en;ALTREP="cid:a;b:c":'),
        EMPLOYEES.replace("UID", "X-FANCY;A=b,c:d\nUID"),
        EMPLOYEES.replace("END:VEVENT", "BEGIN:VALARM\nTRIGGER:-PT5M\nDTSTART:x\nEND:VALARM\nEND:VEVENT"),
        EMPLOYEES.replace("BEGIN:VEVENT", "BEGIN:VTODO\nDTSTART:x\nEND:VTODO\nBEGIN:VEVENT"),
        EMPLOYEES.replace("DTEND:19700105T170000", "DURATION:PT8H"),
        EMPLOYEES.replace("DTSTART:", "DTSTART;VALUE=DATE-TIME:"),
        EMPLOYEES.replace("BYDAY=MO,TU,WE,TH,FR", "BYDAY=MO;UNTIL:20991231T000000"),
        EMPLOYEES.replace("BYDAY=MO,TU,WE,TH,FR", "BYDAY=MO;UNTIL=99991231T235959Z"),
    ],
)
def test_a_calendar_is_understood_however_it_is_laid_out(text: str) -> None:
    assert within(text) == NINE_TO_FIVE
    assert within(text, SATURDAY) == []


def test_the_text_is_given_back_as_it_came() -> None:
    text = "  " + EMPLOYEES.replace("\n", "\r\n    ")
    assert read_calendar(text).text == text


def test_printed_forms_are_given_back_in_the_form_of_the_rfc() -> None:
    printed = EMPLOYEES.replace("FREQ=WEEKLY;", "WEEKLY;UNTIL:20991231;")
    assert read_calendar(printed).text == EMPLOYEES.replace("FREQ=WEEKLY;", "FREQ=WEEKLY;UNTIL=20991231;")
    assert "RRULE:WEEKLY is" in read_calendar(EMPLOYEES.replace("Access", "RRULE:WEEKLY is")).text


def test_another_reader_finds_the_same_in_what_is_given_back() -> None:
    text = read_calendar(EMPLOYEES.replace("FREQ=WEEKLY", "WEEKLY")).text
    (found,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert found.decoded("DTSTART") == datetime(1970, 1, 5, 9)
    assert found["RRULE"] == {"FREQ": ["WEEKLY"], "BYDAY": ["MO", "TU", "WE", "TH", "FR"]}


def test_a_whole_day_ends_at_midnight() -> None:
    assert within(calendar(event("19700105T000000", "19700106T000000", "FREQ=WEEKLY"))) == [(0, 86_400)]
    assert within(calendar("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261123\nEND:VEVENT")) == [(0, 86_400)]
    assert within(calendar("BEGIN:VEVENT\nDTSTART:20261123\nDTEND:20261125\nEND:VEVENT"), date(2026, 11, 24)) == [
        (0, 86_400)
    ]
    assert within(calendar("BEGIN:VEVENT\nDTSTART:20261123\nDTEND:20261125\nEND:VEVENT"), date(2026, 11, 25)) == []


def test_an_event_over_midnight_takes_parts_of_two_days() -> None:
    night = calendar(event("19700105T220000", "19700106T060000", "FREQ=WEEKLY;BYDAY=MO"))
    assert within(night) == [(22 * 3600, 86_400)]
    assert within(night, MONDAY + timedelta(days=1)) == [(0, 6 * 3600)]
    once = calendar(event("20261123T220000", "20261125T010000"))
    assert [within(once, MONDAY + timedelta(days=n)) for n in range(4)] == [
        [(22 * 3600, 86_400)],
        [(0, 86_400)],
        [(0, 3600)],
        [],
    ]


def test_an_event_begins_with_its_first_start_and_ends_with_its_rule() -> None:
    bounded = calendar(event("20261124T080000", "20261124T090000", "FREQ=DAILY;UNTIL=20261126"))
    days = [n for n in range(7) if within(bounded, MONDAY + timedelta(days=n))]
    assert days == [1, 2, 3]
    counted = calendar(event("20261124T080000", "20261124T090000", "FREQ=DAILY;COUNT=2"))
    assert [n for n in range(7) if within(counted, MONDAY + timedelta(days=n))] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "BEGIN:VEVENT\nEND:VEVENT",
        "BEGIN:VCALENDAR",
        "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR",
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nDTSTART:19700105T090000\nEND:VTODO\nEND:VCALENDAR",
        "BEGIN:VCALENDAR\nEND:VEVENT",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR",
        "END:VCALENDAR",
        EMPLOYEES + EMPLOYEES,
        EMPLOYEES.replace("DTSTART:19700105T090000\n", ""),
        EMPLOYEES.replace("DTEND:19700105T170000\n", ""),
        EMPLOYEES.replace("DTEND:19700105T170000", "DTEND:19700105T090000"),
        EMPLOYEES.replace("DTEND:19700105T170000", "DTEND:19700104T170000"),
        EMPLOYEES.replace("DTEND:19700105T170000", "DTEND:19700105T170000\nDURATION:PT8H"),
        EMPLOYEES.replace("DTEND:19700105T170000", "DURATION:-PT8H"),
        EMPLOYEES.replace("DTEND:19700105T170000", "DURATION:P"),
        EMPLOYEES.replace("DTEND:19700105T170000", "DTEND:19710105T170000"),
        EMPLOYEES.replace("19700105T090000", "19700105T090000Z"),
        EMPLOYEES.replace("19700105T090000", "19700230T090000"),
        EMPLOYEES.replace("19700105T090000", "16010105T090000"),
        EMPLOYEES.replace("19700105T090000", "1970-01-05T09:00:00"),
        EMPLOYEES.replace("DTSTART:", "DTSTART;TZID=Europe/Berlin:"),
        EMPLOYEES.replace("UID:", "EXDATE:19700112T090000\nUID:"),
        EMPLOYEES.replace("UID:", "RDATE:19700112T090000\nUID:"),
        EMPLOYEES.replace("UID:", "RRULE:FREQ=DAILY\nUID:"),
        EMPLOYEES.replace("FREQ=WEEKLY", "FREQ=SOMETIMES"),
        calendar(*[event("20260101T000000", "20260101T010000")] * (MAX_EVENTS + 1)),
        EMPLOYEES + "\n" * 70_000,
        "BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 2_000,
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        read_calendar(text)


def test_more_periods_a_day_than_can_be_followed_are_refused() -> None:
    def hours(number: int, days: str = "MO") -> Calendar:
        events = [
            event(f"19700105T{n // 2:02}{n % 2 * 30:02}00", f"19700105T{n // 2:02}{n % 2 * 30 + 10:02}00", rule)
            for n in range(number)
            for rule in (f"FREQ=WEEKLY;BYDAY={day}" for day in days.split(","))
        ]
        return read_calendar(calendar(*events))

    hours(24, "MO,TU,WE,TH,FR,SA,SU").check_periods()
    with pytest.raises(LimitReached) as refused:
        hours(25).check_periods()
    assert refused.value.subject == "time periods per day"
    holidays = [event(f"2026120{n}T000000", f"2026120{n}T010000") for n in range(1, 8)] * 24
    read_calendar(calendar(*holidays)).check_periods()
    with pytest.raises(LimitReached):
        read_calendar(calendar(*holidays, event("20261201T020000", "20261201T030000"))).check_periods()


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY;COUNT=1000000",
        "FREQ=MINUTELY;INTERVAL=2",
        "FREQ=HOURLY;BYMINUTE=1,2",
    ],
)
def test_a_rule_that_starts_too_often_is_refused_at_once(rule: str) -> None:
    begun = time.process_time()
    with pytest.raises(LimitReached):
        read_calendar(calendar(event("19700101T000000", "19700101T000001", rule)))
    assert time.process_time() - begun < 0.1


HOSTILE = (
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
    "FREQ=DAILY;BYMONTHDAY=31;BYDAY=MO;BYMONTH=1;COUNT=1000000",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYYEARDAY=180;COUNT=1000000",
    "FREQ=SECONDLY;INTERVAL=999983;BYMONTH=2;BYMONTHDAY=30;COUNT=9",
    "FREQ=MINUTELY;INTERVAL=999983;BYHOUR=1;BYMINUTE=1;COUNT=9",
    "FREQ=YEARLY;BYYEARDAY=1,2,3,4,5,6,7,8,9;BYSETPOS=366;COUNT=3",
    "FREQ=MONTHLY;INTERVAL=1000000;COUNT=7",
    "FREQ=SECONDLY;INTERVAL=3607",
)


@pytest.mark.parametrize("rule", HOSTILE)
def test_a_calendar_full_of_hostile_rules_costs_little(rule: str) -> None:
    text = calendar(*[event("19700101T000000", "19700107T000000", rule)] * MAX_EVENTS)
    begun = time.process_time()
    with suppress(InvalidValue):
        read_calendar(text).within(MONDAY)
    assert time.process_time() - begun < 2.0


LINES = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "DTSTART:19700101T000000",
        "DTSTART:20261123",
        "DTEND:19700102T000000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY",
        "RRULE:WEEKLY;BYDAY=MO;UNTIL:20300101",
        "RRULE:FREQ=YEARLY;BYSETPOS=-1;BYDAY=MO",
        "RRULE:FREQ=SECONDLY;INTERVAL=9999;COUNT=3",
        " folded",
        'X-A;B="c;d":e',
        ":",
        ";",
    ]
)


@settings(max_examples=150)
@given(
    st.one_of(
        st.text(),
        st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=20).map("\n".join),
        st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=8).map(
            lambda lines: calendar("\n".join(("BEGIN:VEVENT", "DTSTART:19700101T000000", *lines, "END:VEVENT")))
        ),
    )
)
def test_any_text_is_a_calendar_or_refused(text: str) -> None:
    try:
        read = read_calendar(text)
        assert read_calendar(read.text) == read
        assert all(0 <= start < end <= 86_400 for start, end in read.within(MONDAY))
        read.check_periods()
    except (InvalidValue, LimitReached):
        pass


@settings(max_examples=100)
@given(st.text(alphabet="FREQ=DAILYWKMONTH;BYDAY+-0123456789,:TZUNIL ", max_size=80))
def test_any_rule_is_one_or_refused(rule: str) -> None:
    with suppress(InvalidValue, LimitReached):
        read_calendar(calendar(event("19700101T000000", "19700101T010000", rule or "x"))).within(MONDAY)
