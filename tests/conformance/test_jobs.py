"""Recording jobs as configuration: create, configure, list, delete, and what is refused."""

from __future__ import annotations

import pytest
from tests.conformance.marks import RC, proves
from tests.conformance.names import child, one, request
from tests.conformance.recording import PROFILE_SOURCE, RECEIVER_SOURCE, Job, Source, create_job, set_job
from tests.conformance.requests import NONE
from tests.conformance.workbench import Device, Workbench

NO_RECORDING = ("Sender", "InvalidArgVal", "NoRecording")
NO_JOB = ("Sender", "InvalidArgVal", "NoRecordingJob")
BAD_CONFIGURATION = ("Sender", "InvalidArgVal", "BadConfiguration")
INVALID_ARGS = ("Sender", "InvalidArgs")
UNKNOWN = '<x:Later xmlns:x="urn:conformance:later"><x:Inner>1</x:Inner></x:Later>'


def video_of(device: Device, recording: str) -> str:
    return next(token for token, kind in device.recording.tracks(recording).items() if kind == "Video")


@pytest.fixture
def wanted(device: Device, bench: Workbench, recording: str) -> Job:
    """An idle job with one mapping, that the device can accept."""
    source = bench.source(recording)
    mapped = Source(token=source.token, type=source.type, tracks=(("", video_of(device, recording)),))
    return Job(recording=recording, sources=(mapped,))


@proves("RC-25", f"{RC} § CreateRecordingJob", "Recording")
def test_a_new_job_is_answered_and_listed_as_asked(device: Device, bench: Workbench, wanted: Job) -> None:
    before = device.recording.jobs()
    token, used = device.recording.create_job(wanted)
    bench.keep(device.recording.delete_job, token)
    after = device.recording.jobs()
    assert token not in before
    assert used == wanted
    assert after == {**before, token: wanted}
    assert device.recording.job(token) == wanted


@proves("RC-25", f"{RC} § CreateRecordingJob", "Recording")
def test_a_refusal_to_create_receivers_is_accepted_beside_a_token(
    device: Device, bench: Workbench, wanted: Job
) -> None:
    source = wanted.sources[0]
    declined = Source(token=source.token, type=source.type, auto_create=False, tracks=source.tracks)
    token, used = device.recording.create_job(wanted.to(sources=(declined,)))
    bench.keep(device.recording.delete_job, token)
    assert used == wanted, "AutoCreateReceiver is never answered"
    assert device.recording.jobs()[token] == wanted


@proves("RC-23", f"{RC} § CreateRecordingJob", "Recording")
def test_a_job_without_tracks_gets_them_assigned(device: Device, bench: Workbench, wanted: Job) -> None:
    plain = Source(token=wanted.sources[0].token, type=wanted.sources[0].type)
    token, used = device.recording.create_job(wanted.to(sources=(plain,)))
    bench.keep(device.recording.delete_job, token)
    assert device.recording.job(token) == used
    destinations = {destination for _, destination in used.sources[0].tracks}
    assert destinations <= set(device.recording.tracks(wanted.recording))
    assert used.sources[0].token == plain.token


@proves("RC-54", f"{RC} § CreateRecordingJob", "Recording")
def test_elements_of_later_releases_are_ignored_in_a_job(device: Device, bench: Workbench, wanted: Job) -> None:
    token, used = device.recording.create_job(wanted, UNKNOWN)
    bench.keep(device.recording.delete_job, token)
    assert used == wanted


@proves("RC-17", f"{RC} § CreateRecordingJob", "Recording")
def test_a_job_of_an_unknown_recording_is_refused(device: Device, wanted: Job) -> None:
    device.client.refused(create_job(wanted.to(recording=NONE)), *NO_RECORDING)


# Each a change to a job that would be accepted, and whether the schema itself forbids it.
BAD_JOBS = {
    "mode in lower case": {"mode": "active"},
    "unknown mode": {"mode": "Paused"},
    "empty mode": {"mode": ""},
    "negative priority": {"priority": -1},
    "no source token and no receiver to create": {"sources": (Source(),)},
    "no source token and a receiver refused": {"sources": (Source(auto_create=False),)},
    "empty source token": {"sources": (Source(token=""),)},
    "unknown profile": {"sources": (Source(token=NONE, type=PROFILE_SOURCE),)},
    "unknown receiver": {"sources": (Source(token=NONE, type=RECEIVER_SOURCE),)},
    "unknown type of source": {"sources": (Source(token=NONE, type="urn:conformance:type"),)},
}


@proves("RC-17", f"{RC} § CreateRecordingJob", "Recording")
@pytest.mark.parametrize("case", BAD_JOBS)
def test_an_impossible_job_is_not_created(device: Device, wanted: Job, case: str) -> None:
    before = device.recording.jobs()
    device.client.refused(create_job(wanted.to(**BAD_JOBS[case])), *BAD_CONFIGURATION)
    assert device.recording.jobs() == before


