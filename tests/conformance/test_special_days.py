"""Special days, and the state of schedules."""

from __future__ import annotations

import datetime
import itertools

import pytest
from tests.conformance.marks import SC, proves
from tests.conformance.names import NAMESPACES, one, text
from tests.conformance.requests import NONE
from tests.conformance.schedule import (
    ALWAYS,
    GROUP,
    SCHEDULE,
    DayGroup,
    Schedule,
    SpecialDays,
    calendar,
    weekly,
    whole_day,
)
from tests.conformance.test_schedules import lines
from tests.conformance.workbench import Device, Workbench

INVALID = ("Sender", "InvalidArgVal")
INVALID_ARGS = ("Sender", "InvalidArgs")
NOT_FOUND = ("Sender", "InvalidArgVal", "NotFound")
NEW_YEAR = calendar(whole_day("20300101", "20300102"))
NEVER = calendar(weekly("000000", "000001", "MO"))


@pytest.fixture
def group(bench: Workbench) -> str:
    return bench.group(DayGroup(days=NEW_YEAR))


@proves("SC-20", f"{SC} § CreateSpecialDayGroup", "SpecialDays")
def test_a_new_group_is_listed_as_it_was_created(device: Device, bench: Workbench) -> None:
    wanted = DayGroup(name="Conformance 休日", description="Holidays", days=NEW_YEAR)
    before = device.schedules.tokens(GROUP)
    token = bench.group(wanted)
    found = device.schedules.group(token)
    assert token not in before
    assert sorted(device.schedules.tokens(GROUP)) == sorted([*before, token])
    assert (found.token, found.name, found.description) == (token, wanted.name, wanted.description)
    assert lines(found.days) == lines(NEW_YEAR)


@proves("SC-20", f"{SC} § CreateSpecialDayGroup", "SpecialDays")
def test_a_new_group_has_no_token_yet(device: Device) -> None:
    device.client.refused(GROUP.body("Create", DayGroup(token=NONE, days=NEW_YEAR)), *INVALID)


@proves("SC-20", f"{SC} § ModifySpecialDayGroup", "SpecialDays")
def test_a_group_is_replaced_as_a_whole(device: Device, group: str) -> None:
    christmas = calendar(whole_day("20301224", "20301225"), whole_day("20301225", "20301226"))
    device.schedules.modify(DayGroup(token=group, name="Conformance anew", days=christmas))
    found = device.schedules.group(group)
    assert found.name == "Conformance anew"
    assert lines(found.days) == lines(christmas)


@proves("SC-20", f"{SC} § CreateSpecialDayGroup", "SpecialDays")
@pytest.mark.parametrize("days", ["some day", calendar(["DTSTART:20301301T000000", "DTEND:20301302T000000"])])
def test_what_are_no_days_is_refused(device: Device, days: str) -> None:
    device.client.refused(GROUP.body("Create", DayGroup(days=days)), *INVALID, also=[INVALID_ARGS])


@proves("SC-08", f"{SC} § Fault codes", "SpecialDays")
def test_an_unknown_group_is_not_found(device: Device) -> None:
    device.client.refused(GROUP.body("Modify", DayGroup(token=NONE, days=NEW_YEAR)), *NOT_FOUND)
    device.client.refused(GROUP.delete(NONE), *NOT_FOUND)


@proves("SC-08", f"{SC} § Fault codes", "SpecialDays")
def test_a_group_without_a_token_is_refused(device: Device) -> None:
    device.client.refused(GROUP.body("Modify", DayGroup(days=NEW_YEAR)), *INVALID_ARGS)
    device.client.refused(GROUP.delete(""), *INVALID_ARGS)


@proves("SC-08", f"{SC} § DeleteSpecialDayGroup", "SpecialDays")
def test_a_group_in_use_cannot_be_deleted(device: Device, bench: Workbench, group: str) -> None:
    schedule = bench.schedule(Schedule(standard=ALWAYS, special_days=(SpecialDays(group=group),)))
    device.client.refused(GROUP.delete(group), *INVALID, "ReferenceInUse")
    device.schedules.delete(SCHEDULE, schedule)
    device.schedules.delete(GROUP, group)
    assert group not in device.schedules.tokens(GROUP)


@proves("SC-03", f"{SC} § GetSpecialDayGroups", "SpecialDays")
@pytest.mark.parametrize("info", [False, True])
def test_unknown_groups_are_left_out(device: Device, group: str, info: bool) -> None:
    assert GROUP.items(device.client.call(GROUP.get(NONE, info=info)), info=info) == []
    found = GROUP.items(device.client.call(GROUP.get(group, info=info)), info=info)
    assert [item.get("token") for item in found] == [group]


