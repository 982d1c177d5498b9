"""Tracks that clients create and delete."""

import pytest
from tests.unit.store.house import VIDEO, House, job

from argus.base.access_unit import Codec, MediaKind, StreamFormat
from argus.base.errors import Conflict, LimitReached, NotFound
from argus.base.tokens import RecordingToken, TrackToken
from argus.base.units import to_datetime
from argus.store.recording.catalog import MAX_TRACKS_OF_A_KIND
from argus.store.recording.recordings import JobMode, TrackConfiguration

H264 = StreamFormat(codec=Codec.H264)
SOUND = TrackConfiguration(kind=MediaKind.AUDIO, description="Gate")


async def test_a_new_track_is_listed_counted_and_kept_over_a_restart(house: House) -> None:
    recording = await house.recording(name="Door")
    spare = house.catalog.spare_tracks(recording)
    house.topics()
    token = await house.catalog.create_track(recording, SOUND)
    assert house.told[0].source == (("RecordingToken", recording), ("TrackToken", token))
    assert house.topics() == ["CreateTrack"]
    assert house.catalog.spare_tracks(recording) == {**spare, MediaKind.AUDIO: spare[MediaKind.AUDIO] - 1}
    before = house.catalog.recordings()
    house.reopen()
    assert house.catalog.recordings() == before
    track = house.catalog.track(recording, token)
    assert (track.configuration, before[0].tracks[-1]) == (SOUND, track)
    assert house.footage.labels[track.track_id].name == "Door"


async def test_there_are_so_many_tracks_of_a_kind_and_no_more(house: House) -> None:
    recording = await house.recording()
    while house.catalog.spare_tracks(recording)[MediaKind.AUDIO]:
        await house.catalog.create_track(recording, SOUND)
    assert len(house.catalog.recording(recording).tracks) == 2 + MAX_TRACKS_OF_A_KIND
    with pytest.raises(LimitReached) as refused:
        await house.catalog.create_track(recording, SOUND)
    assert refused.value.subject == "tracks"
    await house.catalog.create_track(recording, TrackConfiguration(kind=MediaKind.VIDEO))
    with pytest.raises(NotFound):
        await house.catalog.create_track(RecordingToken("nobody"), SOUND)


async def test_a_deleted_track_goes_with_its_footage_its_lines_and_for_ever(house: House) -> None:
    recording = await house.recording()
    token = await house.catalog.create_track(recording, SOUND)
    track_id = house.catalog.track(recording, token).track_id
    created = await house.jobs.create(job(recording, mode=JobMode.IDLE, source="sound", tracks=("VIDEO001", token)))
    house.footage.add(track_id, 1_000_000, 2_000_000, H264)
    house.topics()
    await house.catalog.delete_track(recording, token)
    (deleted,) = [event for event in house.told if event.topic.endswith("DeleteTrackData")]
    assert deleted.source == (("RecordingToken", recording), ("TrackToken", token))
    assert deleted.data == (("StartTime", to_datetime(1_000_000)), ("EndTime", to_datetime(2_000_000)))
    assert house.topics() == ["RecordingJobConfiguration", "JobState Changed", "DeleteTrackData", "DeleteTrack"]
    for _ in range(2):
        assert house.footage.tracks() == ()
        assert [track.token for track in house.catalog.recording(recording).tracks] == [
            "VIDEO001",
            "AUDIO001",
            "META001",
        ]
        (source,) = house.jobs.job(created.token).configuration.sources
        assert [line.destination for line in source.tracks] == ["VIDEO001"]
        with pytest.raises(NotFound):
            house.catalog.track(recording, token)
        house.footage.add(track_id, 1_000_000, 2_000_000, H264)  # a card that was out comes back
        house.reopen()


async def test_an_empty_track_is_deleted_without_telling_of_data(house: House) -> None:
    recording = await house.recording()
    house.topics()
    await house.catalog.delete_track(recording, TrackToken("META001"))
    assert house.topics() == ["DeleteTrack"]


async def test_a_track_that_is_recorded_to_stays(house: House) -> None:
    recording = await house.recording()
    created = await house.jobs.create(job(recording))
    before = house.catalog.recordings()
    house.topics()
    with pytest.raises(Conflict) as refused:
        await house.catalog.delete_track(recording, VIDEO)
    assert (refused.value.subject, house.catalog.recordings(), house.topics()) == ("track", before, [])
    await house.jobs.set_mode(created.token, "Idle")
    await house.catalog.delete_track(recording, VIDEO)


async def test_an_unknown_recording_comes_before_an_unknown_track(house: House) -> None:
    recording = await house.recording()
    for token, subject in ((RecordingToken("nobody"), "recording"), (recording, "track")):
        with pytest.raises(NotFound) as missing:
            await house.catalog.delete_track(token, TrackToken("T9"))
        assert missing.value.subject == subject


async def test_a_created_track_never_gets_an_id_that_was_used_before(house: House) -> None:
    recording = await house.recording()
    used = set()
    for _ in range(5):
        token = await house.catalog.create_track(recording, SOUND)
        track_id = house.catalog.track(recording, token).track_id
        assert track_id not in used
        used.add(track_id)
        await house.catalog.delete_track(recording, token)
        house.reopen()