@proves("RC-27", f"{RC} § SetRecordingJobConfiguration", "Recording")
@pytest.mark.parametrize("case", BAD_JOBS)
def test_an_impossible_configuration_leaves_the_old_one(
    device: Device, bench: Workbench, wanted: Job, case: str
) -> None:
    token = bench.job(wanted)
    device.client.refused(set_job(token, wanted.to(**BAD_JOBS[case])), *BAD_CONFIGURATION)
    assert device.recording.job(token) == wanted


def remapped(job: Job, *tracks: tuple[str, str]) -> Job:
    source = job.sources[0]
    return job.to(sources=(Source(token=source.token, type=source.type, tracks=tracks),))


@proves("RC-18", f"{RC} § CreateRecordingJob", "Recording")
def test_a_destination_that_is_no_track_of_the_recording_is_refused(device: Device, wanted: Job) -> None:
    device.client.refused(create_job(remapped(wanted, ("", NONE))), *BAD_CONFIGURATION)


@proves("RC-18", f"{RC} § CreateRecordingJob", "DynamicTracks", "DynamicRecordings")
def test_a_track_that_only_another_recording_has_is_refused(device: Device, bench: Workbench, wanted: Job) -> None:
    other = bench.recording()
    mine = set(device.recording.tracks(wanted.recording))
    foreign = device.recording.create_track(other, "Metadata")
    if foreign in mine:
        pytest.skip("the new track has a token that the other recording has, too")
    device.client.refused(create_job(remapped(wanted, ("", foreign))), *BAD_CONFIGURATION)


@proves("RC-18", f"{RC} § CreateRecordingJob", "Recording")
def test_two_mappings_to_one_destination_are_refused(device: Device, wanted: Job) -> None:
    [(tag, destination)] = wanted.sources[0].tracks
    device.client.refused(create_job(remapped(wanted, (tag, destination), ("x", destination))), *BAD_CONFIGURATION)


@proves("RC-64", f"{RC} § CreateRecordingJob", "Recording")
def test_a_priority_that_is_no_number_is_refused(device: Device, wanted: Job) -> None:
    body = create_job(wanted).replace("<tt:Priority>1<", "<tt:Priority>high<")
    device.client.refused(body, *INVALID_ARGS, also=[BAD_CONFIGURATION], malformed=True)


@proves("RC-64", f"{RC} § CreateRecordingJob", "Recording")
def test_a_job_without_its_configuration_is_refused(device: Device) -> None:
    device.client.refused("<trc:CreateRecordingJob/>", *INVALID_ARGS, malformed=True)


@proves("RC-25", f"{RC} § CreateRecordingJob", "Recording")
@pytest.mark.parametrize("priority", [0, 1, 100, 2**31 - 1])
def test_a_priority_comes_back_as_it_went_in(device: Device, bench: Workbench, wanted: Job, priority: int) -> None:
    assert device.recording.job(bench.job(wanted.to(priority=priority))).priority == priority


@proves("RC-42", f"{RC} § GetRecordingOptions", "Options")
def test_spare_jobs_follow_creation_and_deletion(device: Device, wanted: Job) -> None:
    def spare() -> int:
        return device.recording.options(wanted.recording).spare_jobs

    before = spare()
    assert before >= 2, "the priority tests of Profile G need room for two jobs"
    token, _ = device.recording.create_job(wanted)
    try:
        assert spare() == before - 1
    finally:
        device.recording.delete_job(token)
    assert spare() == before


@proves("RC-42", f"{RC} § CreateRecordingJob", "Options")
def test_no_more_jobs_than_spare_can_be_created(device: Device, bench: Workbench, wanted: Job) -> None:
    spare = device.recording.options(wanted.recording).spare_jobs
    if spare > 128 and not device.target.destructive:
        pytest.skip(f"{spare} jobs would have to be created; done with --destructive")
    for _ in range(spare):
        bench.job(wanted)
    job = one(device.client.call(request("trc:GetRecordingOptions", RecordingToken=wanted.recording)), ".//trc:Job")
    assert job.get("Spare") in (None, "0")
    count = len(device.recording.jobs())
    device.client.refused(create_job(wanted), "Receiver", "Action", "MaxRecordingJobs")
    assert len(device.recording.jobs()) == count


@proves("RC-43", f"{RC} § GetRecordingOptions", "Options", "Profiles")
def test_compatible_sources_are_media_profiles(device: Device, recording: str) -> None:
    compatible = device.recording.options(recording).compatible_sources
    assert compatible, "a device with media profiles tells which it can record"
    assert set(compatible) <= set(device.features.profiles)


@proves("RC-43", f"{RC} § GetRecordingOptions", "Options", "Profiles")
def test_every_compatible_source_can_be_recorded(device: Device, bench: Workbench, recording: str) -> None:
    for profile in device.recording.options(recording).compatible_sources:
        token = bench.job(Job(recording=recording, sources=(Source(token=profile, type=PROFILE_SOURCE),)))
        assert device.recording.job(token).sources[0].token == profile