@proves("SC-03", f"{SC} § GetSpecialDayGroups", "SpecialDays")
@pytest.mark.parametrize("info", [False, True])
def test_more_groups_than_the_limit_are_too_many(device: Device, info: bool) -> None:
    tokens = [f"{NONE}-{number}" for number in range(int(device.features.number("tsc", "MaxLimit")) + 1)]
    device.client.refused(GROUP.get(*tokens, info=info), *INVALID_ARGS, "TooManyItems")


@proves("SC-10", f"{SC} § GetSpecialDayGroupList", "SpecialDays")
@pytest.mark.parametrize("info", [False, True])
def test_pages_of_one_tell_every_group_once(device: Device, bench: Workbench, info: bool) -> None:
    made = {bench.group(DayGroup(name=f"Conformance {number}", days=NEW_YEAR)) for number in range(3)}
    paged = [item.get("token") for item in device.schedules.all(GROUP, info=info, limit=1)]
    assert len(paged) == len(set(paged))
    assert made <= set(paged)


@proves("SC-10", f"{SC} § GetSpecialDayGroupList", "SpecialDays")
@pytest.mark.parametrize("info", [False, True])
def test_a_start_reference_that_was_not_given_is_refused(device: Device, info: bool) -> None:
    device.client.refused(GROUP.list(1, "no-such-reference", info=info), *INVALID, "InvalidStartReference")


@proves("SC-15", f"{SC} § CreateSpecialDayGroup", "SpecialDays")
def test_more_days_in_a_group_than_stated_are_refused(device: Device) -> None:
    limit = int(device.features.number("tsc", "MaxDaysInSpecialDayGroup"))
    if limit > 3000:
        pytest.skip(f"{limit} days in a group")
    first = datetime.date(2030, 1, 1)
    dates = [(first + datetime.timedelta(days=number)).strftime("%Y%m%d") for number in range(limit + 2)]
    events = [whole_day(day, following) for day, following in itertools.pairwise(dates)]
    body = GROUP.body("Create", DayGroup(days=calendar(*events)))
    device.client.refused(body, "Sender", "CapabilityViolated", "MaxDaysInSpecialDayGroup")


@proves("SC-15", f"{SC} § CreateSpecialDayGroup", "SpecialDays")
def test_no_more_groups_than_stated_can_be_created(device: Device, bench: Workbench) -> None:
    spare = int(device.features.number("tsc", "MaxSpecialDayGroups")) - len(device.schedules.tokens(GROUP))
    if spare > 128 and not device.target.destructive:
        pytest.skip(f"{spare} groups would have to be created; done with --destructive")
    for _ in range(spare):
        bench.group(DayGroup(days=NEW_YEAR))
    body = GROUP.body("Create", DayGroup(days=NEW_YEAR))
    device.client.refused(body, "Receiver", "CapabilityViolated", "MaxSpecialDayGroups")


@proves("SC-15", f"{SC} § CreateSchedule", "SpecialDays")
def test_more_special_days_in_a_schedule_than_stated_are_refused(device: Device, bench: Workbench) -> None:
    limit = int(device.features.number("tsc", "MaxSpecialDaysSchedules"))
    if limit >= int(device.features.number("tsc", "MaxSpecialDayGroups")) or limit > 128:
        pytest.skip(f"there cannot be {limit + 1} groups")
    groups = [bench.group(DayGroup(name=f"Conformance {n}", days=NEW_YEAR)) for n in range(limit + 1)]
    schedule = Schedule(standard=ALWAYS, special_days=tuple(SpecialDays(group=token) for token in groups))
    body = SCHEDULE.body("Create", schedule)
    device.client.refused(body, "Sender", "CapabilityViolated", "MaxSpecialDaysSchedules")


@proves("SC-21", f"{SC} § CreateSchedule", "SpecialDays")
def test_a_schedule_cannot_name_an_unknown_group(device: Device, bench: Workbench) -> None:
    special = (SpecialDays(group=NONE),)
    body = SCHEDULE.body("Create", Schedule(standard=ALWAYS, special_days=special))
    device.client.refused(body, *INVALID, "ReferenceNotFound")
    token = bench.schedule(Schedule(standard=ALWAYS))
    body = SCHEDULE.body("Modify", Schedule(token=token, standard=ALWAYS, special_days=special))
    device.client.refused(body, *INVALID, "ReferenceNotFound")
    assert device.schedules.schedule(token).special_days == ()


@proves("SC-05", f"{SC} § CreateSchedule", "SpecialDays")
@pytest.mark.parametrize("times", [("10:00:00", "10:00:00"), ("10:00:00", "09:59:59")])
def test_a_period_that_does_not_end_after_it_began_is_refused(
    device: Device, group: str, times: tuple[str, str]
) -> None:
    special = (SpecialDays(group=group, ranges=(times,)),)
    device.client.refused(SCHEDULE.body("Create", Schedule(standard=ALWAYS, special_days=special)), *INVALID)


