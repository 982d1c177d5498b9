"""Jobs that follow a schedule."""

from __future__ import annotations

import datetime

import pytest
from tests.conformance.client import Refused
from tests.conformance.marks import RC, proves
from tests.conformance.recording import Job, Source
from tests.conformance.requests import NONE
from tests.conformance.schedule import ALWAYS, SCHEDULE, Schedule, calendar, weekly
from tests.conformance.workbench import Device, Workbench

ACTIVE = ("Active", "PartiallyActive")
NEEDS = ("ScheduledRecording", "Schedule")


def never(device: Device) -> str:
    """A calendar that is not active today or tomorrow, in whatever time zone the device is."""
    day = datetime.datetime.fromtimestamp(device.clock_s(), datetime.UTC).date() + datetime.timedelta(days=3)
    return calendar(weekly("000000", "000001", ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][day.weekday()]))


@pytest.fixture
def wanted(device: Device, bench: Workbench, recording: str) -> Job:
    """An active job for the video track alone, so that it is either Active or Idle."""
    live = bench.live_source(recording)
    video = next(token for token, kind in device.recording.tracks(recording).items() if kind == "Video")
    source = Source(token=live.token, type=live.type, tracks=(("", video),))
    return Job(recording=recording, mode="Active", sources=(source,))


def stays_idle(device: Device, job: str) -> None:
    """Assert that the job is idle; a job that would start has started within the time of a few requests."""
    for _ in range(20):
        assert device.recording.state(job).state == "Idle"


@proves("RC-44", f"{RC} § Schedule", *NEEDS)
def test_a_job_records_while_its_schedule_is_active(device: Device, bench: Workbench, wanted: Job) -> None:
    schedule = bench.schedule(Schedule(standard=ALWAYS))
    token = bench.job(wanted.to(schedule=schedule))
    assert device.recording.job(token).schedule == schedule
    assert device.recording.jobs()[token].schedule == schedule
    bench.wait_for_state(token, *ACTIVE)


@proves("RC-44", f"{RC} § Schedule", *NEEDS)
def test_a_job_is_idle_while_its_schedule_is_not_active(device: Device, bench: Workbench, wanted: Job) -> None:
    schedule = bench.schedule(Schedule(standard=never(device)))
    token = bench.job(wanted.to(schedule=schedule))
    stays_idle(device, token)
    assert device.recording.job(token).mode == "Active", "Mode belongs to the client"


@proves("RC-44", f"{RC} § Schedule", *NEEDS)
def test_an_idle_job_stays_idle_whatever_its_schedule_says(device: Device, bench: Workbench, wanted: Job) -> None:
    schedule = bench.schedule(Schedule(standard=ALWAYS))
    stays_idle(device, bench.job(wanted.to(schedule=schedule, mode="Idle")))


@proves("RC-44", f"{RC} § Schedule", *NEEDS)
def test_a_modified_schedule_acts_at_once(device: Device, bench: Workbench, wanted: Job) -> None:
    schedule = bench.schedule(Schedule(standard=ALWAYS))
    token = bench.job(wanted.to(schedule=schedule))
    bench.wait_for_state(token, *ACTIVE)
    device.schedules.modify(Schedule(token=schedule, standard=never(device)))
    bench.wait_for_state(token, "Idle")
    device.schedules.modify(Schedule(token=schedule, standard=ALWAYS))
    bench.wait_for_state(token, *ACTIVE)


@proves("RC-44", f"{RC} § SetRecordingJobConfiguration", *NEEDS)
def test_a_schedule_that_is_put_on_and_off_acts_at_once(device: Device, bench: Workbench, wanted: Job) -> None:
    token = bench.job(wanted)
    bench.wait_for_state(token, *ACTIVE)
    schedule = bench.schedule(Schedule(standard=never(device)))
    device.recording.configure_job(token, wanted.to(schedule=schedule))
    bench.wait_for_state(token, "Idle")
    assert device.recording.configure_job(token, wanted).schedule is None
    bench.wait_for_state(token, *ACTIVE)


@proves("RC-44", f"{RC} § Schedule", *NEEDS)
def test_a_lower_job_records_while_the_schedule_of_the_higher_is_not_active(
    device: Device, bench: Workbench, wanted: Job
) -> None:
    schedule = bench.schedule(Schedule(standard=never(device)))
    low = bench.job(wanted.to(priority=1))
    high = bench.job(wanted.to(priority=2, schedule=schedule))
    bench.wait_for_state(low, *ACTIVE)
    device.schedules.modify(Schedule(token=schedule, standard=ALWAYS))
    bench.wait_for_state(high, *ACTIVE)
    bench.wait_for_state(low, "Idle")
    device.schedules.modify(Schedule(token=schedule, standard=never(device)))
    bench.wait_for_state(low, *ACTIVE)


@proves("RC-45", f"{RC} § CreateRecordingJob", "Recording")
def test_a_job_of_a_schedule_that_does_not_exist_never_records(device: Device, bench: Workbench, wanted: Job) -> None:
    codes: tuple[str, ...] = ()
    try:
        token, _ = device.recording.create_job(wanted.to(schedule=NONE))
        stays_idle(device, bench.keep(device.recording.delete_job, token))
    except Refused as refusal:
        codes = refusal.codes
    assert codes in ((), ("Sender", "InvalidArgVal", "BadConfiguration"))


@proves("RC-44", f"{RC} § Schedule", *NEEDS)
def test_a_schedule_that_a_job_uses_is_kept_or_stops_it(device: Device, bench: Workbench, wanted: Job) -> None:
    schedule = bench.schedule(Schedule(standard=ALWAYS))
    token = bench.job(wanted.to(schedule=schedule))
    bench.wait_for_state(token, *ACTIVE)
    device.client.refused(SCHEDULE.delete(schedule), "Sender", "InvalidArgVal", "ReferenceInUse")
    if schedule in device.schedules.tokens(SCHEDULE):
        device.recording.delete_job(token)
        device.schedules.delete(SCHEDULE, schedule)
        assert schedule not in device.schedules.tokens(SCHEDULE)
    else:
        bench.wait_for_state(token, "Idle")
