"""The device service about the box itself: identity, date and time, restart."""

from __future__ import annotations

import pytest
from tests.unit.onvif.asking import texts
from tests.unit.onvif.box import IDENTITY, BoxDevice

from argus.base.units import to_datetime

ZONE = "<tds:TimeZone><tt:TZ>{}</tt:TZ></tds:TimeZone>"


def moment(time: str = "12:30:45", date: str = "2031-07-04") -> str:
    hour, minute, second = time.split(":")
    year, month, day = date.split("-")
    return (
        f"<tds:UTCDateTime><tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute>"
        f"<tt:Second>{second}</tt:Second></tt:Time><tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month>"
        f"<tt:Day>{day}</tt:Day></tt:Date></tds:UTCDateTime>"
    )


def set_time(kind: str = "Manual", daylight: str = "false", rest: str = "") -> str:
    return (
        f"<tds:SetSystemDateAndTime><tds:DateTimeType>{kind}</tds:DateTimeType>"
        f"<tds:DaylightSavings>{daylight}</tds:DaylightSavings>{rest}</tds:SetSystemDateAndTime>"
    )


async def time_of(box: BoxDevice) -> tuple[str, ...]:
    """Type, daylight savings, zone, and the time in UTC."""
    state = (await box.ask("<tds:GetSystemDateAndTime/>"))[0]
    parts = ("Date/tt:Year", "Date/tt:Month", "Date/tt:Day", "Time/tt:Hour", "Time/tt:Minute", "Time/tt:Second")
    clock = "-".join(texts(state, f"tt:UTCDateTime/tt:{part}")[0] for part in parts)
    return (*texts(state, "tt:DateTimeType"), *texts(state, "tt:DaylightSavings"), *texts(state, ".//tt:TZ"), clock)


async def test_the_device_tells_who_it_is(box: BoxDevice) -> None:
    answer = await box.ask("<tds:GetDeviceInformation/>")
    assert [child.text for child in answer] == ["Argus & Söhne", "Station <1>", "1.2.3", "0D9C5A0E", "simulated"]
    answer = await box.ask("<tds:GetEndpointReference/>")
    assert texts(answer, "tds:GUID") == [f"urn:uuid:{IDENTITY.endpoint_uuid}"]


async def test_the_time_is_told_in_utc(box: BoxDevice) -> None:
    now = to_datetime(box.wall.utc_us())
    assert await time_of(box) == ("Manual", "false", "UTC0", f"{now:%Y-%-m-%-d-%-H-%-M-%-S}")


async def test_the_time_set_by_hand_is_the_time(box: BoxDevice) -> None:
    await box.ask(set_time(daylight="true", rest=ZONE.format("CET-1CEST,M3.5.0,M10.5.0/3") + moment()))
    assert await time_of(box) == ("Manual", "true", "CET-1CEST,M3.5.0,M10.5.0/3", "2031-7-4-12-30-45")
    await box.ask(set_time(rest=moment("00:00:00", "2032-02-29")))
    assert await time_of(box) == ("Manual", "false", "CET-1CEST,M3.5.0,M10.5.0/3", "2032-2-29-0-0-0")


async def test_a_leap_second_is_the_second_before_it(box: BoxDevice) -> None:
    await box.ask(set_time(rest=moment("23:59:60", "2030-06-30")))
    assert (await time_of(box))[3] == "2030-6-30-23-59-59"


@pytest.mark.parametrize(
    ("time", "date"),
    [
        ("25:00:00", "2031-07-04"),
        ("24:00:00", "2031-07-04"),
        ("12:60:00", "2031-07-04"),
        ("12:00:61", "2031-07-04"),
        ("-1:00:00", "2031-07-04"),
        ("12:00:00", "2031-02-29"),
        ("12:00:00", "2031-13-01"),
        ("12:00:00", "2031-00-01"),
        ("12:00:00", "1969-12-31"),
        ("12:00:00", "2100-01-01"),
        ("12:00:00", "99999999999-01-01"),
    ],
)
async def test_a_time_that_does_not_exist_is_refused_and_changes_nothing(box: BoxDevice, time: str, date: str) -> None:
    before = await time_of(box)
    body = set_time(daylight="true", rest=ZONE.format("CET-1") + moment(time, date))
    assert await box.refused(body) == "Sender/InvalidArgVal/InvalidDateTime"
    assert await time_of(box) == before


async def test_a_time_set_by_hand_must_be_given(box: BoxDevice) -> None:
    assert await box.refused(set_time()) == "Sender/InvalidArgVal/InvalidDateTime"


@pytest.mark.parametrize("zone", ["INVALIDTIMEZONE", "Europe/Berlin", "CET", "", "X" * 200 + "0"])
async def test_a_time_zone_that_is_none_is_refused_and_changes_nothing(box: BoxDevice, zone: str) -> None:
    before = await time_of(box)
    body = set_time(daylight="true", rest=ZONE.format(zone) + moment())
    assert await box.refused(body) == "Sender/InvalidArgVal/InvalidTimeZone"
    assert await time_of(box) == before


async def test_ntp_needs_a_server(box: BoxDevice) -> None:
    assert await box.refused(set_time("NTP")) == "Sender/InvalidArgVal/NtpServerUndefined"
    assert (await time_of(box))[0] == "Manual"


async def test_with_ntp_a_time_in_the_request_has_no_meaning(box: BoxDevice) -> None:
    box.actions._ntp_servers = ("time.example",)
    before = (await time_of(box))[3]
    await box.ask(set_time("NTP", rest=moment("25:00:00")))
    assert await time_of(box) == ("NTP", "false", "UTC0", before)
    await box.ask(set_time(rest=moment()))
    assert await time_of(box) == ("Manual", "false", "UTC0", "2031-7-4-12-30-45")


@pytest.mark.parametrize(("kind", "daylight"), [("Atomic", "false"), ("Manual", "perhaps"), ("", "false")])
async def test_a_word_the_schema_does_not_know_is_a_wrong_argument(box: BoxDevice, kind: str, daylight: str) -> None:
    assert await box.refused(set_time(kind, daylight, moment())) == "Sender/InvalidArgs"


async def test_elements_may_come_in_another_order_and_namespace(box: BoxDevice) -> None:
    body = set_time(rest=moment()).replace("tt:Hour", "tds:Hour")
    kind, daylight = "<tds:DateTimeType>Manual</tds:DateTimeType>", "<tds:DaylightSavings>false</tds:DaylightSavings>"
    await box.ask(body.replace(kind + daylight, daylight + kind))
    assert (await time_of(box))[3] == "2031-7-4-12-30-45"


async def test_a_restart_is_answered_before_it_happens(box: BoxDevice) -> None:
    assert texts(await box.ask("<tds:SystemReboot/>"), "tds:Message")[0]
    assert box.reboots == 0
