"""Events through a pull point, as the recording specification orders them."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest
from lxml import etree
from tests.harness.recorder import PullPoint, Recorder, configuration, iso, now_us, of_topic, pull_point, utc_us
from tests.harness.soap import NAMESPACES, SoapClient, SoapFault, text

CONFIG = "tns1:RecordingConfig//."


def test_creating_a_recording_tells_of_it_and_of_its_three_tracks(recorder: Recorder, soap: SoapClient) -> None:
    with pull_point(soap, CONFIG) as events:
        token = recorder.create_recording("Told")
        seen = events.wait_for("four events", lambda seen: len(of_topic(seen, "/CreateTrack")) == 3)
        created = of_topic(seen, "/CreateRecording")
        assert [event.source for event in created] == [{"RecordingToken": token}]
        tracks = of_topic(seen, "/CreateTrack")
        assert {event.source["TrackToken"] for event in tracks} == {"VIDEO001", "AUDIO001", "META001"}
        assert all(event.source["RecordingToken"] == token for event in tracks)
        assert {event.operation for event in created + tracks} == {""}, "these are no properties"


def test_a_job_is_a_property_that_starts_initialized_changes_and_is_deleted(
    recorder: Recorder, soap: SoapClient
) -> None:
    token = recorder.create_recording("Property")
    with pull_point(soap, "tns1:RecordingConfig/JobState") as events:
        job = recorder.create_job(token, mode="Idle")
        recorder.set_mode(job, "Active")
        events.wait_for("it is active", lambda seen: any(event.data.get("State") == "Active" for event in seen))
        recorder.set_mode(job, "Idle")
        recorder.delete_recording(token)
        seen = events.wait_for("it is deleted", lambda seen: any(event.operation == "Deleted" for event in seen))
    mine = [event for event in seen if event.source["RecordingJobToken"] == job]
    assert next(event.operation for event in mine) == "Initialized"
    assert [event.operation for event in mine][-1] == "Deleted"
    assert {event.operation for event in mine[1:-1]} == {"Changed"}
    assert {"Idle", "Active"} <= {event.data["State"] for event in mine}


def test_a_new_pull_point_and_a_synchronization_point_tell_every_job(recorder: Recorder, soap: SoapClient) -> None:
    jobs = {recorder.create_job(recorder.create_recording(name), mode="Idle") for name in ("One", "Two")}
    with pull_point(soap, "tns1:RecordingConfig/JobState") as events:
        for _ in range(2):
            seen = events.wait_for(
                "all jobs", lambda seen: jobs <= {event.source["RecordingJobToken"] for event in seen}
            )
            assert {event.operation for event in seen} == {"Initialized"}
            events.seen.clear()
            events.synchronize()


def test_a_changed_configuration_is_told_as_it_is_read_back(recorder: Recorder, soap: SoapClient) -> None:
    token = recorder.create_recording("Before")
    with pull_point(soap, "tns1:RecordingConfig/RecordingConfiguration") as events:
        recorder.set_configuration(token, configuration("After", content="Changed"))
        [event] = events.wait_for("one event", bool)
    answer = soap.call(
        f"<trc:GetRecordingConfiguration><trc:RecordingToken>{token}</trc:RecordingToken>"
        "</trc:GetRecordingConfiguration>"
    )
    assert event.source == {"RecordingToken": token}
    told, read = event.elements["Configuration"], answer[0]
    assert [(child.tag, child.xpath("string()")) for child in told.iter()][1:] == [
        (child.tag, child.xpath("string()")) for child in read.iter()
    ][1:]


def test_deleting_a_recording_tells_of_its_tracks_and_data(recorder: Recorder, soap: SoapClient) -> None:
    token, _ = recorder.record(2, "Deleted")
    with pull_point(soap, CONFIG) as events:
        recorder.delete_recording(token)
        seen = events.wait_for("the recording", lambda seen: bool(of_topic(seen, "/DeleteRecording")))
        assert len(of_topic(seen, "/DeleteTrack")) == 3
        events.wait_for("the data", lambda seen: bool(of_topic(seen, "/DeleteTrackData")))
    [data] = list(of_topic(events.seen, "/DeleteTrackData"))
    assert data.source == {"RecordingToken": token, "TrackToken": "VIDEO001"}
    assert data.data["StartTime"] < data.data["EndTime"]


def test_a_topic_filter_lets_nothing_else_through(recorder: Recorder, soap: SoapClient) -> None:
    with pull_point(soap, "tns1:RecordingConfig/DeleteRecording") as events:
        token = recorder.create_recording("Filtered")
        recorder.delete_recording(token)
        events.wait_for("one event", bool)
        events.pull()
        assert [event.topic for event in events.seen] == ["tns1:RecordingConfig/DeleteRecording"]


def test_a_pull_waits_until_something_happens_and_no_longer(recorder: Recorder, soap: SoapClient) -> None:
    with pull_point(soap, "tns1:RecordingConfig/CreateRecording") as events:
        started = time.monotonic()
        assert events.pull(1) == []
        assert 0.8 < time.monotonic() - started < 3


def test_a_termination_time_is_granted_as_it_was_asked_for(soap: SoapClient) -> None:
    asked = iso(now_us() // 1_000_000 * 1_000_000 + 120_000_000)
    time_asked = f"<tev:InitialTerminationTime>{asked}</tev:InitialTerminationTime>"
    answer = soap.call(f"<tev:CreatePullPointSubscription>{time_asked}</tev:CreatePullPointSubscription>")
    assert utc_us(text(answer, "wsnt:TerminationTime")) == utc_us(asked)
    path = urlsplit(text(answer, "tev:SubscriptionReference/wsa:Address")).path
    answer = soap.call("<wsnt:Renew><wsnt:TerminationTime>PT3M</wsnt:TerminationTime></wsnt:Renew>", path)
    start_us, end_us = (utc_us(text(answer, f"wsnt:{name}Time")) for name in ("Current", "Termination"))
    assert end_us - start_us == 180_000_000


def test_an_unsubscribed_pull_point_is_gone(soap: SoapClient) -> None:
    events = PullPoint(soap).open()
    events.renew()
    events.unsubscribe()
    with pytest.raises(SoapFault) as refused:
        events.pull()
    assert refused.value.codes[-1] == "ResourceUnknownFault"


def test_an_unknown_topic_dialect_is_refused(soap: SoapClient) -> None:
    body = '<wsnt:TopicExpression Dialect="http://example.com/other">tns1:RecordingConfig</wsnt:TopicExpression>'
    with pytest.raises(SoapFault) as refused:
        soap.call(f"<tev:CreatePullPointSubscription><tev:Filter>{body}</tev:Filter></tev:CreatePullPointSubscription>")
    assert refused.value.codes[-1] in ("TopicExpressionDialectUnknownFault", "InvalidFilterFault")


def test_every_topic_that_is_told_is_announced_with_its_items(soap: SoapClient) -> None:
    answer = soap.call("<tev:GetEventProperties/>")
    recording = answer.find(".//tns1:RecordingConfig", NAMESPACES)
    assert recording is not None
    announced = {etree.QName(topic).localname: topic for topic in recording}
    expected = {
        "CreateRecording", "DeleteRecording", "CreateTrack", "DeleteTrack", "RecordingConfiguration",
        "TrackConfiguration", "RecordingJobConfiguration", "DeleteTrackData", "JobState",
    }  # fmt: skip
    assert expected <= set(announced)
    properties = {
        name
        for name, topic in announced.items()
        if topic.find("tt:MessageDescription", NAMESPACES).get("IsProperty") in ("true", "1")
    }
    assert properties == {"JobState"}
    types = {
        item.get("Type").rpartition(":")[2] for item in recording.iterfind(".//tt:SimpleItemDescription", NAMESPACES)
    }
    assert {"RecordingReference", "TrackReference", "RecordingJobReference", "string", "dateTime"} <= types
    assert text(answer, "wsnt:FixedTopicSet") == "true"
