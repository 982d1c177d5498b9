"""Jobs that record around events; a feature of releases after 19.06.   Spec: RecordingControl 22.12"""

from __future__ import annotations

import pytest
from tests.conformance.durations import seconds
from tests.conformance.marks import RC, proves
from tests.conformance.names import one, request, text
from tests.conformance.recording import Job, Source, create_job
from tests.conformance.workbench import Device, Workbench

TOPIC = "tns1:RecordingConfig/CreateRecording"


def event_filter(before: str = "PT2S", after: str = "PT3S", topic: str = TOPIC) -> str:
    filters = f"<tt:Filter><tt:Topic>{topic}</tt:Topic></tt:Filter>"
    return f"<tt:EventFilter>{filters}<tt:Before>{before}</tt:Before><tt:After>{after}</tt:After></tt:EventFilter>"


@pytest.fixture
def wanted(device: Device, bench: Workbench, recording: str) -> Job:
    live = bench.live_source(recording)
    video = next(token for token, kind in device.recording.tracks(recording).items() if kind == "Video")
    source = Source(token=live.token, type=live.type, tracks=(("", video),))
    return Job(recording=recording, mode="Active", sources=(source,))


@proves("RC-56", f"{RC} § Event recording", "EventRecording")
def test_an_event_filter_comes_back_as_it_went_in(device: Device, bench: Workbench, wanted: Job) -> None:
    answer = device.client.call(create_job(wanted, event_filter()))
    token = bench.keep(device.recording.delete_job, text(answer, "trc:JobToken"))
    read = device.client.call(request("trc:GetRecordingJobConfiguration", JobToken=token))
    for told in (one(answer, "trc:JobConfiguration"), one(read, "trc:JobConfiguration")):
        assert text(told, "tt:EventFilter/tt:Filter/tt:Topic") == TOPIC
        assert seconds(text(told, "tt:EventFilter/tt:Before")) == 2
        assert seconds(text(told, "tt:EventFilter/tt:After")) == 3


@proves("RC-56", f"{RC} § Event recording", "EventRecording")
def test_more_time_around_an_event_than_stated_is_refused(device: Device, wanted: Job) -> None:
    for name, option in (("BeforeEventLimit", "before"), ("AfterEventLimit", "after")):
        limit_s = int(seconds(device.features.attribute("trc", name)))
        body = create_job(wanted, event_filter(**{option: f"PT{limit_s + 1}S"}))
        device.client.refused(body, "Sender", "InvalidArgVal", "BadConfiguration")


@proves("RC-56", f"{RC} § Event recording", "EventRecording")
def test_without_an_event_the_job_does_not_record(device: Device, bench: Workbench, wanted: Job) -> None:
    quiet = event_filter(topic="tns1:RecordingConfig/DeleteTrackData")
    answer = device.client.call(create_job(wanted, quiet))
    token = bench.keep(device.recording.delete_job, text(answer, "trc:JobToken"))
    for _ in range(20):
        assert device.recording.state(token).state == "Idle"


@proves("RC-56", f"{RC} § Event recording", "EventRecording", "DynamicRecordings")
def test_an_event_starts_the_job_and_the_time_after_it_ends_it(device: Device, bench: Workbench, wanted: Job) -> None:
    follows = event_filter(before="PT0S", after="PT1S")
    answer = device.client.call(create_job(wanted, follows))
    token = bench.keep(device.recording.delete_job, text(answer, "trc:JobToken"))
    bench.wait_for_state(token, "Idle")
    bench.recording()
    bench.wait_for_state(token, "Active", "PartiallyActive")
    bench.wait_for_state(token, "Idle")