@proves("RC-26", f"{RC} § SetRecordingJobConfiguration", "Recording")
def test_a_job_configuration_is_replaced_as_a_whole(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted)
    changed = wanted.to(priority=7)
    assert device.recording.configure_job(token, changed) == changed
    assert device.recording.job(token) == changed
    assert device.recording.jobs()[token] == changed


@proves("RC-26", f"{RC} § SetRecordingJobConfiguration", "DynamicRecordings")
def test_a_job_cannot_move_to_another_recording(device: Device, bench: Workbench, wanted: Job) -> None:
    token, other = bench.job(wanted), bench.recording()
    device.client.refused(set_job(token, wanted.to(recording=other)), *BAD_CONFIGURATION)
    assert device.recording.job(token) == wanted


@proves("RC-26", f"{RC} § SetRecordingJobConfiguration", "Recording")
def test_a_job_cannot_move_to_an_unknown_recording(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted)
    device.client.refused(set_job(token, wanted.to(recording=NONE)), *BAD_CONFIGURATION, also=[NO_RECORDING])
    assert device.recording.job(token) == wanted


@proves("RC-28", f"{RC} § SetRecordingJobMode", "Recording")
@pytest.mark.parametrize("mode", ["Paused", "idle", "ACTIVE", "", " Active"])
def test_a_mode_that_does_not_exist_is_a_bad_mode(device: Device, bench: Workbench, wanted: Job, mode: str) -> None:
    token = bench.job(wanted)
    body = request("trc:SetRecordingJobMode", JobToken=token, Mode=mode)
    device.client.refused(body, "Sender", "InvalidArgVal", "BadMode")
    assert device.recording.job(token).mode == "Idle"


@proves("RC-28", f"{RC} § Fault codes", "Recording")
@pytest.mark.parametrize("operation", ["GetRecordingJobConfiguration", "GetRecordingJobState", "DeleteRecordingJob"])
def test_an_unknown_job_is_no_recording_job(device: Device, operation: str) -> None:
    device.client.refused(request(f"trc:{operation}", JobToken=NONE), *NO_JOB)


@proves("RC-28", f"{RC} § SetRecordingJobMode", "Recording")
def test_the_mode_of_an_unknown_job_cannot_be_set(device: Device) -> None:
    device.client.refused(request("trc:SetRecordingJobMode", JobToken=NONE, Mode="Active"), *NO_JOB)


@proves("RC-28", f"{RC} § SetRecordingJobConfiguration", "Recording")
def test_an_unknown_job_cannot_be_configured(device: Device, wanted: Job) -> None:
    device.client.refused(set_job(NONE, wanted), *NO_JOB)


@proves("RC-28", f"{RC} § SetRecordingJobMode", "Recording")
def test_a_mode_that_is_set_is_the_configuration(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted)
    for mode in ("Active", "Idle"):
        device.recording.set_mode(token, mode)
        assert device.recording.job(token) == wanted.to(mode=mode)
        assert device.recording.jobs()[token].mode == mode


@proves("RC-65", f"{RC} § DeleteRecordingJob", "Recording")
def test_a_deleted_job_is_gone(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted)
    device.recording.delete_job(token)
    assert token not in device.recording.jobs()
    for operation in ("GetRecordingJobConfiguration", "GetRecordingJobState", "DeleteRecordingJob"):
        device.client.refused(request(f"trc:{operation}", JobToken=token), *NO_JOB)
    assert wanted.recording in device.recording.recordings(), "what it recorded stays"


@proves("RC-40", f"{RC} § DeleteRecording", "DynamicRecordings")
def test_with_a_recording_go_its_jobs(device: Device, bench: Workbench, wanted: Job) -> None:
    tokens = {bench.job(wanted), bench.job(wanted)}
    device.recording.delete(wanted.recording)
    assert not tokens & set(device.recording.jobs())


@proves("RC-66", f"{RC} § CreateRecordingJob", "Recording")
def test_a_source_of_an_empty_token_counts_as_none(device: Device, bench: Workbench, wanted: Job) -> None:
    device.need("Receiver")
    asked = Source(token="", type=RECEIVER_SOURCE, auto_create=True)
    token, used = device.recording.create_job(wanted.to(sources=(asked,)))
    bench.keep(device.recording.delete_job, token)
    assert used.sources[0].token
    assert used.sources[0].token in device.receivers.all()


@proves("RC-67", f"{RC} § GetRecordingJobs", "Recording")
def test_no_listed_job_asks_for_receivers(device: Device) -> None:
    asked = [token for token, job in device.recording.jobs().items() for s in job.sources if s.auto_create is not None]
    assert not asked


@proves("RC-68", f"{RC} § CreateRecordingJob", "Recording")
def test_a_schedule_is_an_attribute_of_the_job(device: Device, bench: Workbench, wanted: Job) -> None:
    if not device.features.flag("trc", "ScheduledRecording"):
        pytest.skip("the device does not state ScheduledRecording")
    token = bench.job(wanted.to(schedule=NONE))
    assert device.recording.job_element(token).get("ScheduleToken") == NONE
    assert device.recording.configure_job(token, wanted).schedule is None
    assert child("tt:ScheduleToken", NONE) not in wanted.xml()
