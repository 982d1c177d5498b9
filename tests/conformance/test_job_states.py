"""What jobs do: states, priorities, and that Mode is the client's alone."""

from __future__ import annotations

import pytest
from tests.conformance.marks import RC, proves
from tests.conformance.names import request, same_content, text
from tests.conformance.recording import Job, JobState, Source
from tests.conformance.workbench import Device, Workbench, footage, span_s

ACTIVE = ("Active", "PartiallyActive")
JOB_STATE = "tns1:RecordingConfig/JobState"


@pytest.fixture
def source(bench: Workbench, recording: str) -> Source:
    """A media profile that delivers, for the video track alone, so that a job is either Active or Idle."""
    profile = bench.live_source(recording)
    video = next(token for token, kind in bench.device.recording.tracks(recording).items() if kind == "Video")
    return Source(token=profile.token, type=profile.type, tracks=(("", video),))


@pytest.fixture
def wanted(recording: str, source: Source) -> Job:
    return Job(recording=recording, mode="Active", sources=(source,))


def mirrors(state: JobState, job: Job) -> bool:
    """Whether a state has the sources and tracks of the configuration."""
    told = [(source.token, [track[:2] for track in source.tracks]) for source in state.sources]
    return state.recording == job.recording and told == [(s.token, list(s.tracks)) for s in job.sources]


def aggregate(states: list[str]) -> str:
    """The state above these.   Spec: RecordingControl § GetRecordingJobState"""
    if "Error" in states:
        return "Error"
    return states[0] if len(set(states)) == 1 else "PartiallyActive"


@proves("RC-29", f"{RC} § GetRecordingJobState", "Recording")
def test_an_active_job_becomes_active(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted)
    state = bench.wait_for_state(token, *ACTIVE)
    assert [source.state for source in state.sources] == ["Active"]
    assert state.track_states() == ["Active"]
    assert mirrors(state, device.recording.job(token))


@proves("RC-29", f"{RC} § GetRecordingJobState", "Recording")
def test_an_idle_job_tells_its_sources_and_tracks_too(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted.to(mode="Idle"))
    state = device.recording.state(token)
    assert state.state == "Idle"
    assert mirrors(state, device.recording.job(token))
    assert set(state.track_states()) <= {"Idle"}


@proves("RC-35", f"{RC} § GetRecordingJobState", "Recording")
def test_states_add_up_from_tracks_to_sources_to_the_job(device: Device, bench: Workbench, recording: str) -> None:
    token = bench.job(Job(recording=recording, mode="Active", sources=(bench.live_source(recording),)))
    state = bench.wait_for_state(token, *ACTIVE, "Error")
    for source in state.sources:
        if source.tracks:
            assert source.state == aggregate([track[3] for track in source.tracks])
    assert state.state == aggregate([source.state for source in state.sources])
    assert set(state.track_states()) <= {"Active", "Idle", "Error"}, "a track is never PartiallyActive"


@proves("RC-30", f"{RC} § SetRecordingJobMode", "Recording")
def test_a_job_set_idle_stops_recording(device: Device, bench: Workbench, wanted: Job) -> None:
    device.need("Search")
    token = bench.job(wanted)
    bench.wait_for_state(token, *ACTIVE)
    device.eventually("there is footage", lambda: span_s(device, wanted.recording) > 0.5)
    device.recording.set_mode(token, "Idle")
    state = bench.wait_for_state(token, "Idle")
    assert {source.state for source in state.sources} == {"Idle"}

    def stopped() -> bool:
        answer = device.client.call(request("tse:GetRecordingInformation", RecordingToken=wanted.recording))
        return text(answer, "tse:RecordingInformation/tt:RecordingStatus") == "Stopped"

    device.eventually("the recording status is Stopped", stopped)
    end = footage(device, wanted.recording)[1]
    assert not device.recording.state(token).track_states().count("Active")
    assert footage(device, wanted.recording)[1] == end, "something is still recorded"


@proves("RC-30", f"{RC} § SetRecordingJobMode", "Recording")
def test_a_job_can_be_switched_on_and_off_again(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted.to(mode="Idle"))
    for _ in range(2):
        device.recording.set_mode(token, "Active")
        bench.wait_for_state(token, *ACTIVE)
        device.recording.set_mode(token, "Idle")
        bench.wait_for_state(token, "Idle")


