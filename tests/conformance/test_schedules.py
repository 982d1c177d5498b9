"""Schedules as configuration: create, modify, list, delete, and what is refused."""

from __future__ import annotations

import pytest
from tests.conformance.marks import SC, proves
from tests.conformance.names import NAMESPACES, request
from tests.conformance.requests import NONE
from tests.conformance.schedule import ALWAYS, SCHEDULE, Schedule, calendar, weekly
from tests.conformance.workbench import Device, Workbench

INVALID = ("Sender", "InvalidArgVal")
INVALID_ARGS = ("Sender", "InvalidArgs")
NOT_FOUND = ("Sender", "InvalidArgVal", "NotFound")
WORKDAYS = calendar(weekly("080000", "170000", "MO,TU,WE,TH,FR"))


def lines(text: str) -> set[str]:
    """What an iCalendar text says; order, line ends, blanks and identifiers do not count."""
    found = (line.strip() for line in text.replace("\r\n ", "").splitlines())
    ignored = ("UID", "PRODID", "VERSION", "DTSTAMP", "CALSCALE")
    return {line for line in found if line and not line.startswith(ignored)}


def same(found: Schedule, wanted: Schedule) -> bool:
    rest = found.to(token="", standard="", description=None) == wanted.to(token="", standard="", description=None)
    cut = (wanted.description or "").startswith(found.description or "")
    return rest and cut and lines(found.standard) == lines(wanted.standard)


@proves("SC-01", f"{SC} § CreateSchedule", "Schedule")
def test_a_new_schedule_is_listed_as_it_was_created(device: Device, bench: Workbench) -> None:
    wanted = Schedule(name="Conformance 日程", description="Working hours", standard=WORKDAYS)
    before = device.schedules.tokens(SCHEDULE)
    token = bench.schedule(wanted)
    assert token not in before
    assert sorted(device.schedules.tokens(SCHEDULE)) == sorted([*before, token])
    assert same(device.schedules.schedule(token), wanted)
    assert device.schedules.schedule(token).token == token


@proves("SC-01", f"{SC} § GetScheduleInfo", "Schedule")
def test_the_info_is_the_beginning_of_the_schedule(device: Device, bench: Workbench) -> None:
    token = bench.schedule(Schedule(name="Conformance info", description="Text", standard=ALWAYS))
    [info] = SCHEDULE.items(device.client.call(SCHEDULE.get(token, info=True)), info=True)
    assert info.get("token") == token
    assert info.findtext("tsc:Name", "", NAMESPACES) == "Conformance info"
    assert info.find("tsc:Standard", NAMESPACES) is None


@proves("SC-02", f"{SC} § CreateSchedule", "Schedule")
def test_a_new_schedule_has_no_token_yet(device: Device) -> None:
    before = device.schedules.tokens(SCHEDULE)
    device.client.refused(SCHEDULE.body("Create", Schedule(token=NONE, standard=ALWAYS)), *INVALID)
    assert device.schedules.tokens(SCHEDULE) == before


@proves("SC-03", f"{SC} § GetSchedules", "Schedule")
@pytest.mark.parametrize("info", [False, True])
def test_unknown_schedules_are_left_out(device: Device, bench: Workbench, info: bool) -> None:
    token = bench.schedule(Schedule(standard=ALWAYS))
    assert SCHEDULE.items(device.client.call(SCHEDULE.get(NONE, info=info)), info=info) == []
    if device.features.number("tsc", "MaxLimit") >= 2:
        found = SCHEDULE.items(device.client.call(SCHEDULE.get(NONE, token, info=info)), info=info)
        assert [item.get("token") for item in found] == [token]


@proves("SC-03", f"{SC} § GetSchedules", "Schedule")
@pytest.mark.parametrize("info", [False, True])
def test_more_schedules_than_the_limit_are_too_many(device: Device, info: bool) -> None:
    limit = int(device.features.number("tsc", "MaxLimit"))
    tokens = [f"{NONE}-{number}" for number in range(limit + 1)]
    device.client.refused(SCHEDULE.get(*tokens, info=info), *INVALID_ARGS, "TooManyItems")


@proves("SC-10", f"{SC} § GetScheduleList", "Schedule")
@pytest.mark.parametrize("info", [False, True])
def test_pages_of_one_tell_every_schedule_once(device: Device, bench: Workbench, info: bool) -> None:
    made = {bench.schedule(Schedule(name=f"Conformance {number}", standard=ALWAYS)) for number in range(3)}
    paged = [item.get("token") for item in device.schedules.all(SCHEDULE, info=info, limit=1)]
    assert len(paged) == len(set(paged))
    assert sorted(map(str, paged)) == sorted(device.schedules.tokens(SCHEDULE))
    assert made <= set(paged)


