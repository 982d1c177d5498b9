"""Recordings and tracks: rules, durability, events."""

import asyncio
import sqlite3

import pytest
from tests.unit.store.house import VIDEO, House, job

from argus.base.access_unit import Codec, MediaKind, StreamFormat
from argus.base.errors import InvalidValue, LimitReached, NotFound, Unavailable
from argus.base.events import Change
from argus.base.tokens import RecordingToken, TrackToken
from argus.base.units import to_datetime
from argus.store.recording.recording_rules import MAX_TEXT_LENGTH
from argus.store.recording.recordings import RecordingConfiguration, SourceInformation, TrackConfiguration

H264 = StreamFormat(codec=Codec.H264)
NOBODY = RecordingToken("nobody")


async def test_a_new_recording_has_the_three_implicit_tracks_and_tells_of_each(house: House) -> None:
    token = await house.recording(name="Door")
    tracks = house.catalog.recording(token).tracks
    assert [(track.token, track.configuration) for track in tracks] == [
        ("VIDEO001", TrackConfiguration(kind=MediaKind.VIDEO)),
        ("AUDIO001", TrackConfiguration(kind=MediaKind.AUDIO)),
        ("META001", TrackConfiguration(kind=MediaKind.METADATA)),
    ]
    assert [(event.topic, event.source, event.change) for event in house.told] == [
        ("RecordingConfig/CreateRecording", (("RecordingToken", token),), None),
        *(
            ("RecordingConfig/CreateTrack", (("RecordingToken", token), ("TrackToken", track.token)), None)
            for track in tracks
        ),
    ]


async def test_a_recording_survives_a_restart_field_by_field(house: House) -> None:
    source = SourceInformation(
        source_id="http://s/ä", name=" Door ", location="Hall", description="d", address="http://a"
    )
    configuration = RecordingConfiguration(source=source, content="🎥", maximum_retention_us=60_000_000)
    token = await house.catalog.create_recording(configuration)
    await house.catalog.set_track_configuration(
        token, VIDEO, TrackConfiguration(kind=MediaKind.AUDIO, description="from the door")
    )
    before = house.catalog.recordings()
    house.reopen()
    assert house.catalog.recordings() == before
    assert house.catalog.recording(token).configuration == configuration
    assert house.told == []


async def test_recordings_are_limited_and_a_refused_one_leaves_nothing(house: House) -> None:
    for _ in range(house.max_recordings):
        await house.recording()
    house.told.clear()
    with pytest.raises(LimitReached) as refused:
        await house.recording()
    assert refused.value.subject == "recordings"
    assert len(house.catalog.recordings()) == house.max_recordings
    assert house.told == []


async def test_long_descriptions_are_cut_and_names_and_addresses_are_not(house: House) -> None:
    token = await house.recording(
        source_id="s" * 128, name="n" * 64, location="l" * 5000, description="d" * 5000, address="a" * 128
    )
    source = house.catalog.recording(token).configuration.source
    assert (source.source_id, source.name, source.address) == ("s" * 128, "n" * 64, "a" * 128)
    assert source.location == "l" * MAX_TEXT_LENGTH
    assert source.description == "d" * MAX_TEXT_LENGTH


@pytest.mark.parametrize(
    "configuration",
    [
        RecordingConfiguration(source=SourceInformation(name="n" * 65)),
        RecordingConfiguration(source=SourceInformation(source_id="s" * 1025)),
        RecordingConfiguration(source=SourceInformation(address="a" * 1025)),
        RecordingConfiguration(maximum_retention_us=-1),
        RecordingConfiguration(maximum_retention_us=1 << 63),
    ],
)
async def test_a_configuration_that_breaks_a_rule_is_refused(
    house: House, configuration: RecordingConfiguration
) -> None:
    with pytest.raises(InvalidValue) as refused:
        await house.catalog.create_recording(configuration)
    assert refused.value.subject == "recording configuration"
    token = await house.recording(name="Door")
    with pytest.raises(InvalidValue):
        await house.catalog.set_recording_configuration(token, configuration)
    assert house.catalog.recording(token).configuration.source.name == "Door"


async def test_a_changed_configuration_is_told_once_and_an_equal_one_never(house: House) -> None:
    token = await house.recording(name="Door")
    house.told.clear()
    changed = RecordingConfiguration(source=SourceInformation(name="Gate"), content="cars")
    await house.catalog.set_recording_configuration(token, changed)
    await house.catalog.set_recording_configuration(token, changed)
    assert [(event.topic, event.source, event.data, event.change) for event in house.told] == [
        (
            "RecordingConfig/RecordingConfiguration",
            (("RecordingToken", token),),
            (("Configuration", changed),),
            None,
        )
    ]


async def test_a_changed_retention_reaches_the_ring_at_once_and_after_a_restart(house: House) -> None:
    token = await house.recording()
    await house.catalog.set_recording_configuration(token, RecordingConfiguration(maximum_retention_us=20_000_000))
    ids = [track.track_id for track in house.catalog.recording(token).tracks]
    assert house.footage.retentions == dict.fromkeys(ids, 20_000_000)
    house.footage.retentions.clear()
    house.reopen()
    assert house.footage.retentions == dict.fromkeys(ids, 20_000_000)


