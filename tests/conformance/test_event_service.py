"""The event service, as far as recording control leans on it."""

from __future__ import annotations

import time
from threading import Thread

import pytest
from tests.conformance.client import Refused
from tests.conformance.events import PullPoint, listening, moment_s, subscription
from tests.conformance.marks import EV, proves
from tests.conformance.names import NAMESPACES, text, texts
from tests.conformance.recording import Job
from tests.conformance.workbench import RECORDING_TOPICS, Device, Workbench

CREATED = "tns1:RecordingConfig/CreateRecording"


@proves("EV-01", f"{EV} § GetEventProperties", "Events")
def test_the_dialects_that_every_device_has_are_stated(device: Device) -> None:
    answer = device.client.call("<tev:GetEventProperties/>")
    dialects = {dialect.strip() for dialect in texts(answer, "wsnt:TopicExpressionDialect")}
    assert {
        "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete",
        "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet",
    } <= dialects
    filters = {dialect.strip() for dialect in texts(answer, "tev:MessageContentFilterDialect")}
    assert "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter" in filters


@proves("EV-01", f"{EV} § GetEventProperties", "Events")
def test_every_described_topic_is_marked_as_one(device: Device) -> None:
    answer = device.client.call("<tev:GetEventProperties/>")
    for description in answer.iterfind(".//tt:MessageDescription", NAMESPACES):
        topic = description.getparent()
        assert topic is not None
        assert topic.get(f"{{{NAMESPACES['wstop']}}}topic") in ("true", "1"), topic.tag


@proves("EV-02", f"{EV} § CreatePullPointSubscription", "Events")
@pytest.mark.parametrize("duration", ["PT60S", ""])
def test_a_subscription_ends_when_it_says(device: Device, duration: str) -> None:
    answer = device.client.call(subscription(duration=duration))
    start, end = (text(answer, f"wsnt:{name}Time") for name in ("Current", "Termination"))
    close(device, answer)
    assert start.endswith("Z"), start
    assert end.endswith("Z"), end
    assert moment_s(end) > moment_s(start)
    if duration:
        assert moment_s(end) - moment_s(start) == pytest.approx(60, abs=1.1)


@proves("EV-02", f"{EV} § CreatePullPointSubscription", "Events")
def test_a_subscription_may_end_at_a_point_in_time(device: Device) -> None:
    asked = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(device.clock_s() + 120))
    answer = device.client.call(subscription(duration=asked))
    close(device, answer)
    assert moment_s(text(answer, "wsnt:TerminationTime")) == pytest.approx(moment_s(asked), abs=1.1)


def close(device: Device, answer: object) -> None:
    """Give back the subscription of an answer."""
    path = "/" + text(answer, "tev:SubscriptionReference/wsa:Address").strip().split("/", 3)[3]  # type: ignore[arg-type]
    device.client.call("<wsnt:Unsubscribe/>", path)


@proves("EV-03", f"{EV} § Capabilities", "Events")
def test_two_pull_points_are_told_the_same(device: Device, bench: Workbench) -> None:
    assert device.features.number("tev", "MaxPullPoints", 2) >= 2
    device.need("DynamicRecordings")
    with device.listen(CREATED) as first, device.listen(CREATED) as second:
        assert first.path != second.path
        token = bench.recording()
        for events in (first, second):
            events.expect("CreateRecording", RecordingToken=token)


@proves("EV-04", f"{EV} § PullMessages", "Events", "DynamicRecordings")
def test_a_limit_leaves_the_rest_for_the_next_pull(device: Device, bench: Workbench) -> None:
    with device.listen(CREATED) as events:
        tokens = [bench.recording() for _ in range(3)]
        counts = [len(events.pull(limit=2)) for _ in range(2)]
        events.pull("PT0.3S", limit=100_000)
    mine = [event.source["RecordingToken"] for event in events.seen if event.source["RecordingToken"] in tokens]
    assert max(counts) <= 2
    assert mine == tokens, "none lost, none twice, in order"


@proves("EV-05", f"{EV} § PullMessages", "Events")
def test_a_pull_without_events_waits_for_its_time(device: Device) -> None:
    with device.listen("tns1:RecordingConfig/DeleteRecording") as events:
        started = time.monotonic()
        assert events.pull("PT1S") == []
        assert 0.9 <= time.monotonic() - started < 3


@proves("EV-05", f"{EV} § PullMessages", "Events", "DynamicRecordings")
def test_a_waiting_pull_returns_as_soon_as_something_happens(device: Device, bench: Workbench) -> None:
    client = device.client.aside()
    with listening(client, device.features.topics, CREATED) as events:
        ends: list[float] = []
        thread = Thread(target=lambda: (events.pull("PT20S"), ends.append(time.monotonic())))
        thread.start()
        time.sleep(0.3)
        started = time.monotonic()
        bench.recording()
        thread.join()
        assert ends[0] - started < 5
        assert events.seen


@proves("EV-06", f"{EV} § Unsubscribe", "Events")
def test_a_subscription_that_ended_is_unknown(device: Device) -> None:
    events = PullPoint(device.client, device.features.topics).open(CREATED)
    events.close()
    for call in (events.pull, events.close, events.synchronize):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.status >= 400
        if refused.value.codes[-1:] != ("ResourceUnknownFault",):
            device.client.grumble(f"the fault is {refused.value}")


