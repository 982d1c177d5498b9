"""The recorder follows the jobs and shows what keeps it from recording."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.unit.store.house import House, job, picture

from argus.base.access_unit import AccessUnit, Codec
from argus.base.tokens import RecordingToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.recordings import JobMode, JobState, JobStateTrack


@asynccontextmanager
async def recording_station(house: House) -> AsyncIterator[None]:
    task = asyncio.ensure_future(house.recorder.run())
    await house.clock.advance(0)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def deliver(house: House, unit: AccessUnit, source: str = "main") -> None:
    house.sources.publish(source, unit)
    await house.clock.advance(0.04)


async def seconds(house: House, count: int) -> None:
    """Let seconds pass, and the database's thread finish what falls into each."""
    for _ in range(count):
        await house.clock.advance(1)
        await house.database.write([])
        await house.clock.advance(0)


def line(house: House, number: int = 0) -> JobStateTrack:
    return house.jobs.state(house.jobs.jobs()[number].token).sources[0].tracks[0]


def spans(house: House, recording: RecordingToken) -> list[tuple[int, bool]]:
    """Lengths in microseconds of the video spans, and whether each grows."""
    found = house.footage.spans(house.video_track_id(recording))
    return [(span.end_us - span.start_us, span.growing) for span in found]


async def test_units_go_from_the_key_frame_on_to_the_track_and_beat_the_heart(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock, key=False))
        assert house.heartbeat.beats == 0
        await deliver(house, picture(house.clock))
        await deliver(house, picture(house.clock, key=False))
        assert spans(house, recording) == [(40_000, True)]
        assert house.heartbeat.beats == house.recorder.counters.recorded_units == 2
        assert house.recorder.counters.recorded_bytes == 10
        assert house.recorder.counters.lost_units == 1
        await seconds(house, 1)
        assert house.catalog.recording(recording).recorded
    assert spans(house, recording) == [(40_000, False)]
    assert house.sources.readers == []


async def test_an_idle_job_ends_its_span_in_the_same_turn_and_records_nothing_more(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        reader = house.sources.readers[0]
        house.jobs.observe(lambda: reader.units.put_nowait(picture(house.clock)))
        await house.jobs.set_mode(created.token, "Idle")
        assert spans(house, recording) == [(0, False)]
        await house.clock.advance(1)
        assert spans(house, recording) == [(0, False)]
        assert house.recorder.claims() == frozenset()
        await house.jobs.set_mode(created.token, "Active")
        await house.clock.advance(1)
        await deliver(house, picture(house.clock))
        assert spans(house, recording) == [(0, False), (0, True)]


async def test_the_higher_job_takes_the_track_over_without_a_mixture(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, source="main", priority=1))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        await house.jobs.create(job(recording, source="sub", priority=2))
        await house.clock.advance(0)
        await deliver(house, picture(house.clock), source="main")
        assert spans(house, recording) == [(0, False)]
        await deliver(house, picture(house.clock), source="sub")
        assert spans(house, recording) == [(0, False), (0, True)]
        assert [reader.token for reader in house.sources.readers] == ["sub"]