async def test_the_kind_of_a_track_cannot_be_changed_and_its_description_can(house: House) -> None:
    token = await house.recording()
    house.told.clear()
    await house.catalog.set_track_configuration(
        token, VIDEO, TrackConfiguration(kind=MediaKind.METADATA, description="door")
    )
    resulting = TrackConfiguration(kind=MediaKind.VIDEO, description="door")
    assert house.catalog.track(token, VIDEO).configuration == resulting
    (event,) = house.told
    assert event.topic == "RecordingConfig/TrackConfiguration"
    assert event.data == (("Configuration", resulting),)


async def test_an_unknown_recording_beats_an_unknown_track(house: House) -> None:
    token = await house.recording()
    with pytest.raises(NotFound) as missing:
        house.catalog.track(NOBODY, TrackToken("nothing"))
    assert missing.value.subject == "recording"
    with pytest.raises(NotFound) as missing:
        house.catalog.track(token, TrackToken("nothing"))
    assert missing.value.subject == "track"
    with pytest.raises(NotFound):
        await house.catalog.delete_recording(NOBODY)


async def test_deleting_a_recording_takes_jobs_tracks_and_footage_with_it(house: House) -> None:
    token, other = await house.recording(), await house.recording()
    created = await house.jobs.create(job(token))
    track_id = house.video_track_id(token)
    house.footage.add(track_id, 1_000_000, 2_000_000, H264)
    house.topics()
    await house.catalog.delete_recording(token)
    assert [(event.topic.rpartition("/")[2], event.change) for event in house.told] == [
        ("JobState", Change.DELETED),
        ("DeleteTrackData", None),
        ("DeleteTrack", None),
        ("DeleteTrack", None),
        ("DeleteTrack", None),
        ("DeleteRecording", None),
    ]
    assert house.told[1].data == (("StartTime", to_datetime(1_000_000)), ("EndTime", to_datetime(2_000_000)))
    assert house.footage.spans(track_id) == ()
    for _ in range(2):
        assert [recording.token for recording in house.catalog.recordings()] == [other]
        with pytest.raises(NotFound):
            house.jobs.job(created.token)
        house.reopen()


async def test_a_late_deletion_notice_still_names_the_deleted_track(house: House) -> None:
    token = await house.recording()
    track_id = house.video_track_id(token)
    await house.catalog.delete_recording(token)
    house.told.clear()
    house.catalog.announce_deleted(track_id, 5, 6)
    house.catalog.announce_deleted(999_999, 5, 6)
    (event,) = house.told
    assert event.source == (("RecordingToken", token), ("TrackToken", VIDEO))


async def test_track_ids_are_never_used_twice(house: House) -> None:
    first = await house.recording()
    ids = {track.track_id for track in house.catalog.recording(first).tracks}
    await house.catalog.delete_recording(first)
    house.reopen()
    second = await house.recording()
    assert ids.isdisjoint(track.track_id for track in house.catalog.recording(second).tracks)


async def test_an_empty_catalog_neither_deletes_nor_adopts_the_media_it_finds(house: House) -> None:
    house.footage.add(1, 1_000_000, 2_000_000, H264)
    house.footage.add(7, 1_000_000, 2_000_000, H264)
    house.reopen()
    token = await house.recording()
    assert house.footage.tracks() == (1, 7)
    assert {1, 7}.isdisjoint(track.track_id for track in house.catalog.recording(token).tracks)


async def test_a_deletion_cut_short_by_a_power_cut_is_finished_at_the_next_start(house: House) -> None:
    token = await house.recording()
    track_id = house.video_track_id(token)
    await house.catalog.delete_recording(token)
    house.footage.add(track_id, 1_000_000, 2_000_000, H264)  # the ring had not noted it yet
    house.reopen()
    assert house.footage.tracks() == ()


async def test_a_track_that_was_deleted_while_its_card_was_out_is_forgotten_years_later(house: House) -> None:
    token = await house.recording()
    track_id = house.video_track_id(token)
    await house.catalog.delete_recording(token)
    house.reopen()
    house.reopen()
    house.footage.add(track_id, 1_000_000, 2_000_000, H264)
    house.reopen()
    assert house.footage.tracks() == ()


async def test_a_disk_that_refuses_leaves_everything_as_it_was(house: House) -> None:
    token = await house.recording(name="Door")
    house.told.clear()
    lock = sqlite3.connect(house.path, timeout=0)
    house.database.read("PRAGMA busy_timeout = 0")
    lock.execute("BEGIN IMMEDIATE")
    for change in (
        house.recording(name="Gate"),
        house.catalog.delete_recording(token),
        house.catalog.set_recording_configuration(token, RecordingConfiguration(content="x")),
        house.jobs.create(job(token)),
    ):
        with pytest.raises(Unavailable):
            await change
    lock.rollback()
    lock.close()
    assert [known.configuration.source.name for known in house.catalog.recordings()] == ["Door"]
    assert house.jobs.jobs() == ()
    assert house.told == []


async def test_a_cancelled_caller_finds_the_change_done(house: House) -> None:
    task = asyncio.ensure_future(house.recording(name="Door"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    before = house.catalog.recordings()
    assert len(before) == 1
    house.reopen()
    assert house.catalog.recordings() == before


async def test_that_it_has_recorded_is_remembered(house: House) -> None:
    token = await house.recording()
    await house.catalog.mark_recorded(token)
    await house.catalog.mark_recorded(token)
    await house.catalog.mark_recorded(NOBODY)
    house.reopen()
    assert house.catalog.recording(token).recorded
