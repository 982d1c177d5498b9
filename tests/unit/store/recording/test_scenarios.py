"""What the specification tells in stories, and what conformance tools expect of receivers."""

from dataclasses import replace

from tests.unit.store.house import House, from_receiver, job, waiting_for

from argus.base.access_unit import MediaKind
from argus.base.tokens import ReceiverToken, RecordingJobToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.receiver import ReceiverMode
from argus.store.recording.recordings import Job, JobMode, TrackConfiguration


def states(house: House) -> list[str]:
    return [house.jobs.state(known.token).state.value for known in house.jobs.jobs()]


def source_of(known: Job) -> ReceiverToken:
    return ReceiverToken(known.configuration.sources[0].token)


async def test_annex_a_step_by_step(house: House) -> None:
    """RecordingControl 19.06 Annex A: three jobs, one track."""
    recording = await house.recording()
    first = await house.jobs.create(job(recording, mode=JobMode.IDLE, priority=1, source="main", tracks=("VIDEO001",)))
    second = await house.jobs.create(job(recording, mode=JobMode.IDLE, priority=1, source="sub", tracks=("VIDEO001",)))
    third = await house.jobs.create(job(recording, mode=JobMode.IDLE, priority=2, source="main", tracks=("VIDEO001",)))
    assert states(house) == ["Idle", "Idle", "Idle"]
    # 1. The first is activated and records.
    await house.jobs.set_mode(first.token, "Active")
    assert states(house) == ["Active", "Idle", "Idle"]
    # 2. The second, of equal priority, is activated later and takes over; only the state of the first changes.
    house.topics()
    await house.jobs.set_mode(second.token, "Active")
    assert house.topics() == ["RecordingJobConfiguration", "JobState Changed", "JobState Changed"]
    assert states(house) == ["Idle", "Active", "Idle"]
    # 3. The third has a higher priority.
    await house.jobs.set_mode(third.token, "Active")
    assert states(house) == ["Idle", "Idle", "Active"]
    assert {known.configuration.mode for known in house.jobs.jobs()} == {JobMode.ACTIVE}
    # 4. The third is deleted: of the two that remain the one activated the latest records.
    earlier = house.jobs.state(second.token)
    await house.jobs.delete(third.token)
    assert states(house) == ["Idle", "Active"]
    assert earlier != house.jobs.state(second.token)
    # 5. That one is switched off, and the first is where it was.
    await house.jobs.set_mode(second.token, "Idle")
    assert states(house) == ["Active", "Idle"]


async def test_deleting_the_higher_job_returns_the_lower_to_exactly_its_earlier_state(house: House) -> None:
    recording = await house.recording()
    lower = await house.jobs.create(job(recording, source="sound"))
    earlier = house.jobs.state(lower.token)
    higher = await house.jobs.create(job(recording, source="main", priority=2))
    assert house.jobs.state(lower.token) != earlier
    house.topics()
    await house.jobs.delete(higher.token)
    assert house.jobs.state(lower.token) == earlier
    assert house.topics() == ["JobState Changed", "JobState Deleted"]


async def test_a_receiver_that_never_connects_leaves_its_job_idle(house: House) -> None:
    receiver = await house.receivers.create(house.receiver_at("rtsp://camera/", ReceiverMode.NEVER_CONNECT))
    house.cameras.put(receiver.token, SourcePhase.OFF)
    recording = await house.recording()
    created = await house.jobs.create(from_receiver(job(recording, tracks=("VIDEO001",)), receiver.token))
    tree = house.jobs.state(created.token)
    assert (tree.state.value, tree.sources[0].state.value, tree.sources[0].tracks[0].error) == ("Idle", "Idle", "")
    assert not house.receivers.wants_connection(receiver.token)


async def test_toggling_a_job_whose_receiver_was_never_configured_is_told_each_time(house: House) -> None:
    recording = await house.recording()
    wanted = from_receiver(job(recording, mode=JobMode.IDLE, tracks=("VIDEO001",)))
    created = await house.jobs.create(wanted)
    house.topics()
    await house.jobs.set_mode(created.token, "Active")
    assert house.topics() == ["RecordingJobConfiguration", "JobState Changed"]
    line = house.jobs.state(created.token).sources[0].tracks[0]
    assert (line.state.value, line.error) == ("Error", "No media URI is configured")
    await house.jobs.set_mode(created.token, "Idle")
    assert house.topics() == ["RecordingJobConfiguration", "JobState Changed"]
    assert states(house) == ["Idle"]