@proves("RC-31", f"{RC} § Priority", "Recording")
def test_the_higher_priority_records_and_the_lower_keeps_its_mode(
    device: Device, bench: Workbench, wanted: Job
) -> None:
    low = bench.job(wanted.to(priority=1))
    bench.wait_for_state(low, "Active")
    high = bench.job(wanted.to(priority=2))
    bench.wait_for_state(high, "Active")
    bench.wait_for_state(low, "Idle")
    assert device.recording.job(low) == wanted.to(priority=1), "Mode belongs to the client"


@proves("RC-31", f"{RC} § Priority", "Recording")
@pytest.mark.parametrize("how", ["deleted", "idle", "lowered"])
def test_the_lower_job_resumes_when_the_higher_one_goes(
    device: Device, bench: Workbench, wanted: Job, how: str
) -> None:
    low = bench.job(wanted.to(priority=5))
    before = bench.wait_for_state(low, "Active")
    high = bench.job(wanted.to(priority=9))
    bench.wait_for_state(low, "Idle")
    if how == "deleted":
        device.recording.delete_job(high)
    elif how == "idle":
        device.recording.set_mode(high, "Idle")
    else:
        device.recording.configure_job(high, wanted.to(priority=2))
    after = bench.wait_for_state(low, "Active")
    assert after == before, "exactly the state it had"
    if how == "lowered":
        bench.wait_for_state(high, "Idle")


@proves("RC-31", f"{RC} § Priority", "Recording")
def test_a_raised_priority_takes_over(device: Device, bench: Workbench, wanted: Job) -> None:
    first, second = bench.job(wanted.to(priority=3)), bench.job(wanted.to(priority=2))
    bench.wait_for_state(first, "Active")
    assert device.recording.state(second).state == "Idle"
    device.recording.configure_job(second, wanted.to(priority=4))
    bench.wait_for_state(second, "Active")
    bench.wait_for_state(first, "Idle")


@proves("RC-32", f"{RC} § Priority", "Recording")
def test_among_equals_the_one_activated_last_records(device: Device, bench: Workbench, wanted: Job) -> None:
    first, second = bench.job(wanted), bench.job(wanted)
    bench.wait_for_state(second, "Active")
    bench.wait_for_state(first, "Idle")
    device.recording.set_mode(first, "Idle")
    device.recording.set_mode(first, "Active")
    bench.wait_for_state(first, "Active")
    bench.wait_for_state(second, "Idle")


@proves("RC-32", f"{RC} § Priority", "Recording")
def test_setting_the_mode_it_has_does_not_make_a_job_the_latest(device: Device, bench: Workbench, wanted: Job) -> None:
    first, second = bench.job(wanted), bench.job(wanted)
    bench.wait_for_state(second, "Active")
    device.recording.set_mode(first, "Active")
    states = [device.recording.state(job).state for job in (first, second)]
    assert states == ["Idle", "Active"]


@proves("RC-33", f"{RC} § Annex A", "Recording")
def test_annex_a_leaves_exactly_one_of_two_equals_active(device: Device, bench: Workbench, wanted: Job) -> None:
    first, second = bench.job(wanted.to(mode="Idle")), bench.job(wanted.to(mode="Idle"))
    third = bench.job(wanted.to(mode="Idle", priority=2))
    jobs = (first, second, third)

    def states() -> list[str]:
        return [device.recording.state(job).state for job in jobs if job in device.recording.jobs()]

    device.recording.set_mode(first, "Active")
    device.eventually("only J1 is active", lambda: states() == ["Active", "Idle", "Idle"])
    device.recording.set_mode(second, "Active")
    device.eventually("only J2 is active", lambda: states() == ["Idle", "Active", "Idle"])
    device.recording.set_mode(third, "Active")
    device.eventually("only J3 is active", lambda: states() == ["Idle", "Idle", "Active"])
    assert {device.recording.job(job).mode for job in jobs} == {"Active"}, "the Mode never changes by itself"
    device.recording.delete_job(third)
    device.eventually("one of J1 and J2 is active", lambda: sorted(states()) == ["Active", "Idle"])
    assert {device.recording.job(job).mode for job in (first, second)} == {"Active"}


