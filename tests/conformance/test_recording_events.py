"""The events of the recording service: described, told, with the right items and flags."""

from __future__ import annotations

import pytest
from tests.conformance.events import PullPoint
from tests.conformance.marks import RC, proves
from tests.conformance.names import NAMESPACES, one, request, same_content
from tests.conformance.recording import Job, Recording
from tests.conformance.workbench import RECORDING_TOPICS, SOURCE_ID, Device, Workbench

TT, XS = NAMESPACES["tt"], NAMESPACES["xs"]
RECORDING = {"RecordingToken": (TT, "RecordingReference")}
TRACK = {**RECORDING, "TrackToken": (TT, "TrackReference")}
JOB = {"RecordingJobToken": (TT, "RecordingJobReference")}
# Topic: source items, simple data items, element items, feature that makes it mandatory.
TOPICS = {
    "CreateRecording": (RECORDING, {}, {}, "DynamicRecordings"),
    "DeleteRecording": (RECORDING, {}, {}, "DynamicRecordings"),
    "CreateTrack": (TRACK, {}, {}, "DynamicRecordings"),
    "DeleteTrack": (TRACK, {}, {}, "DynamicRecordings"),
    "RecordingConfiguration": (RECORDING, {}, {"Configuration": (TT, "RecordingConfiguration")}, "Recording"),
    "TrackConfiguration": (TRACK, {}, {"Configuration": (TT, "TrackConfiguration")}, "Recording"),
    "RecordingJobConfiguration": (JOB, {}, {"Configuration": (TT, "RecordingJobConfiguration")}, "Recording"),
    "DeleteTrackData": (TRACK, {"StartTime": (XS, "dateTime"), "EndTime": (XS, "dateTime")}, {}, "Recording"),
    "JobState": (JOB, {"State": (XS, "string")}, {"Information": (TT, "RecordingJobStateInformation")}, "Recording"),
}


@proves("RC-46", f"{RC} § Events", "Recording", "Events")
@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_described_as_the_specification_has_it(device: Device, topic: str) -> None:
    source, data, elements, feature = TOPICS[topic]
    device.need(feature)
    described = device.features.topics.get(f"RecordingConfig/{topic}")
    assert described is not None, "the topic is not in the TopicSet"
    assert described.is_property == (topic == "JobState")
    assert dict(described.source) == source
    assert dict(described.data) == data
    assert described.elements.items() <= elements.items()
    assert topic == "JobState" or dict(described.elements) == elements


@proves("RC-03", f"{RC} § Events", "DynamicRecordings")
def test_creating_a_recording_tells_of_it_and_of_each_track(device: Device, bench: Workbench) -> None:
    with device.listen(RECORDING_TOPICS) as events:
        token = bench.recording()
        tracks = set(device.recording.tracks(token))
        events.expect("CreateTrack", count=len(tracks), RecordingToken=token)
        events.drain()
    assert len(events.of("CreateRecording", RecordingToken=token)) == 1
    told = [event.source["TrackToken"] for event in events.of("CreateTrack", RecordingToken=token)]
    assert sorted(told) == sorted(tracks)


@proves("RC-40", f"{RC} § Events", "DynamicRecordings")
def test_deleting_a_recording_tells_of_it_and_of_each_track(device: Device, bench: Workbench) -> None:
    token = bench.recording()
    tracks = set(device.recording.tracks(token))
    with device.listen(RECORDING_TOPICS) as events:
        device.recording.delete(token)
        events.expect("DeleteRecording", RecordingToken=token)
        events.expect("DeleteTrack", count=len(tracks), RecordingToken=token)
        events.drain()
    assert len(events.of("DeleteRecording", RecordingToken=token)) == 1
    told = [event.source["TrackToken"] for event in events.of("DeleteTrack", RecordingToken=token)]
    assert sorted(told) == sorted(tracks)
    assert not events.of("DeleteTrackData", RecordingToken=token), "there was no data to delete"


@proves("RC-40", f"{RC} § Events", "DynamicRecordings", "Search")
def test_deleting_a_recording_tells_of_its_data_and_jobs(device: Device, bench: Workbench) -> None:
    token = bench.recording()
    start_s, end_s = bench.record(token)
    job = bench.job(Job(recording=token, sources=(bench.live_source(token),)))
    with device.listen(RECORDING_TOPICS) as events:
        events.expect("JobState", RecordingJobToken=job)
        device.recording.delete(token)
        events.expect("DeleteTrackData", RecordingToken=token)
        events.wait(
            "the job is deleted", lambda _: events.of("JobState", RecordingJobToken=job)[-1].operation == "Deleted"
        )
    [data] = events.of("DeleteTrackData", RecordingToken=token, TrackToken="VIDEO001") or events.of("DeleteTrackData")
    assert data.data["StartTime"] < data.data["EndTime"]
    assert 0 < start_s < end_s