@proves("EV-06", f"{EV} § Renew", "Events")
def test_a_renewed_subscription_lives_on(device: Device) -> None:
    with device.listen(CREATED) as events:
        body = "<wsnt:Renew><wsnt:TerminationTime>PT3M</wsnt:TerminationTime></wsnt:Renew>"
        answer = device.client.call(body, events.path)
        start, end = (moment_s(text(answer, f"wsnt:{name}Time")) for name in ("Current", "Termination"))
        assert end - start == pytest.approx(180, abs=1.1)


@proves("EV-09", f"{EV} § SetSynchronizationPoint", "Events", "Recording")
def test_a_synchronization_point_tells_the_properties_again(device: Device, bench: Workbench, recording: str) -> None:
    job = bench.job(Job(recording=recording, sources=(bench.source(recording),)))
    with device.listen("tns1:RecordingConfig/JobState") as events:
        events.expect("JobState", RecordingJobToken=job)
        events.synchronize()
        told = events.expect("JobState", count=2, RecordingJobToken=job)
    assert [event.operation for event in told] == ["Initialized", "Initialized"]


@proves("EV-10", f"{EV} § Topic filter", "Events", "DynamicRecordings")
def test_a_filter_lets_nothing_else_through(device: Device, bench: Workbench) -> None:
    with device.listen("tns1:RecordingConfig/CreateTrack", CREATED) as events:
        token = bench.recording()
        device.recording.delete(token)
        events.expect("CreateTrack", RecordingToken=token)
        events.drain()
    assert {event.name for event in events.seen} == {"CreateTrack", "CreateRecording"}


@proves("EV-10", f"{EV} § Topic filter", "Events", "DynamicRecordings")
def test_a_filter_is_read_by_namespace_and_not_by_prefix(device: Device, bench: Workbench) -> None:
    body = subscription("tns1:RecordingConfig/CreateRecording").replace(
        "<wsnt:TopicExpression ", f'<wsnt:TopicExpression xmlns:odd="{NAMESPACES["tns1"]}" '
    )
    answer = device.client.call(body.replace("tns1:RecordingConfig", "odd:RecordingConfig"))
    events = PullPoint(device.client, device.features.topics)
    events.path = "/" + text(answer, "tev:SubscriptionReference/wsa:Address").strip().split("/", 3)[3]
    token = bench.recording()
    events.expect("CreateRecording", RecordingToken=token)
    events.close()


@proves("EV-11", f"{EV} § Topic filter", "Events")
@pytest.mark.parametrize("topic", ["tns1:No/Such/Topic", "tns1:RecordingConfig/NoSuch"])
def test_a_topic_that_does_not_exist_is_refused(device: Device, topic: str) -> None:
    refusal = device.client.refused(
        subscription(topic),
        "Receiver",
        "TopicNotSupportedFault",
        also=[("Receiver", "InvalidTopicExpressionFault"), ("Receiver", "InvalidFilterFault")],
    )
    assert refusal.status >= 400


@proves("EV-12", f"{EV} § Topic filter", "Events")
def test_an_unknown_dialect_is_refused(device: Device) -> None:
    body = subscription(CREATED, dialect="urn:conformance:dialect")
    also = [("Receiver", "InvalidFilterFault")]
    device.client.refused(body, "Receiver", "TopicExpressionDialectUnknownFault", also=also)


@proves("EV-13", f"{EV} § Message content filter", "Events", "DynamicRecordings")
def test_a_content_filter_selects_by_items(device: Device, bench: Workbench) -> None:
    chosen, other = bench.recording(), bench.recording()
    content = f'boolean(//tt:SimpleItem[@Name="RecordingToken" and @Value="{chosen}"])'
    with device.listen(RECORDING_TOPICS, content=content) as events:
        for token in (other, chosen):
            device.recording.delete(token)
        events.expect("DeleteRecording", RecordingToken=chosen)
        events.drain()
    assert {event.source.get("RecordingToken") for event in events.seen} == {chosen}


@proves("EV-13", f"{EV} § Message content filter", "Events")
@pytest.mark.parametrize("content", ["boolean(//tt:SimpleItem[@Name=", "not a filter"])
def test_a_content_filter_that_is_none_is_refused(device: Device, content: str) -> None:
    also = [("Receiver", "InvalidMessageContentExpressionFault")]
    device.client.refused(subscription(RECORDING_TOPICS, content=content), "Receiver", "InvalidFilterFault", also=also)


@proves("EV-07", f"{EV} § PullMessages", "Events")
def test_a_second_pull_at_the_same_time_is_refused_and_the_first_goes_on(device: Device) -> None:
    with device.listen("tns1:RecordingConfig/DeleteRecording") as events:
        first = PullPoint(device.client.aside(), device.features.topics, events.path)
        ends: list[float] = []
        started = time.monotonic()
        thread = Thread(target=lambda: (first.pull("PT2S"), ends.append(time.monotonic())))
        thread.start()
        time.sleep(0.4)
        body = (
            "<tev:PullMessages><tev:Timeout>PT1S</tev:Timeout><tev:MessageLimit>1</tev:MessageLimit></tev:PullMessages>"
        )
        device.client.refused(body, "Receiver", "UnableToGetMessagesFault", path=events.path)
        thread.join()
    assert ends[0] - started >= 1.9


@proves("EV-17", f"{EV} § Addressing", "Events")
def test_an_answer_relates_to_its_question(device: Device) -> None:
    header = "<wsa:MessageID>urn:uuid:3d8f9b3e-6f0e-4c0e-9a55-0d6f3a4f1c11</wsa:MessageID>"
    answer = device.client.post("<tev:GetEventProperties/>", header=header)
    assert b"3d8f9b3e-6f0e-4c0e-9a55-0d6f3a4f1c11" in answer.body