async def test_a_changed_priority_does_not_interrupt_the_recording(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        await house.jobs.set_configuration(created.token, job(recording, priority=5))
        await deliver(house, picture(house.clock, key=False))
        assert spans(house, recording) == [(40_000, True)]


async def test_another_codec_than_the_track_holds_is_an_incompatible_stream(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        await deliver(house, picture(house.clock, codec=Codec.H265))
        assert (line(house).state, line(house).error) == (JobState.ERROR, "Incompatible Stream")
        assert spans(house, recording) == [(0, False)]
        assert house.recorder.counters.incompatible_units == 1
    house.reopen()
    async with recording_station(house):
        await deliver(house, picture(house.clock, codec=Codec.H265))
        assert line(house).error == "Incompatible Stream"
        await deliver(house, picture(house.clock, codec=Codec.H264))
        assert line(house).state is JobState.ACTIVE
        assert spans(house, recording) == [(0, False), (0, True)]


async def test_another_resolution_is_not_an_incompatible_stream(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock, width=640))
        await deliver(house, picture(house.clock, width=1920))
        assert line(house).state is JobState.ACTIVE
        assert spans(house, recording) == [(40_000, True)]


async def test_full_storage_is_an_error_until_a_key_frame_is_stored_again(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        house.footage.full = True
        await deliver(house, picture(house.clock, key=False))
        assert (line(house).state, line(house).error) == (JobState.ERROR, "The storage does not take data")
        house.footage.full = False
        await deliver(house, picture(house.clock, key=False))
        assert line(house).state is JobState.ERROR
        await deliver(house, picture(house.clock))
        assert line(house).state is JobState.ACTIVE
        assert spans(house, recording) == [(0, False), (0, True)]
        assert house.recorder.counters.lost_units == 2


async def test_failed_storage_is_an_error_at_once_and_what_its_queue_takes_is_not_lost(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        house.told.clear()
        house.storage_takes_data = False
        await seconds(house, 1)
        assert (line(house).state, line(house).error) == (JobState.ERROR, "The storage does not take data")
        assert house.jobs.job(created.token).configuration.mode is JobMode.ACTIVE
        for _ in range(30):
            await deliver(house, picture(house.clock, key=False))
        assert line(house).state is JobState.ERROR
        house.storage_takes_data = True
        await seconds(house, 1)
        assert line(house).state is JobState.ACTIVE
        assert house.recorder.counters.lost_units == 0
        assert [growing for _, growing in spans(house, recording)] == [True]
        assert [dict(event.data)["State"] for event in house.told if event.topic.endswith("/JobState")] == [
            "Error",
            "Active",
        ]


async def test_a_job_that_starts_while_the_storage_is_away_is_in_error_and_records_when_it_is_back(
    house: House,
) -> None:
    house.storage_takes_data, house.footage.full = False, True
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await seconds(house, 1)
        assert line(house).error == "The storage does not take data"
        await deliver(house, picture(house.clock))
        house.storage_takes_data, house.footage.full = True, False
        await seconds(house, 1)
        assert line(house).state is JobState.ERROR, "nothing was stored yet"
        await deliver(house, picture(house.clock))
        assert line(house).state is JobState.ACTIVE
        assert house.recorder.counters.lost_units == 1


async def test_a_stream_that_ends_is_opened_again(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        house.sources.fail("main")
        await house.clock.advance(0.1)
        assert line(house).error == "The source is not available"
        assert house.sources.readers == []
        await house.clock.advance(1.1)
        await deliver(house, picture(house.clock))
        assert line(house).state is JobState.ACTIVE
        assert spans(house, recording) == [(0, False), (0, True)]
        assert house.recorder.counters.source_failures == 1


async def test_a_source_that_fails_ends_the_span_and_comes_back_by_itself(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        house.sources.put("main", SourcePhase.FAILED, "The camera is gone")
        assert (line(house).state, line(house).error) == (JobState.ERROR, "The camera is gone")
        assert spans(house, recording) == [(0, False)]
        house.sources.put("main", None)
        await seconds(house, 1)
        await deliver(house, picture(house.clock))
        assert line(house).state is JobState.ACTIVE
        assert len(spans(house, recording)) == 2


async def test_deleting_the_recording_stops_it_before_the_ring_forgets(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        house.sources.readers[0].units.put_nowait(picture(house.clock))
        await house.catalog.delete_recording(recording)
        await house.clock.advance(1)
        assert house.footage.tracks() == ()


async def test_active_jobs_record_again_after_a_restart_without_a_client(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording))
    house.reopen()
    async with recording_station(house):
        await deliver(house, picture(house.clock))
        assert spans(house, recording) == [(0, True)]
