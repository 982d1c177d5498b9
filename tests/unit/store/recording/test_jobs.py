"""Recording jobs: validation, priorities, states and events."""

from dataclasses import replace

import pytest
from tests.unit.store.house import House, job

from argus.base.access_unit import MediaKind
from argus.base.errors import InvalidValue, LimitReached, NotFound
from argus.base.tokens import RecordingJobToken, RecordingToken, TrackToken
from argus.store.recording.recordings import (
    RECEIVER_SOURCE,
    JobConfiguration,
    JobMode,
    JobSource,
    JobState,
    JobTrack,
    job_mode,
)

NOBODY = RecordingJobToken("nobody")
IDLE, ACTIVE = JobState.IDLE, JobState.ACTIVE


def states(house: House) -> list[str]:
    return [house.jobs.state(known.token).state.value for known in house.jobs.jobs()]


async def test_a_job_without_tracks_gets_those_its_source_can_fill(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording, source="main"))
    assert [track.destination for track in created.configuration.sources[0].tracks] == ["VIDEO001"]
    state = house.jobs.state(created.token)
    assert (state.state, state.sources[0].state) == (ACTIVE, ACTIVE)
    sound = await house.jobs.create(job(await house.recording(), source="sound"))
    assert [track.destination for track in sound.configuration.sources[0].tracks] == [
        "VIDEO001",
        "AUDIO001",
        "META001",
    ]


async def test_the_configuration_in_use_is_returned_stored_and_kept_over_a_restart(house: House) -> None:
    recording = await house.recording()
    wanted = job(recording, mode=JobMode.IDLE, priority=7, tracks=("VIDEO001", "AUDIO001"), schedule="night")
    wanted = replace(wanted, sources=(replace(wanted.sources[0], auto_create_receiver=True),))
    created = await house.jobs.create(wanted)
    in_use = replace(wanted, sources=(replace(wanted.sources[0], auto_create_receiver=False),))
    assert created.configuration == in_use
    house.reopen()
    assert house.jobs.jobs() == (created,)
    assert house.jobs.job(created.token) == created


def bad_configurations(recording: RecordingToken) -> dict[str, JobConfiguration]:
    fine = job(recording)
    source = fine.sources[0]
    twice = (JobTrack(destination=TrackToken("VIDEO001")),) * 2
    return {
        "negative priority": job(recording, priority=-1),
        "priority beyond xs:int": job(recording, priority=2**31),
        "foreign destination": job(recording, tracks=("T9",)),
        "one destination twice": replace(fine, sources=(replace(source, tracks=twice),)),
        "one destination from two sources": replace(fine, sources=(replace(source, tracks=twice[:1]),) * 2),
        "no free track": replace(fine, sources=(source, source)),
        "unknown profile": job(recording, source="nobody"),
        "no token": job(recording, source=""),
        "automatic receiver of another type": replace(
            fine, sources=(replace(source, token="", auto_create_receiver=True),)
        ),
        "neither receiver nor a wish for one": replace(fine, sources=(JobSource(token="", type=RECEIVER_SOURCE),)),
        "unknown receiver": replace(fine, sources=(JobSource(token="main", type=RECEIVER_SOURCE),)),
        "unknown type": replace(fine, sources=(replace(source, type="urn:x"),)),
        "too many sources": replace(fine, sources=(source,) * 17),
        "endless schedule token": job(recording, schedule="s" * 65),
        "endless source tag": replace(
            fine,
            sources=(replace(source, tracks=(JobTrack(source_tag="t" * 257, destination=TrackToken("VIDEO001")),)),),
        ),
    }


@pytest.mark.parametrize("reason", sorted(bad_configurations(RecordingToken("r"))))
async def test_a_bad_configuration_is_refused_and_changes_nothing(house: House, reason: str) -> None:
    recording = await house.recording()
    bad = bad_configurations(recording)[reason]
    with pytest.raises(InvalidValue) as refused:
        await house.jobs.create(bad)
    assert refused.value.subject == "job configuration"
    created = await house.jobs.create(job(recording))
    house.told.clear()
    with pytest.raises(InvalidValue):
        await house.jobs.set_configuration(created.token, bad)
    assert house.jobs.jobs() == (created,)
    assert house.told == []