@proves("RC-09", f"{RC} § Events", "Recording")
def test_a_changed_recording_is_told_as_it_is_read_back(device: Device, recording: str) -> None:
    with device.listen(RECORDING_TOPICS) as events:
        changed = Recording(source_id=f"{SOURCE_ID}told", content="Told 漢字", retention="PT60S")
        device.recording.configure(recording, changed)
        events.expect("RecordingConfiguration", RecordingToken=recording)
        events.drain()
    [event] = events.of("RecordingConfiguration", RecordingToken=recording)
    answer = device.client.call(request("trc:GetRecordingConfiguration", RecordingToken=recording))
    assert same_content(event.elements["Configuration"], one(answer, "trc:RecordingConfiguration"))


@proves("RC-62", f"{RC} § Events", "Recording")
def test_a_changed_track_is_told_with_the_type_it_keeps(device: Device, recording: str) -> None:
    track, kind = next(iter(device.recording.tracks(recording).items()))
    other = "Audio" if kind != "Audio" else "Video"
    with device.listen(RECORDING_TOPICS) as events:
        device.recording.configure_track(recording, track, other, "Told")
        [event] = events.expect("TrackConfiguration", RecordingToken=recording, TrackToken=track)
    answer = device.client.call(request("trc:GetTrackConfiguration", RecordingToken=recording, TrackToken=track))
    assert same_content(event.elements["Configuration"], one(answer, "trc:TrackConfiguration"))


@pytest.fixture
def job(bench: Workbench, recording: str) -> str:
    """An idle job."""
    return bench.job(Job(recording=recording, sources=(bench.source(recording),)))


def changes(events: PullPoint, job: str, state: str = "") -> list[str]:
    told = events.of("JobState", RecordingJobToken=job)
    return [event.operation for event in told if not state or event.data.get("State") == state]


@proves("RC-26", f"{RC} § Events", "Recording")
def test_a_changed_job_is_told_as_it_is_read_back(device: Device, job: str) -> None:
    with device.listen(RECORDING_TOPICS) as events:
        device.recording.configure_job(job, device.recording.job(job).to(priority=8))
        [event] = events.expect("RecordingJobConfiguration", RecordingJobToken=job)
    assert same_content(event.elements["Configuration"], device.recording.job_element(job))


@proves("RC-38", f"{RC} § SetRecordingJobMode", "Recording")
def test_setting_the_mode_tells_the_configuration_and_the_state(device: Device, job: str) -> None:
    with device.listen(RECORDING_TOPICS) as events:
        events.expect("JobState", RecordingJobToken=job)
        for mode, count in (("Active", 1), ("Idle", 2)):
            device.recording.set_mode(job, mode)
            told = events.expect("RecordingJobConfiguration", count=count, RecordingJobToken=job)
            assert same_content(told[-1].elements["Configuration"], device.recording.job_element(job))
            events.wait("the state follows", lambda _, count=count: changes(events, job).count("Changed") >= count)
    assert events.of("JobState", RecordingJobToken=job)[-1].data["State"] == "Idle"


@proves("RC-22", f"{RC} § Events", "Recording")
def test_a_new_job_is_initialized_and_a_deleted_one_deleted(device: Device, bench: Workbench, recording: str) -> None:
    with device.listen("tns1:RecordingConfig/JobState") as events:
        job = bench.job(Job(recording=recording, sources=(bench.source(recording),)))
        events.expect("JobState", RecordingJobToken=job)
        device.recording.delete_job(job)
        events.wait("it is deleted", lambda _: "Deleted" in changes(events, job))
        events.drain()
    assert changes(events, job) == ["Initialized", "Deleted"]


@proves("RC-39", f"{RC} § Events", "Recording")
def test_a_new_pull_point_and_a_synchronization_point_tell_every_job(
    device: Device, bench: Workbench, recording: str, job: str
) -> None:
    jobs = {job, bench.job(Job(recording=recording, sources=(bench.source(recording),)))}
    with device.listen("tns1:RecordingConfig/JobState") as events:
        for _ in range(2):
            events.wait("both", lambda _: jobs <= {event.source["RecordingJobToken"] for event in events.seen})
            mine = [event for event in events.seen if event.source["RecordingJobToken"] in jobs]
            assert {event.operation for event in mine} == {"Initialized"}
            assert len(mine) == len(jobs)
            events.seen.clear()
            events.synchronize()


@proves("RC-70", f"{RC} § Events", "Recording")
def test_a_refused_change_is_not_told(device: Device, recording: str, job: str) -> None:
    with device.listen(RECORDING_TOPICS) as events:
        events.drain()
        events.seen.clear()
        body = device.recording.set_configuration(recording, Recording(retention="-PT1S"))
        device.client.refused(body, "Sender", "InvalidArgVal", "BadConfiguration")
        body = request("trc:SetRecordingJobMode", JobToken=job, Mode="Paused")
        device.client.refused(body, "Sender", "InvalidArgVal", "BadMode")
        events.drain()
    mine = [event for event in events.seen if {recording, job} & set(event.source.values())]
    assert not mine