async def test_a_job_of_a_receiver_goes_through_connecting_delivering_and_failing(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(from_receiver(job(recording, tracks=("VIDEO001", "AUDIO001"))))
    camera = source_of(created)
    await house.receivers.configure(camera, house.receiver_at("rtsp://camera/"))
    assert house.receivers.wants_connection(camera)
    house.cameras.put(camera, SourcePhase.CONNECTING)
    assert states(house) == ["Idle"]
    house.cameras.add(camera, frozenset({MediaKind.VIDEO}))
    house.cameras.put(camera, None)
    assert states(house) == ["PartiallyActive"]
    # Within the grace it is still delivering, whatever its address is now.
    await house.receivers.configure(camera, house.receiver_at("rtsp://other/", ReceiverMode.ALWAYS_CONNECT))
    assert states(house) == ["PartiallyActive"]
    house.cameras.put(camera, SourcePhase.FAILED, "It does not answer")
    assert states(house) == ["Error"]
    assert house.jobs.state(created.token).sources[0].tracks[0].error == "It does not answer"
    assert house.jobs.job(created.token).configuration.mode is JobMode.ACTIVE


async def test_a_receiver_made_for_a_job_stays_as_long_as_another_job_uses_it(house: House) -> None:
    first, second = await house.recording(), await house.recording()
    owner = await house.jobs.create(from_receiver(job(first, tracks=("VIDEO001",))))
    camera = source_of(owner)
    sharing = await house.jobs.create(from_receiver(job(second, tracks=("VIDEO001",)), camera))
    await house.jobs.delete(owner.token)
    assert house.receivers.exists(camera)
    house.reopen()
    assert house.receivers.receiver(camera).auto_created
    await house.jobs.set_configuration(sharing.token, job(second))
    assert not house.receivers.exists(camera)
    house.reopen()
    assert house.receivers.all() == ()


async def test_deleting_a_recording_deletes_the_receivers_of_its_jobs_and_no_others(house: House) -> None:
    manual = await house.receivers.create(house.receiver_at("rtsp://camera/"))
    recording = await house.recording()
    await house.jobs.create(from_receiver(job(recording, tracks=("VIDEO001",))))
    await house.jobs.create(from_receiver(job(recording, tracks=("VIDEO001",)), manual.token))
    await house.catalog.delete_recording(recording)
    assert house.receivers.all() == (manual,)


async def test_a_schedule_and_an_event_are_both_needed(house: House) -> None:
    recording = await house.recording()
    lower = await house.jobs.create(job(recording, priority=0))
    await house.jobs.create(job(recording, priority=9, schedule="night", event_filter=waiting_for()))
    house.schedules.put("night", True)
    assert states(house) == ["Active", "Idle"]
    house.events.set_property("Alarm", source=(), data=(("State", True),))
    assert states(house) == ["Idle", "Active"]
    for active in (False, None):
        house.schedules.put("night", active)
        assert states(house) == ["Active", "Idle"]
        house.schedules.put("night", True)
        assert states(house) == ["Idle", "Active"]
    house.events.delete_property("Alarm", source=())
    assert states(house) == ["Active", "Idle"]
    assert {claim.job for claim in house.jobs.recorded_claims()} == {lower.token}


async def test_a_job_can_be_set_as_it_was_got_after_its_only_track_was_deleted(house: House) -> None:
    recording = await house.recording()
    spare = await house.catalog.create_track(recording, TrackConfiguration(kind=MediaKind.VIDEO))
    created = await house.jobs.create(job(recording, mode=JobMode.IDLE, tracks=(spare,)))
    await house.catalog.delete_track(recording, spare)
    got = house.jobs.job(created.token).configuration
    used = await house.jobs.set_configuration(created.token, replace(got, priority=3))
    assert used == replace(got, priority=3)
    assert used.sources[0].tracks == ()


async def test_observers_find_the_state_of_a_new_job_before_it_is_told(house: House) -> None:
    recording = await house.recording()
    found: list[str] = []
    house.jobs.observe(lambda: found.extend(states(house)))
    created = await house.jobs.create(job(recording))
    assert found == ["Active"]
    assert RecordingJobToken(created.token) in [known.token for known in house.jobs.jobs()]