@proves("SC-10", f"{SC} § GetScheduleList", "Schedule")
@pytest.mark.parametrize("info", [False, True])
def test_a_start_reference_that_was_not_given_is_refused(device: Device, info: bool) -> None:
    device.client.refused(SCHEDULE.list(1, "no-such-reference", info=info), *INVALID, "InvalidStartReference")


@proves("SC-12", f"{SC} § ModifySchedule", "Schedule")
def test_a_schedule_is_replaced_as_a_whole(device: Device, bench: Workbench) -> None:
    token = bench.schedule(Schedule(standard=ALWAYS))
    wanted = Schedule(token=token, name="Conformance anew", description="Other", standard=WORKDAYS)
    device.schedules.modify(wanted)
    assert same(device.schedules.schedule(token), wanted)


@proves("SC-12", f"{SC} § ModifySchedule", "Schedule")
def test_an_unknown_schedule_cannot_be_modified(device: Device) -> None:
    device.client.refused(SCHEDULE.body("Modify", Schedule(token=NONE, standard=ALWAYS)), *NOT_FOUND)


@proves("SC-12", f"{SC} § ModifySchedule", "Schedule")
def test_a_schedule_without_a_token_cannot_be_modified(device: Device) -> None:
    device.client.refused(SCHEDULE.body("Modify", Schedule(standard=ALWAYS)), *INVALID_ARGS)


@proves("SC-13", f"{SC} § DeleteSchedule", "Schedule")
def test_a_deleted_schedule_is_gone(device: Device, bench: Workbench) -> None:
    token = bench.schedule(Schedule(standard=ALWAYS))
    device.schedules.delete(SCHEDULE, token)
    assert SCHEDULE.items(device.client.call(SCHEDULE.get(token))) == []
    device.client.refused(SCHEDULE.delete(token), *NOT_FOUND)


@proves("SC-13", f"{SC} § DeleteSchedule", "Schedule")
def test_a_schedule_without_a_token_cannot_be_deleted(device: Device) -> None:
    device.client.refused(SCHEDULE.delete(""), *INVALID_ARGS)


BAD_CALENDARS = {
    "no calendar": "every day",
    "nothing": "",
    "no event": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
    "not closed": WORKDAYS.replace("END:VCALENDAR", ""),
    "end before begin": calendar(weekly("170000", "080000")),
    "a date that is none": calendar(weekly("080000", "170000")).replace("19700101T080000", "19701301T080000"),
}
# Without ExtendedRecurrenceSupported: § Recurrence.
EXTENDED_CALENDARS = {
    "another year than 1970": WORKDAYS.replace("1970", "2024"),
    "a count": WORKDAYS.replace("RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY;COUNT=3"),
    "every day": WORKDAYS.replace("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=DAILY"),
    "two days long": WORKDAYS.replace("DTEND:19700101", "DTEND:19700103"),
}


@proves("SC-04", f"{SC} § CreateSchedule", "Schedule")
@pytest.mark.parametrize("case", BAD_CALENDARS)
def test_what_is_no_schedule_is_refused(device: Device, case: str) -> None:
    before = device.schedules.tokens(SCHEDULE)
    body = SCHEDULE.body("Create", Schedule(standard=BAD_CALENDARS[case]))
    device.client.refused(body, *INVALID, also=[INVALID_ARGS])
    assert device.schedules.tokens(SCHEDULE) == before


@proves("SC-04", f"{SC} § ModifySchedule", "Schedule")
@pytest.mark.parametrize("case", BAD_CALENDARS)
def test_a_bad_modification_leaves_the_old_schedule(device: Device, bench: Workbench, case: str) -> None:
    token = bench.schedule(Schedule(standard=WORKDAYS))
    before = device.schedules.schedule(token)
    body = SCHEDULE.body("Modify", Schedule(token=token, standard=BAD_CALENDARS[case]))
    device.client.refused(body, *INVALID, also=[INVALID_ARGS])
    assert device.schedules.schedule(token) == before


@proves("SC-04", f"{SC} § Recurrence", "Schedule")
@pytest.mark.parametrize("case", EXTENDED_CALENDARS)
def test_extended_recurrence_needs_the_capability(device: Device, bench: Workbench, case: str) -> None:
    schedule = Schedule(standard=EXTENDED_CALENDARS[case])
    if device.features.flag("tsc", "ExtendedRecurrenceSupported"):
        token = bench.schedule(schedule)
        assert same(device.schedules.schedule(token), schedule)
    else:
        device.client.refused(SCHEDULE.body("Create", schedule), *INVALID, also=[INVALID_ARGS])


