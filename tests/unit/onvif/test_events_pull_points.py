"""Pull points: how long they live, and how messages wait in them."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.onvif.recorder import BASE_URL, SPACES, RecorderDevice, Refusal, texts
from tests.unit.onvif.subscriber import create, heard, items, messages, pull, subscribe, topic


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_that_lets_nothing_through_is_a_wrong_value(device: RecorderDevice, limit: int) -> None:
    path = await subscribe(device)
    answer = await device.send(pull(limit=limit), path=path)
    assert isinstance(answer, Refusal)
    assert answer.code == "Sender/InvalidArgVal"


@pytest.mark.parametrize("timeout", ["PT24H", "-PT1S"])
async def test_a_timeout_out_of_range_is_answered_with_the_range(device: RecorderDevice, timeout: str) -> None:
    path = await subscribe(device)
    answer = await device.send(pull(timeout), path=path)
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.code) == (500, "Receiver/Action")
    detail = answer.element.find(".//tev:PullMessagesFaultResponse", SPACES)
    assert detail is not None
    assert texts(detail, "tev:MaxTimeout") == ["PT10M"]


async def test_an_empty_pull_ends_at_its_timeout_and_not_earlier(device: RecorderDevice) -> None:
    path = await subscribe(device)
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT60S"), path=path))
        await device.clock.advance(59.9)
        assert not pulling.done()
        await device.clock.advance(0.1)
        assert pulling.done()
    assert texts(pulling.result(), "tev:CurrentTime") == [device.at(0)]
    assert texts(pulling.result(), "tev:TerminationTime") == [device.at(60)]
    assert len(pulling.result()) == 2


async def test_a_waiting_pull_returns_with_the_first_event(device: RecorderDevice) -> None:
    path = await subscribe(device, topic("tns1:RecordingConfig/CreateRecording"))
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT60S"), path=path))
        await device.clock.advance(1)
        await device.create_recording()
        await device.clock.advance(0)
        assert pulling.done()
    assert heard(pulling.result().findall("wsnt:NotificationMessage", SPACES)) == ["CreateRecording"]


async def test_a_second_pull_at_once_is_refused_and_leaves_the_first_waiting(device: RecorderDevice) -> None:
    path = await subscribe(device)
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT5S"), path=path))
        await device.clock.advance(1)
        assert await device.refused(pull("PT5S"), path=path) == "Receiver/UnableToGetMessagesFault"
        assert not pulling.done()
        await device.clock.advance(4)
    assert len(pulling.result()) == 2


async def test_each_pull_puts_the_end_off(device: RecorderDevice) -> None:
    path = await subscribe(device, time="PT20S")
    for _ in range(3):
        await device.clock.advance(15)
        answer = await device.ask(pull(), path=path)
        assert texts(answer, "tev:TerminationTime") == [device.at(20)]


async def test_a_pull_longer_than_the_subscription_keeps_it(device: RecorderDevice) -> None:
    path = await subscribe(device, time="PT20S")
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT60S"), path=path))
        await device.clock.advance(30)
        await device.ask(create())  # others' requests do not end it either
        await device.clock.advance(30)
    assert texts(pulling.result(), "tev:TerminationTime") == [device.at(60)]


OVER = [
    pull(),
    "<wsnt:Renew><wsnt:TerminationTime>PT60S</wsnt:TerminationTime></wsnt:Renew>",
    "<wsnt:Unsubscribe/>",
    "<tev:SetSynchronizationPoint/>",
]


@pytest.mark.parametrize("body", OVER)
async def test_an_expired_subscription_is_unknown(device: RecorderDevice, body: str) -> None:
    path = await subscribe(device, time="PT20S")
    await device.clock.advance(20)
    assert await device.refused(body, path=path) == "Receiver/ResourceUnknownFault"


@pytest.mark.parametrize("body", OVER)
async def test_a_subscription_that_was_ended_is_unknown(device: RecorderDevice, body: str) -> None:
    path = await subscribe(device)
    await device.ask("<wsnt:Unsubscribe/>", path=path)
    answer = await device.send(body, path=path)
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.code) == (500, "Receiver/ResourceUnknownFault")
    assert texts(answer.element, ".//{http://docs.oasis-open.org/wsrf/bf-2}Timestamp") == [device.at(0)]


async def test_a_step_of_the_wall_clock_ends_no_subscription(device: RecorderDevice) -> None:
    path = await subscribe(device)
    device.clock.step(86_400)
    answer = await device.ask(pull(), path=path)
    assert texts(answer, "tev:TerminationTime") == [device.at(60)]


async def test_ending_a_subscription_ends_its_waiting_pull(device: RecorderDevice) -> None:
    path = await subscribe(device)
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.refused(pull("PT60S"), path=path))
        await device.clock.advance(1)
        await device.ask("<wsnt:Unsubscribe/>", path=path)
    assert pulling.result() == "Receiver/ResourceUnknownFault"


@pytest.mark.parametrize(("time", "lasts_s"), [("PT600S", 600), ("2026-01-01T00:05:00Z", 300), ("PT10S", 10)])
async def test_renewing_sets_the_end(device: RecorderDevice, time: str, lasts_s: int) -> None:
    path = await subscribe(device)
    answer = await device.ask(
        f"<wsnt:Renew><wsnt:TerminationTime>{time}</wsnt:TerminationTime></wsnt:Renew>", path=path
    )
    assert texts(answer, "wsnt:TerminationTime") == [device.at(lasts_s)]


async def test_renewing_out_of_bounds_is_refused(device: RecorderDevice) -> None:
    path = await subscribe(device)
    body = "<wsnt:Renew><wsnt:TerminationTime>P30D</wsnt:TerminationTime></wsnt:Renew>"
    assert await device.refused(body, path=path) == "Receiver/UnacceptableTerminationTimeFault"


async def test_a_request_sent_elsewhere_is_found_by_its_wsa_to(device: RecorderDevice) -> None:
    path = await subscribe(device)
    header = (
        f"<wsa:Action>http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest</wsa:Action>"
        f"<wsa:To>{BASE_URL}{path}</wsa:To><wsa:MessageID>urn:uuid:1</wsa:MessageID>"
    )
    await device.ask(pull(), path="/onvif/event_service", header=header)
    assert await device.refused(pull(), path="/onvif/event_service") == "Receiver/ResourceUnknownFault"


async def test_a_pull_that_was_given_up_leaves_the_subscription_usable(device: RecorderDevice) -> None:
    path = await subscribe(device, topic("tns1:RecordingConfig/CreateRecording"))
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT60S"), path=path))
        await device.clock.advance(1)
        pulling.cancel()
    await device.create_recording()
    assert heard(await messages(device, path)) == ["CreateRecording"]


async def test_a_full_queue_loses_the_oldest_and_counts(device: RecorderDevice) -> None:
    path = await subscribe(device)
    for number in range(300):
        device.events.publish("RecordingConfig/DeleteRecording", source=(("RecordingToken", f"r{number}"),))
    found = await messages(device, path, limit=1000)
    assert [items(message, "Source")["RecordingToken"] for message in found] == [f"r{n}" for n in range(44, 300)]
    assert device.pull_points.get(path.rpartition("/")[2]).dropped == 44