async def test_unknown_recordings_and_jobs_are_not_found(house: House) -> None:
    with pytest.raises(NotFound) as missing:
        await house.jobs.create(job(RecordingToken("nobody")))
    assert missing.value.subject == "recording"
    configuration = job(await house.recording())
    for change in (
        house.jobs.delete(NOBODY),
        house.jobs.set_configuration(NOBODY, configuration),
        house.jobs.set_mode(NOBODY, "Paused"),
    ):
        with pytest.raises(NotFound) as missing:
            await change
        assert missing.value.subject == "recording job"
    with pytest.raises(NotFound):
        house.jobs.state(NOBODY)


async def test_modes_are_two_words_in_one_spelling(house: House) -> None:
    created = await house.jobs.create(job(await house.recording()))
    for word in ("active", "Paused", "", " Active"):
        with pytest.raises(InvalidValue) as refused:
            await house.jobs.set_mode(created.token, word)
        assert refused.value.subject == "job mode"
        with pytest.raises(InvalidValue) as refused:
            job_mode(word)
        assert refused.value.subject == "job configuration"


async def test_options_tell_how_many_jobs_can_be_created(house: House) -> None:
    recording = await house.recording()
    for spare in range(house.max_jobs, 0, -1):
        assert house.jobs.options(recording).spare_jobs == spare
        await house.jobs.create(job(recording))
    assert house.jobs.options(recording).spare_jobs == 0
    with pytest.raises(LimitReached) as refused:
        await house.jobs.create(job(recording))
    assert refused.value.subject == "recording jobs"
    await house.jobs.delete(house.jobs.jobs()[0].token)
    assert house.jobs.options(recording).spare_jobs == 1
    assert house.jobs.options(recording).compatible_sources == ("main", "sub", "sound")
    with pytest.raises(NotFound):
        house.jobs.options(RecordingToken("nobody"))


async def test_a_job_cannot_move_to_another_recording(house: House) -> None:
    created = await house.jobs.create(job(await house.recording()))
    with pytest.raises(InvalidValue):
        await house.jobs.set_configuration(created.token, job(await house.recording()))
    assert house.jobs.job(created.token) == created


async def test_the_life_of_a_job_in_events(house: House) -> None:
    recording = await house.recording()
    house.topics()
    created = await house.jobs.create(job(recording, mode=JobMode.IDLE))
    assert house.topics() == ["JobState Initialized"]
    await house.jobs.set_mode(created.token, "Active")
    assert house.told[0].data == (("Configuration", house.jobs.job(created.token).configuration),)
    assert house.topics() == ["RecordingJobConfiguration", "JobState Changed"]
    await house.jobs.set_mode(created.token, "Active")
    assert house.topics() == []
    await house.jobs.set_configuration(created.token, job(recording, priority=9))
    assert house.topics() == ["RecordingJobConfiguration"]
    (alive,) = house.events.properties()
    assert alive.data == (("State", "Active"), ("Information", house.jobs.state(created.token)))
    await house.jobs.delete(created.token)
    assert house.topics() == ["JobState Deleted"]


async def test_after_a_restart_every_job_is_told_initialized_and_active_ones_are_active(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, mode=JobMode.IDLE))
    await house.jobs.create(job(recording))
    house.reopen()
    assert house.topics() == ["JobState Initialized", "JobState Initialized"]
    assert states(house) == ["Idle", "Active"]


async def test_annex_a_the_higher_job_takes_over_and_the_latest_of_the_equals_comes_back(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, priority=1))
    assert states(house) == ["Active"]
    await house.jobs.create(job(recording, priority=1))
    assert states(house) == ["Idle", "Active"]
    third = await house.jobs.create(job(recording, priority=2))
    assert states(house) == ["Idle", "Idle", "Active"]
    assert {known.configuration.mode for known in house.jobs.jobs()} == {JobMode.ACTIVE}
    house.topics()
    await house.jobs.delete(third.token)
    assert states(house) == ["Idle", "Active"]
    assert house.topics() == ["JobState Changed", "JobState Deleted"]