@proves("SC-14", f"{SC} § Recurrence", "Schedule")
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r\n    "])
def test_a_calendar_is_read_with_any_line_ends_and_indentation(device: Device, bench: Workbench, line_end: str) -> None:
    # Clients indent whole texts; a folded line begins with a single blank.
    if line_end.strip("\r\n"):
        text = "\r\n".join(f"    {line}" for line in WORKDAYS.split("\r\n"))
    else:
        text = WORKDAYS.replace("\r\n", line_end)
    token = bench.schedule(Schedule(standard=text))
    assert lines(device.schedules.schedule(token).standard) == lines(WORKDAYS)


@proves("SC-15", f"{SC} § CreateSchedule", "Schedule")
def test_more_periods_a_day_than_stated_are_refused(device: Device) -> None:
    limit = int(device.features.number("tsc", "MaxTimePeriodsPerDay"))
    if limit > 700:
        pytest.skip(f"{limit} periods do not fit into a day of minutes")
    # Periods of a minute, a minute apart.
    starts = [(2 * number // 60, 2 * number % 60) for number in range(limit + 1)]
    events = [weekly(f"{h:02}{m:02}00", f"{h:02}{m:02}30", "MO") for h, m in starts]
    body = SCHEDULE.body("Create", Schedule(standard=calendar(*events)))
    device.client.refused(body, "Sender", "CapabilityViolated", "MaxTimePeriodsPerDay")


@proves("SC-15", f"{SC} § CreateSchedule", "Schedule")
def test_no_more_schedules_than_stated_can_be_created(device: Device, bench: Workbench) -> None:
    limit = int(device.features.number("tsc", "MaxSchedules"))
    spare = limit - len(device.schedules.tokens(SCHEDULE))
    if spare > 128 and not device.target.destructive:
        pytest.skip(f"{spare} schedules would have to be created; done with --destructive")
    for _ in range(spare):
        bench.schedule(Schedule(standard=ALWAYS))
    body = SCHEDULE.body("Create", Schedule(standard=ALWAYS))
    device.client.refused(body, "Receiver", "CapabilityViolated", "MaxSchedules")
    assert len(device.schedules.tokens(SCHEDULE)) == limit


@proves("SC-16", f"{SC} § SetSchedule", "Schedule")
def test_a_token_of_the_client_needs_the_capability(device: Device, bench: Workbench) -> None:
    body = SCHEDULE.body("Set", Schedule(token="conformance-own", standard=ALWAYS))
    if not device.features.flag("tsc", "ClientSuppliedTokenSupported"):
        device.client.refused(body, "Receiver", "CapabilityViolated", "ClientSuppliedTokenSupported")
        return
    bench.keep(lambda token: device.schedules.delete(SCHEDULE, token), "conformance-own")
    device.client.call(body)
    assert device.schedules.schedule("conformance-own").name == "Conformance"
    device.client.call(SCHEDULE.body("Set", Schedule(token="conformance-own", name="Conformance 2", standard=ALWAYS)))
    assert device.schedules.schedule("conformance-own").name == "Conformance 2"
    device.client.refused(SCHEDULE.body("Set", Schedule(standard=ALWAYS)), *INVALID_ARGS)


@proves("SC-17", f"{SC} § Events", "Schedule", "Events")
@pytest.mark.parametrize("topic", ["Changed", "Removed"])
def test_a_topic_is_described_as_the_specification_has_it(device: Device, topic: str) -> None:
    described = device.features.topics.get(f"Configuration/Schedule/{topic}")
    assert described is not None, "the topic is not in the TopicSet"
    assert not described.is_property
    assert dict(described.source) == {"ScheduleToken": (NAMESPACES["pt"], "ReferenceToken")}
    assert not described.data


@proves("SC-17", f"{SC} § Events", "Schedule", "Events")
def test_creation_modification_and_deletion_are_told(device: Device, bench: Workbench) -> None:
    with device.listen("tns1:Configuration/Schedule//.") as events:
        token = bench.schedule(Schedule(standard=ALWAYS))
        events.expect("Changed", ScheduleToken=token)
        device.schedules.modify(Schedule(token=token, name="Conformance anew", standard=WORKDAYS))
        events.expect("Changed", count=2, ScheduleToken=token)
        device.schedules.delete(SCHEDULE, token)
        events.expect("Removed", ScheduleToken=token)
        events.drain()
    assert [event.name for event in events.seen if event.source.get("ScheduleToken") == token] == [
        "Changed",
        "Changed",
        "Removed",
    ]


@proves("SC-18", f"{SC} § GetScheduleState", "StateReporting")
def test_the_state_of_an_unknown_schedule_is_not_found(device: Device) -> None:
    device.client.refused(request("tsc:GetScheduleState", Token=NONE), *NOT_FOUND)
