"""Jobs that wait for events: what they hold meanwhile, and what of it is recorded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
from tests.unit.store.house import VIDEO, House, from_receiver, job, picture, waiting_for

from argus.base.access_unit import MediaKind
from argus.base.tokens import RecordingToken, TrackToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.recordings import Job, JobConfiguration, TrackConfiguration

PICTURES_PER_S = 5


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


async def film(house: House, seconds: float, source: str = "main") -> None:
    """Pictures of a source, a key frame at each full second of the clock; the database keeps up."""
    for _ in range(round(seconds * PICTURES_PER_S)):
        house.sources.publish(source, picture(house.clock, key=house.clock.utc_us() % 1_000_000 == 0))
        await house.clock.advance(1 / PICTURES_PER_S)
        await house.database.write([])
        await house.clock.advance(0)


def spans(house: House, recording: RecordingToken) -> list[tuple[float, float, bool]]:
    """Start and end of the video spans, in seconds since the clock of tests began, and whether each grows."""
    found = house.footage.spans(house.video_track_id(recording))
    began_us = 1_767_225_600_000_000
    return [((span.start_us - began_us) / 1e6, (span.end_us - began_us) / 1e6, span.growing) for span in found]


def state(house: House, waiting: Job) -> str:
    return house.jobs.state(waiting.token).state.value


def ring_bell(house: House, on: bool) -> None:
    house.events.set_property("Alarm", source=(), data=(("State", on),))


async def test_a_waiting_job_is_idle_and_records_from_before_the_event_until_after_it(house: House) -> None:
    recording = await house.recording()
    waiting = await house.jobs.create(job(recording, event_filter=waiting_for(before_s=3, after_s=2)))
    async with recording_station(house):
        await film(house, 10)
        assert (state(house, waiting), spans(house, recording)) == ("Idle", [])
        ring_bell(house, True)
        assert state(house, waiting) == "Active"
        # The last picture was at 9.8 s: from the key frame at or before 6.8 s.
        assert spans(house, recording) == [(6.0, 9.8, True)]
        await film(house, 4)
        ring_bell(house, False)
        await film(house, 6)
        assert state(house, waiting) == "Idle"
        ((start, end, growing),) = spans(house, recording)
        assert (start, growing) == (6.0, False)
        # Looked at once a second: not less than asked, and a second more at most.
        assert 15.8 <= end <= 17.0
    assert house.sources.readers == []


async def test_two_events_soon_after_each_other_record_nothing_twice(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, event_filter=waiting_for(before_s=30)))
    async with recording_station(house):
        await film(house, 5)
        ring_bell(house, True)
        await film(house, 3.6)
        ring_bell(house, False)
        await film(house, 3.4)
        ring_bell(house, True)
        await film(house, 1)
        first, second = spans(house, recording)
        assert first[:2] == (0.0, 8.4)
        # What came between is held from the next key frame on.
        assert second[:2] == (9.0, 12.8)


async def test_what_a_lower_job_recorded_meanwhile_is_not_recorded_again(house: House) -> None:
    recording = await house.recording()
    lower = await house.jobs.create(job(recording, priority=0, source="sub"))
    await house.jobs.create(job(recording, priority=5, event_filter=waiting_for(before_s=30)))
    async with recording_station(house):
        for _ in range(4 * PICTURES_PER_S):
            house.sources.publish("sub", picture(house.clock, key=house.clock.utc_us() % 1_000_000 == 0))
            await film(house, 1 / PICTURES_PER_S)
        await house.jobs.set_mode(lower.token, "Idle")
        await film(house, 4)
        ring_bell(house, True)
        await film(house, 1)
        assert [span[:2] for span in spans(house, recording)] == [(0.0, 3.8), (4.0, 8.8)]


async def test_an_event_without_duration_records_what_came_before_it(house: House) -> None:
    recording = await house.recording()
    waiting = await house.jobs.create(job(recording, event_filter=waiting_for(before_s=2)))
    async with recording_station(house):
        await film(house, 5)
        house.events.publish("Alarm")
        assert spans(house, recording) == [(2.0, 4.8, True)]
        await film(house, 2)
        assert state(house, waiting) == "Idle"
        ((_, end, growing),) = spans(house, recording)
        assert (end <= 6.0, growing) == (True, False)


async def test_without_a_time_before_nothing_is_read_until_the_event(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, event_filter=waiting_for(after_s=1)))
    async with recording_station(house):
        await film(house, 3)
        assert (house.sources.readers, house.recorder.claims()) == ([], frozenset())
        ring_bell(house, True)
        await house.clock.advance(0)
        await film(house, 1)
        assert [span[:2] for span in spans(house, recording)] == [(3.0, 3.8)]


async def test_a_longer_time_before_counts_from_then_on(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording, event_filter=waiting_for(before_s=1)))
    async with recording_station(house):
        await film(house, 5)
        await house.jobs.set_configuration(
            created.token, job(recording, event_filter=waiting_for(before_s=10, after_s=1))
        )
        await film(house, 5)
        ring_bell(house, True)
        # At 4.8 s the pictures since 3.0 s were held, and none was given up since.
        assert spans(house, recording) == [(3.0, 9.8, True)]


async def test_a_changed_priority_does_not_end_what_an_event_started(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording, event_filter=waiting_for(after_s=20)))
    async with recording_station(house):
        house.events.publish("Alarm")
        await house.clock.advance(0)
        await film(house, 2)
        await house.jobs.set_configuration(
            created.token, job(recording, priority=9, event_filter=waiting_for(after_s=20))
        )
        await film(house, 2)
        assert spans(house, recording) == [(0.0, 3.8, True)]


async def test_a_clock_set_back_does_not_make_it_hold_more(house: House) -> None:
    recording = await house.recording()
    await house.jobs.create(job(recording, event_filter=waiting_for(before_s=2)))
    async with recording_station(house):
        await film(house, 2)
        house.clock.step(-3_600)
        await film(house, 10)
        ring_bell(house, True)
        assert [span[:2] for span in spans(house, recording)] == [(7.0 + 2 - 3_600, 11.8 - 3_600)]


async def delete_job(house: House, waiting: Job) -> None:
    await house.jobs.delete(waiting.token)


async def delete_recording(house: House, waiting: Job) -> None:
    await house.catalog.delete_recording(waiting.configuration.recording)


async def delete_track(house: House, waiting: Job) -> None:
    await house.catalog.delete_track(waiting.configuration.recording, VIDEO)


async def set_idle(house: House, waiting: Job) -> None:
    await house.jobs.set_mode(waiting.token, "Idle")


async def lose_source(house: House, waiting: Job) -> None:
    house.sources.put("main", SourcePhase.FAILED)


async def forget_events(house: House, waiting: Job) -> None:
    await house.jobs.set_configuration(waiting.token, replace(waiting.configuration, event_filter=waiting_for()))


@pytest.mark.parametrize("end", [delete_job, delete_recording, delete_track, set_idle, lose_source, forget_events])
async def test_nothing_is_held_for_a_job_that_no_longer_waits(
    house: House, end: Callable[[House, Job], Awaitable[None]]
) -> None:
    recording = await house.recording()
    waiting = await house.jobs.create(job(recording, event_filter=waiting_for(before_s=5)))
    async with recording_station(house):
        await film(house, 2)
        assert len(house.recorder.claims()) == len(house.sources.readers) == 1
        await end(house, waiting)
        assert house.recorder.claims() == frozenset()
        await house.clock.advance(0)
        assert house.sources.readers == []
        ring_bell(house, True)
        assert house.footage.tracks() == ()


async def test_a_source_that_connects_during_the_event_is_recorded_from_then_on(house: House) -> None:
    recording = await house.recording()
    waiting = await house.jobs.create(job(recording, event_filter=waiting_for(before_s=5)))
    house.sources.put("main", SourcePhase.CONNECTING)
    async with recording_station(house):
        ring_bell(house, True)
        assert (state(house, waiting), house.recorder.claims()) == ("Idle", frozenset())
        house.sources.put("main", None)
        assert state(house, waiting) == "Active"
        await house.clock.advance(0)
        await film(house, 1)
        assert [span[:2] for span in spans(house, recording)] == [(0.0, 0.8)]


async def test_a_stream_that_breaks_while_it_is_held_is_held_again(house: House) -> None:
    recording = await house.recording()
    waiting = await house.jobs.create(job(recording, event_filter=waiting_for(before_s=30)))
    async with recording_station(house):
        await film(house, 2)
        house.sources.fail("main")
        await house.clock.advance(2)
        await film(house, 2)
        assert state(house, waiting) == "Idle"
        ring_bell(house, True)
        assert [span[:2] for span in spans(house, recording)] == [(0.0, 5.8)]
        assert house.recorder.counters.source_failures == 1


async def test_a_storage_that_refuses_what_was_held_is_told(house: House) -> None:
    recording = await house.recording()
    waiting = await house.jobs.create(job(recording, event_filter=waiting_for(before_s=30)))
    async with recording_station(house):
        await film(house, 2)
        house.footage.full = True
        ring_bell(house, True)
        assert state(house, waiting) == "Error"
        house.footage.full = False
        await film(house, 1)
        assert state(house, waiting) == "Active"
        house.footage.full = True
        await film(house, 1)
        ring_bell(house, False)
        assert state(house, waiting) == "Idle"


async def test_a_waiting_job_wants_its_receiver_until_it_is_deleted(house: House) -> None:
    receiver = await house.receivers.create(house.receiver_at("rtsp://camera/"))
    recording = await house.recording()
    wanted = from_receiver(job(recording, tracks=("VIDEO001",), event_filter=waiting_for(before_s=5)), receiver.token)
    waiting = await house.jobs.create(wanted)
    assert house.receivers.wants_connection(receiver.token)
    heard: list[bool] = []
    house.jobs.observe(lambda: heard.append(house.receivers.wants_connection(receiver.token)))
    await house.jobs.delete(waiting.token)
    assert heard == [False]


async def test_deleting_an_unused_track_does_not_interrupt_the_lines_behind_it(house: House) -> None:
    recording = await house.recording()
    spare = await house.catalog.create_track(recording, TrackConfiguration(kind=MediaKind.AUDIO))
    await house.jobs.create(job(recording, source="main", tracks=(spare, "VIDEO001")))
    async with recording_station(house):
        await film(house, 1.4)
        await house.catalog.delete_track(recording, spare)
        await film(house, 0.2)
        assert spans(house, recording) == [(0.0, 1.4, True)]


async def test_the_lines_of_a_job_may_change_places_without_interruption(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording, source="sound", tracks=("VIDEO001", "AUDIO001")))
    async with recording_station(house):
        await film(house, 1.4, "sound")
        changed: JobConfiguration = job(recording, source="sound", tracks=("AUDIO001", "VIDEO001"))
        await house.jobs.set_configuration(created.token, changed)
        await film(house, 0.2, "sound")
        assert spans(house, recording) == [(0.0, 1.4, True)]
        lines = house.jobs.state(created.token).sources[0].tracks
        assert [(line.destination, line.state.value) for line in lines] == [
            (TrackToken("AUDIO001"), "Active"),
            (TrackToken("VIDEO001"), "Active"),
        ]


async def test_a_recorder_remembers_no_tracks_that_are_gone(house: House) -> None:
    async with recording_station(house):
        for _ in range(3):
            recording = await house.recording()
            await house.jobs.create(job(recording))
            await house.clock.advance(0)
            await film(house, 2)
            await house.catalog.delete_recording(recording)
        await film(house, 1.2)
        assert house.recorder.remembered_tracks == 0