async def test_the_order_of_activation_survives_changes_and_restarts(house: House) -> None:
    recording = await house.recording()
    first = await house.jobs.create(job(recording))
    second = await house.jobs.create(job(recording, mode=JobMode.IDLE))
    await house.jobs.set_mode(second.token, "Active")
    await house.jobs.set_configuration(first.token, job(recording, tracks=("VIDEO001", "AUDIO001")))
    house.reopen()
    assert states(house) == ["Idle", "Active"]
    await house.jobs.set_mode(first.token, "Idle")
    await house.jobs.set_mode(first.token, "Active")
    assert states(house)[1] == "Idle"


async def test_jobs_share_a_recording_track_by_track(house: House) -> None:
    recording = await house.recording()
    low = await house.jobs.create(job(recording, source="sound", priority=1))
    high = await house.jobs.create(job(recording, source="main", priority=2))
    assert states(house) == ["PartiallyActive", "Active"]
    tracks = house.jobs.state(low.token).sources[0].tracks
    assert [(track.destination, track.state) for track in tracks] == [
        ("VIDEO001", IDLE),
        ("AUDIO001", ACTIVE),
        ("META001", ACTIVE),
    ]
    await house.jobs.set_mode(high.token, "Idle")
    assert states(house) == ["Active", "Idle"]


async def test_a_kind_the_source_lacks_stays_idle_and_leaves_its_track_to_others(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, source="sound", priority=1, tracks=("AUDIO001",)))
    await house.jobs.create(job(recording, source="main", priority=9, tracks=("VIDEO001", "AUDIO001")))
    assert states(house) == ["Active", "PartiallyActive"]


async def test_a_job_with_a_schedule_never_records_while_no_schedule_exists(house: House) -> None:
    recording = await house.recording()
    lower = await house.jobs.create(job(recording, priority=0))
    await house.jobs.create(job(recording, priority=5, schedule="office hours"))
    assert states(house) == ["Active", "Idle"]
    assert {claim.job for claim in house.jobs.recorded_claims()} == {lower.token}


async def test_a_source_that_ceased_to_exist_is_an_error_and_the_lower_job_takes_over(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, source="sub", priority=1))
    higher = await house.jobs.create(job(recording, source="main", priority=2))
    house.sources.remove("main")
    assert states(house) == ["Active", "Error"]
    assert house.jobs.state(higher.token).sources[0].tracks[0].error == "The source does not exist"
    house.sources.add("main", frozenset({MediaKind.VIDEO}))
    assert states(house) == ["Idle", "Active"]


async def test_what_the_recorder_reports_shows_until_it_is_over(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording))
    (claim,) = house.jobs.recorded_claims()
    house.topics()
    house.jobs.report(claim, "Incompatible Stream")
    house.jobs.report(claim, "Incompatible Stream")
    assert house.topics() == ["JobState Changed"]
    assert states(house) == ["Error"]
    assert not house.jobs.is_recording(recording)
    house.jobs.report(claim, "")
    assert states(house) == ["Active"]
    assert house.jobs.is_recording(recording)
    await house.jobs.delete(created.token)
    house.jobs.report(claim, "too late")
    assert states(house) == []


async def test_observers_hear_of_every_change_with_the_owners_as_they_are_then(house: House) -> None:
    recording = await house.recording()
    heard: list[int] = []
    house.jobs.observe(lambda: heard.append(len(house.jobs.recorded_claims())))
    created = await house.jobs.create(job(recording, mode=JobMode.IDLE))
    await house.jobs.set_mode(created.token, "Active")
    await house.jobs.set_configuration(created.token, job(recording, priority=3))
    await house.catalog.delete_recording(recording)
    assert heard == [0, 1, 1, 0]


async def test_who_stops_a_recording_is_answered_when_its_end_is_visible(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording))
    await house.jobs.set_configuration(created.token, job(recording, priority=2))
    assert house.footage.flushes == 0
    await house.jobs.set_mode(created.token, "Idle")
    assert house.footage.flushes == 1
    house.footage.full = True
    await house.jobs.set_mode(created.token, "Active")
    await house.jobs.delete(created.token)
    assert house.footage.flushes == 2
    assert house.jobs.jobs() == ()