@proves("RC-34", f"{RC} § Priority", "DynamicRecordings")
def test_priorities_of_two_recordings_do_not_meet(device: Device, bench: Workbench, wanted: Job) -> None:
    other = bench.recording()
    low, high = bench.job(wanted.to(priority=1)), bench.job(wanted.to(recording=other, priority=9))
    bench.wait_for_state(low, "Active")
    bench.wait_for_state(high, "Active")
    assert device.recording.state(low).state == "Active"


@proves("RC-34", f"{RC} § Priority", "DynamicTracks", "Options")
def test_priority_counts_per_track(device: Device, bench: Workbench, wanted: Job) -> None:
    if not (device.recording.options(wanted.recording).tracks or {}).get("Video"):
        pytest.skip("no spare Video track")
    second = device.recording.create_track(wanted.recording, "Video")
    source = wanted.sources[0]
    both = Source(token=source.token, type=source.type, tracks=(*source.tracks, ("", second)))
    low = bench.job(wanted.to(priority=1, sources=(both,)))
    bench.wait_for_state(low, "Active")
    high = bench.job(wanted.to(priority=2))
    bench.wait_for_state(high, "Active")
    state = bench.wait_for_state(low, "PartiallyActive")
    assert state.track_states() == ["Idle", "Active"]
    device.recording.delete_job(high)
    bench.wait_for_state(low, "Active")


@proves("RC-36", f"{RC} § Recording job state events", "Recording")
def test_a_change_of_state_is_told_for_the_winner_and_the_loser(device: Device, bench: Workbench, wanted: Job) -> None:
    low = bench.job(wanted.to(priority=1))
    bench.wait_for_state(low, "Active")
    with device.listen(JOB_STATE) as events:
        events.expect("JobState", RecordingJobToken=low)
        high = bench.job(wanted.to(priority=2))
        events.wait(
            "the winner is active",
            lambda _: states_of(events.of("JobState", RecordingJobToken=high))[-1:] == ["Active"],
        )
        events.wait(
            "the loser is idle", lambda _: states_of(events.of("JobState", RecordingJobToken=low))[-1:] == ["Idle"]
        )
        device.recording.delete_job(high)
        events.wait(
            "the loser is back", lambda _: states_of(events.of("JobState", RecordingJobToken=low))[-1:] == ["Active"]
        )
        gone = events.wait(
            "the winner is deleted", lambda _: events.of("JobState", RecordingJobToken=high)[-1].operation == "Deleted"
        )
    assert gone
    for event in events.of("JobState"):
        if event.operation != "Deleted" and "Information" in event.elements:
            assert event.data["State"] == text(event.elements["Information"], "tt:State")


def states_of(told: list) -> list[str]:
    return [event.data.get("State", "") for event in told]


@proves("RC-39", f"{RC} § Recording job state events", "Recording")
def test_the_information_of_an_event_is_what_get_recording_job_state_says(
    device: Device, bench: Workbench, wanted: Job
) -> None:
    token = bench.job(wanted)
    bench.wait_for_state(token, "Active")
    with device.listen(JOB_STATE) as events:
        [event] = events.expect("JobState", RecordingJobToken=token)
    assert event.operation == "Initialized"
    assert event.data["State"] == "Active"
    if "Information" in event.elements:
        assert same_content(event.elements["Information"], device.recording.state(token).element)


@proves("RC-69", f"{RC} § Persistence and retention", "Search")
def test_old_footage_goes_when_the_retention_time_is_shortened(device: Device, bench: Workbench, wanted: Job) -> None:
    recording = wanted.recording
    old = device.recording.configuration(recording)
    bench.record(recording, 1.0)
    end = footage(device, recording)[1]
    with device.listen("tns1:RecordingConfig/DeleteTrackData") as events:
        device.eventually("the footage is two seconds old", lambda: device.clock_s() - end > 2)
        device.recording.configure(recording, type(old)(**{**fields(old), "retention": "PT1S"}))
        device.eventually("nothing that old is told", lambda: footage(device, recording)[1] == 0.0)
        [told, *_] = events.expect("DeleteTrackData", RecordingToken=recording)
    assert told.data["StartTime"] < told.data["EndTime"]


def fields(value: object) -> dict[str, str]:
    return {name: getattr(value, name) for name in type(value).__dataclass_fields__}  # type: ignore[attr-defined]
