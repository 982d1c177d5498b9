"""The schedule service, asked as clients ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.onvif.asking import SPACES, Asking, Everyone, texts
from tests.unit.onvif.subscriber import create, heard, items, messages

from argus.base.access import UserLevel
from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.events import EventBus
from argus.base.units import to_utc_us
from argus.device.schedule.schedules import Schedules
from argus.device.settings import MIGRATIONS
from argus.onvif.device.capabilities import DeviceService
from argus.onvif.endpoint import Endpoint
from argus.onvif.events.notification import Notifications
from argus.onvif.events.pull_points import PullPoints
from argus.onvif.events.service import EventService
from argus.onvif.events.topics import TopicSet
from argus.onvif.schedule.service import ScheduleService
from argus.onvif.schedule.time_of_day import read_time, write_time
from argus.onvif.schedule.topics import TOPICS
from argus.soap.faults import Fault
from argus.soap.namespaces import Element

# A Monday, at noon.
NOON = to_utc_us(datetime(2026, 11, 23, 12, tzinfo=UTC))
WORK = "19700105T090000", "19700105T170000", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
NOT_FOUND = "Sender/InvalidArgVal/NotFound"
VALUE = "Sender/InvalidArgVal"


def calendar(start: str = WORK[0], end: str = WORK[1], rule: str = WORK[2], summary: str = "s") -> str:
    lines = ["BEGIN:VEVENT", f"SUMMARY:{summary}", f"DTSTART:{start}", f"DTEND:{end}", rule, "UID:1", "END:VEVENT"]
    return "\n".join(["BEGIN:VCALENDAR", "PRODID:", "VERSION:2.0", *filter(None, lines), "END:VCALENDAR"])


TODAY = calendar("20261123T000000", "20261124T000000", "")


def special(group: str, *ranges: tuple[str, str]) -> str:
    periods = "".join(
        f"<tsc:TimeRange><tsc:From>{begin}</tsc:From>{f'<tsc:Until>{end}</tsc:Until>' if end else ''}</tsc:TimeRange>"
        for begin, end in ranges
    )
    return f"<tsc:SpecialDays><tsc:GroupToken>{group}</tsc:GroupToken>{periods}</tsc:SpecialDays>"


def schedule(standard: str = "", *, token: str = "", name: str = "work", specials: str = "") -> str:
    return (
        f'<tsc:Schedule token="{token}"><tsc:Name>{name}</tsc:Name><tsc:Description>d</tsc:Description>'
        f"<tsc:Standard>{standard or calendar()}</tsc:Standard>{specials}</tsc:Schedule>"
    )


def group(days: str = TODAY, *, token: str = "", name: str = "days") -> str:
    return (
        f'<tsc:SpecialDayGroup token="{token}"><tsc:Name>{name}</tsc:Name>'
        f"<tsc:Days>{days}</tsc:Days></tsc:SpecialDayGroup>"
    )


def call(operation: str, body: str = "") -> str:
    return f"<tsc:{operation}>{body}</tsc:{operation}>"


def named(*tokens: str) -> str:
    return "".join(f"<tsc:Token>{token}</tsc:Token>" for token in tokens)


class ScheduleDevice(Asking):
    """A device with a calendar."""

    def __init__(self, path: Path) -> None:
        self.clock = SimulatedClock(NOON)
        self.events = EventBus(self.clock)
        self.database = Database.open(path, MIGRATIONS)
        self.schedules = Schedules(self.database, self.events, self.clock, lambda: "UTC0")
        self.guard = Everyone()
        services = (
            EventService(TopicSet(TOPICS), PullPoints(self.events, self.clock), Notifications({}), self.clock),
            ScheduleService(self.schedules),
        )
        self.endpoint = Endpoint((DeviceService(services, ipv6=False), *services), self.guard, self.clock)

    async def create(self, body: str = "") -> str:
        return texts(await self.ask(call("CreateSchedule", body or schedule())), "tsc:Token")[0]

    async def create_group(self, body: str = "") -> str:
        return texts(await self.ask(call("CreateSpecialDayGroup", body or group())), "tsc:Token")[0]

    async def state(self, token: str) -> list[str]:
        return texts(await self.ask(call("GetScheduleState", named(token))), "tsc:ScheduleState/*")

    async def subscribe(self) -> str:
        answer = await self.ask(create())
        return urlsplit(texts(answer, "tev:SubscriptionReference/wsa:Address")[0]).path

    async def pull(self, path: str) -> list[Element]:
        return await messages(self, path)  # type: ignore[arg-type]  # any device that can be asked


@pytest.fixture
def device(tmp_path: Path) -> Iterator[ScheduleDevice]:
    device = ScheduleDevice(tmp_path / "device.sqlite")
    yield device
    device.database.close()


async def test_the_capabilities_say_what_can_be_reached(device: ScheduleDevice) -> None:
    answer = await device.ask("<tsc:GetServiceCapabilities/>")
    assert dict(answer[0].attrib) == {
        "MaxLimit": "32",
        "MaxSchedules": "64",
        "MaxTimePeriodsPerDay": "24",
        "MaxSpecialDayGroups": "16",
        "MaxDaysInSpecialDayGroup": "64",
        "MaxSpecialDaysSchedules": "8",
        "ExtendedRecurrenceSupported": "true",
        "SpecialDaysSupported": "true",
        "StateReportingSupported": "true",
        "ClientSuppliedTokenSupported": "true",
    }


async def test_a_created_schedule_is_read_as_it_was_written_and_told(device: ScheduleDevice) -> None:
    days = await device.create_group()
    path = await device.subscribe()
    ranges = special(days, ("09:30:00", "11:00:00"), ("13:00:00.25", ""), ("20:00:00", "24:00:00"))
    token = await device.create(schedule(specials=ranges))
    found = (await device.ask(call("GetSchedules", named(token))))[0]
    assert found.get("token") == token
    assert texts(found, "*") == ["work", "d", calendar(), ""]
    assert texts(found, "tsc:SpecialDays//*") == [
        days,
        "",
        "09:30:00",
        "11:00:00",
        "",
        "13:00:00.25",
        "",
        "20:00:00",
        "24:00:00",
    ]
    told = await device.pull(path)
    assert heard(told) == ["Changed", "Active Initialized"]
    assert items(told[0], "Source") == {"ScheduleToken": token}
    assert items(told[1], "Source") == {"ScheduleToken": token, "Name": "work"}
    assert items(told[1], "Data") == {"Active": "false", "SpecialDay": "true"}


async def test_only_the_device_gives_tokens_on_creation(device: ScheduleDevice) -> None:
    assert await device.refused(call("CreateSchedule", schedule(token="abc"))) == VALUE
    assert await device.refused(call("CreateSpecialDayGroup", group(token="abc"))) == VALUE


async def test_unknown_tokens_are_passed_over_and_too_many_refused(device: ScheduleDevice) -> None:
    token, days = await device.create(), await device.create_group()
    many = named(*(str(n) for n in range(33)))
    for operation, known in (
        ("GetSchedules", token),
        ("GetScheduleInfo", token),
        ("GetSpecialDayGroups", days),
        ("GetSpecialDayGroupInfo", days),
    ):
        assert len(await device.ask(call(operation, named("none")))) == 0
        assert [one.get("token") for one in await device.ask(call(operation, named("none", known, known)))] == [known]
        assert await device.refused(call(operation, many)) == "Sender/InvalidArgs/TooManyItems"


@pytest.mark.parametrize(
    "standard",
    [
        calendar("19700101T000000", "19700102T000000", "RRULE:FREQ=WEEKLY;BYDAY=MO"),
        calendar(rule="RRULE:WEEKLY;BYDAY=MO"),
        calendar("20240101T090000", "20240101T100000", "RRULE:FREQ=DAILY;COUNT=10"),
        calendar("20240101T090000", "20240103T100000", ""),
        calendar("20240101T090000", "20240101T100000", "RRULE:FREQ=MONTHLY;BYDAY=-1SU;UNTIL:20301209T000000"),
        calendar("20240101T090000", "20240101T091000", "RRULE:FREQ=HOURLY;INTERVAL=2"),
        calendar("20240101T090000", "20240101T091000", "RRULE:FREQ=YEARLY;BYYEARDAY=100"),
    ],
)
async def test_recurrences_of_every_kind_are_accepted(device: ScheduleDevice, standard: str) -> None:
    token = await device.create(schedule(standard))
    answer = await device.ask(call("GetSchedules", named(token)))
    rfc = standard.replace("RRULE:WEEKLY", "RRULE:FREQ=WEEKLY").replace("UNTIL:", "UNTIL=")
    assert texts(answer, "tsc:Schedule/tsc:Standard") == [rfc]


@pytest.mark.parametrize("standard", ["nothing", calendar(rule="RRULE:FREQ=NEVER"), calendar(end="19700105T080000")])
async def test_a_calendar_that_is_none_is_refused(device: ScheduleDevice, standard: str) -> None:
    assert await device.refused(call("CreateSchedule", schedule(standard))) == VALUE
    assert await device.refused(call("CreateSpecialDayGroup", group(standard))) == VALUE


@pytest.mark.parametrize(
    ("begin", "end"),
    [("10:00:00", "10:00:00"), ("10:00:00", "09:00:00"), ("10:00:00", "00:00:00"), ("24:00:00", "")],
)
async def test_a_time_range_ends_after_it_begins(device: ScheduleDevice, begin: str, end: str) -> None:
    days = await device.create_group()
    assert await device.refused(call("CreateSchedule", schedule(specials=special(days, (begin, end))))) == VALUE


@pytest.mark.parametrize(
    "text", ["", "10", "25:00:00", "10:60:00", "10:00:60", "24:00:00.1", "10:00:00+15:00", "١٠:00:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="Sender/InvalidArgs"):
        read_time(text)


@given(st.integers(0, 86_400_000_000))
def test_a_time_is_read_as_it_was_written(us: int) -> None:
    assert read_time(write_time(us)) == us


async def test_the_zone_of_a_time_is_passed_over(device: ScheduleDevice) -> None:
    days = await device.create_group()
    token = await device.create(schedule(specials=special(days, ("11:59:59.9999999+02:00", "12:00:01Z"))))
    assert await device.state(token) == ["true", "true"]


async def test_a_special_day_is_what_its_time_ranges_say(device: ScheduleDevice) -> None:
    days = await device.create_group()
    token = await device.create(schedule(specials=special(days)))
    assert await device.state(token) == ["false", "true"]
    body = schedule(token=token, specials=special(days, ("11:00:00", "12:30:00")))
    await device.ask(call("ModifySchedule", body))
    assert await device.state(token) == ["true", "true"]
    await device.ask(call("ModifySchedule", schedule(token=token)))
    assert await device.state(token) == ["true", "false"]


async def test_a_period_holds_at_its_beginning_and_not_at_its_end(device: ScheduleDevice) -> None:
    begin = await device.create(schedule(calendar("19700101T120000", "19700101T130000", "RRULE:FREQ=DAILY")))
    end = await device.create(schedule(calendar("19700101T110000", "19700101T120000", "RRULE:FREQ=DAILY")))
    assert (await device.state(begin), await device.state(end)) == (["true", "false"], ["false", "false"])


async def test_what_is_referred_to_cannot_be_deleted(device: ScheduleDevice) -> None:
    days = await device.create_group()
    token = await device.create(schedule(specials=special(days)))
    in_use = "Sender/InvalidArgVal/ReferenceInUse"
    assert await device.refused(call("DeleteSpecialDayGroup", named(days))) == in_use
    device.schedules.used_by = lambda used: used == token
    assert await device.refused(call("DeleteSchedule", named(token))) == in_use
    device.schedules.used_by = lambda _used: False
    path = await device.subscribe()
    await device.pull(path)
    await device.ask(call("DeleteSchedule", named(token)))
    await device.ask(call("DeleteSpecialDayGroup", named(days)))
    told = await device.pull(path)
    assert heard(told) == ["Active Deleted", "Removed", "Removed"]
    assert items(told[2], "Source") == {"SpecialDaysToken": days}


async def test_what_does_not_exist_is_not_found(device: ScheduleDevice) -> None:
    for body in (
        call("GetScheduleState", named("none")),
        call("ModifySchedule", schedule(token="none")),
        call("DeleteSchedule", named("none")),
        call("ModifySpecialDayGroup", group(token="none")),
        call("DeleteSpecialDayGroup", named("none")),
    ):
        assert await device.refused(body) == NOT_FOUND
    missing = call("CreateSchedule", schedule(specials=special("none")))
    assert await device.refused(missing) == "Sender/InvalidArgVal/ReferenceNotFound"


async def test_a_token_is_needed_to_change_something(device: ScheduleDevice) -> None:
    for body in (
        call("SetSchedule", schedule()),
        call("ModifySchedule", schedule()),
        call("DeleteSchedule", named("")),
        call("ModifySpecialDayGroup", group()),
        call("DeleteSpecialDayGroup", named("")),
    ):
        assert await device.refused(body) == "Sender/InvalidArgs"
    assert await device.refused(call("SetSpecialDayGroup", group())) == "Sender/InvalidArgVal/MissingToken"


async def test_clients_may_choose_tokens(device: ScheduleDevice) -> None:
    for name in ("first", "second"):
        await device.ask(call("SetSpecialDayGroup", group(token="days", name=name)))
        await device.ask(call("SetSchedule", schedule(token="mine", name=name, specials=special("days"))))
    assert texts(await device.ask(call("GetScheduleInfoList")), "tsc:ScheduleInfo/tsc:Name") == ["second"]
    assert texts(await device.ask(call("GetSpecialDayGroupList")), "tsc:SpecialDayGroup/tsc:Name") == ["second"]


@pytest.mark.parametrize("operation", ["GetScheduleList", "GetScheduleInfoList"])
async def test_a_list_is_read_page_by_page_whatever_happens_between(device: ScheduleDevice, operation: str) -> None:
    tokens = [await device.create() for _ in range(4)]
    found: list[str] = []
    reference = ""
    for turn in range(9):
        answer = await device.ask(call(operation, f"<tsc:Limit>1</tsc:Limit>{reference}"))
        found += [one.get("token", "") for one in answer if one.get("token")]
        if turn == 1:
            await device.ask(call("DeleteSchedule", named(tokens[1])))
            tokens.append(await device.create())
        following = texts(answer, "tsc:NextStartReference")
        if not following:
            break
        reference = f"<tsc:StartReference>{following[0]}</tsc:StartReference>"
    assert found == tokens


@pytest.mark.parametrize("kind", ["Schedule", "ScheduleInfo", "SpecialDayGroup", "SpecialDayGroupInfo"])
async def test_a_reference_no_list_ended_with_is_refused(device: ScheduleDevice, kind: str) -> None:
    for reference in ("none", "", "12345678-1", "1", "-1"):
        body = call(f"Get{kind}List", f"<tsc:StartReference>{reference or ' '}</tsc:StartReference>")
        assert await device.refused(body) == "Sender/InvalidArgVal/InvalidStartReference"


@pytest.mark.parametrize("limit", ["0", "-5", "33", "2000000000"])
async def test_a_limit_out_of_range_is_the_device_s_own(device: ScheduleDevice, limit: str) -> None:
    for number in range(33):
        await device.ask(call("SetSchedule", schedule(token=str(number))))
    answer = await device.ask(call("GetScheduleInfoList", f"<tsc:Limit>{limit}</tsc:Limit>"))
    assert len(texts(answer, "tsc:ScheduleInfo/tsc:Name")) == 32


async def test_each_limit_has_its_fault(device: ScheduleDevice) -> None:
    for number in range(16):
        await device.ask(call("SetSpecialDayGroup", group(token=str(number))))
    for number in range(64):
        await device.ask(call("SetSchedule", schedule(token=str(number))))
    full, violated = "Receiver/CapabilityViolated", "Sender/CapabilityViolated"
    often = calendar("19700101T000000", "19700101T000001", "RRULE:FREQ=SECONDLY")
    year = calendar("20260101T000000", "20261231T000000", "")
    ranges = special("0", *[("00:00:00", "")] * 25)
    for body, fault in (
        (call("CreateSchedule", schedule()), f"{full}/MaxSchedules"),
        (call("SetSchedule", schedule(token="new")), f"{full}/MaxSchedules"),
        (call("CreateSpecialDayGroup", group()), f"{full}/MaxSpecialDayGroups"),
        (call("SetSpecialDayGroup", group(token="new")), f"{full}/MaxSpecialDayGroups"),
        (call("ModifySchedule", schedule(often, token="0")), f"{violated}/MaxTimePeriodsPerDay"),
        (call("ModifySchedule", schedule(token="0", specials=ranges)), f"{violated}/MaxTimePeriodsPerDay"),
        (call("ModifySchedule", schedule(token="0", specials=special("0") * 9)), f"{violated}/MaxSpecialDaysSchedules"),
        (call("ModifySpecialDayGroup", group(year, token="0")), f"{violated}/MaxDaysInSpecialDayGroup"),
        (call("ModifySpecialDayGroup", group(often, token="0")), f"{violated}/MaxDaysInSpecialDayGroup"),
    ):
        assert await device.refused(body) == fault


async def test_a_user_sees_schedules_but_not_their_state(device: ScheduleDevice) -> None:
    token = await device.create()
    device.guard.level = UserLevel.USER
    await device.ask(call("GetSchedules", named(token)))
    for body in (call("GetScheduleState", named(token)), call("DeleteSchedule", named(token))):
        assert await device.refused(body) == "Sender/NotAuthorized"
    device.guard.level = UserLevel.OPERATOR
    assert await device.state(token) == ["true", "false"]
    assert await device.refused(call("CreateSchedule", schedule())) == "Sender/NotAuthorized"


async def test_a_new_subscriber_learns_each_state(device: ScheduleDevice) -> None:
    await device.create()
    await device.create(schedule(calendar("19700106T090000", "19700106T170000", "RRULE:FREQ=WEEKLY"), name="tuesday"))
    path = await device.subscribe()
    told = await device.pull(path)
    assert heard(told) == ["Active Initialized"] * 2
    assert [items(one, "Data")["Active"] for one in told] == ["true", "false"]
    device.clock.step(86_400)
    device.schedules.tell()
    assert heard(await device.pull(path)) == ["Active Changed"]


async def test_the_topics_are_described(device: ScheduleDevice) -> None:
    answer = await device.ask("<tev:GetEventProperties/>")
    active = answer.find(".//tns1:Schedule/State/Active/tt:MessageDescription", SPACES)
    assert active is not None
    assert active.get("IsProperty") == "true"
    described = {one.get("Name"): one.get("Type") for one in active.iter("{*}SimpleItemDescription")}
    assert described == {
        "ScheduleToken": "pt:ReferenceToken",
        "Name": "xs:string",
        "Active": "xs:boolean",
        "SpecialDay": "xs:boolean",
    }
    assert answer.find(".//tns1:Configuration/SpecialDays/Removed", SPACES) is not None