@proves("SC-21", f"{SC} § CreateSchedule", "SpecialDays")
def test_special_days_come_back_as_they_went_in(device: Device, bench: Workbench, group: str) -> None:
    special = (SpecialDays(group=group, ranges=(("08:00:00", "12:00:00"), ("13:00:00", ""))),)
    found = device.schedules.schedule(bench.schedule(Schedule(standard=ALWAYS, special_days=special)))
    assert found.special_days == special


@proves("SC-22", f"{SC} § Events", "SpecialDays", "Events")
def test_creation_modification_and_deletion_of_a_group_are_told(device: Device, bench: Workbench) -> None:
    with device.listen("tns1:Configuration/SpecialDays//.") as events:
        token = bench.group(DayGroup(days=NEW_YEAR))
        events.expect("Changed", SpecialDaysToken=token)
        device.schedules.modify(DayGroup(token=token, name="Conformance anew", days=NEW_YEAR))
        events.expect("Changed", count=2, SpecialDaysToken=token)
        device.schedules.delete(GROUP, token)
        events.expect("Removed", SpecialDaysToken=token)
    assert not any(event.operation for event in events.seen)


@proves("SC-18", f"{SC} § GetScheduleState", "StateReporting")
def test_a_schedule_that_always_holds_is_active(device: Device, bench: Workbench) -> None:
    active, special = device.schedules.state(bench.schedule(Schedule(standard=ALWAYS)))
    assert active
    assert not special


@pytest.fixture
def today(device: Device, bench: Workbench) -> str:
    """A group with the days around today, whatever the time zone of the device is."""
    now = datetime.datetime.fromtimestamp(device.clock_s(), datetime.UTC).date()
    dates = [(now + datetime.timedelta(days=number)).strftime("%Y%m%d") for number in (-1, 0, 1, 2)]
    events = [whole_day(day, following) for day, following in itertools.pairwise(dates)]
    if device.features.number("tsc", "MaxDaysInSpecialDayGroup") < len(events):
        pytest.skip("a group holds fewer than three days")
    return bench.group(DayGroup(days=calendar(*events)))


@proves("SC-07", f"{SC} § GetScheduleState", "StateReporting", "SpecialDays")
def test_a_special_day_without_times_is_inactive(device: Device, bench: Workbench, today: str) -> None:
    token = bench.schedule(Schedule(standard=ALWAYS, special_days=(SpecialDays(group=today),)))
    assert device.schedules.state(token) == (False, True)


@proves("SC-07", f"{SC} § GetScheduleState", "StateReporting", "SpecialDays")
def test_a_special_day_overrides_the_standard(device: Device, bench: Workbench, today: str) -> None:
    special = (SpecialDays(group=today, ranges=(("00:00:00", ""),)),)
    assert device.schedules.state(bench.schedule(Schedule(standard=NEVER, special_days=special))) == (True, True)


@proves("SC-19", f"{SC} § Events", "StateReporting", "Events")
def test_the_state_is_a_property_that_follows(device: Device, bench: Workbench) -> None:
    token = bench.schedule(Schedule(standard=ALWAYS))
    with device.listen("tns1:Schedule/State/Active") as events:
        [first] = events.expect("Active", ScheduleToken=token)
        assert (first.operation, first.data["Active"]) == ("Initialized", "true")
        day = datetime.datetime.fromtimestamp(device.clock_s(), datetime.UTC).date() + datetime.timedelta(days=3)
        days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
        device.schedules.modify(
            Schedule(token=token, standard=calendar(weekly("000000", "000001", days[day.weekday()])))
        )
        events.wait("it is inactive", lambda _: events.of("Active", ScheduleToken=token)[-1].data["Active"] == "false")
        assert events.of("Active", ScheduleToken=token)[-1].operation == "Changed"
        assert device.schedules.state(token)[0] is False
        device.schedules.delete(SCHEDULE, token)
        events.wait("it is gone", lambda _: events.of("Active", ScheduleToken=token)[-1].operation == "Deleted")


@proves("SC-19", f"{SC} § Events", "StateReporting", "Events")
def test_the_state_is_described_as_the_specification_has_it(device: Device) -> None:
    described = device.features.topics.get("Schedule/State/Active")
    assert described is not None, "the topic is not in the TopicSet"
    assert described.is_property
    assert set(described.source) == {"ScheduleToken", "Name"}
    assert "Active" in described.data
    assert set(described.data) <= {"Active", "SpecialDay"}


@proves("SC-18", f"{SC} § GetSpecialDayGroupInfo", "SpecialDays")
def test_the_info_of_a_group_has_no_days(device: Device, group: str) -> None:
    info = one(device.client.call(GROUP.get(group, info=True)), "tsc:SpecialDayGroupInfo")
    assert text(info, "tsc:Name") == "Conformance"
    assert info.find("tsc:Days", NAMESPACES) is None
