"""What search tells about recordings follows the spans and the jobs."""

import pytest
from tests.unit.store.house import VIDEO, House, job

from argus.base.access_unit import Codec, MediaKind, StreamFormat
from argus.base.errors import NotFound
from argus.base.tokens import RecordingToken, TrackToken
from argus.store.recording.recordings import (
    RecordingConfiguration,
    RecordingStatus,
    RecordingSummary,
    TrackConfiguration,
)

H264 = StreamFormat(codec=Codec.H264, width=640)
WIDE = StreamFormat(codec=Codec.H264, width=1920)
PCMU = StreamFormat(codec=Codec.PCMU, clock_hz=8000)
NOBODY = RecordingToken("nobody")


async def test_a_recording_without_data_has_neither_times_nor_tracks(house: House) -> None:
    token = await house.recording(name="Door")
    information = house.timeline.information(token)
    assert (information.earliest_us, information.latest_us, information.tracks) == (None, None, ())
    assert information.source == house.catalog.recording(token).configuration.source
    assert information.status is RecordingStatus.INITIATED


async def test_times_of_a_recording_span_its_tracks_and_empty_tracks_are_left_out(house: House) -> None:
    token = await house.recording()
    await house.catalog.set_track_configuration(
        token, VIDEO, TrackConfiguration(kind=MediaKind.VIDEO, description="lens")
    )
    video, audio, _ = (track.track_id for track in house.catalog.recording(token).tracks)
    house.footage.add(video, 100, 200, H264)
    house.footage.add(video, 300, 400, H264)
    house.footage.add(audio, 150, 450, PCMU)
    information = house.timeline.information(token)
    assert (information.earliest_us, information.latest_us) == (100, 450)
    assert [(track.token, track.description, track.data_from_us, track.data_to_us) for track in information.tracks] == [
        ("VIDEO001", "lens", 100, 400),
        ("AUDIO001", "", 150, 450),
    ]


async def test_the_status_goes_from_initiated_over_recording_to_stopped_and_stays_there(house: House) -> None:
    token = await house.recording()
    created = await house.jobs.create(job(token))
    assert house.timeline.information(token).status is RecordingStatus.RECORDING
    house.footage.add(house.video_track_id(token), 100, 200, H264)
    await house.catalog.mark_recorded(token)
    await house.jobs.set_mode(created.token, "Idle")
    assert house.timeline.information(token).status is RecordingStatus.STOPPED
    house.footage.forget(house.video_track_id(token))  # retention took everything
    house.reopen()
    assert house.timeline.information(token).status is RecordingStatus.STOPPED


async def test_the_summary_covers_all_recordings_and_is_now_where_there_is_no_data(house: House) -> None:
    now_us = house.clock.utc_us()
    assert house.timeline.summary() == RecordingSummary(data_from_us=now_us, data_until_us=now_us, recordings=0)
    for start_us in (500, 100):
        token = await house.catalog.create_recording(RecordingConfiguration())
        house.footage.add(house.video_track_id(token), start_us, start_us + 50, H264)
    assert house.timeline.summary() == RecordingSummary(data_from_us=100, data_until_us=550, recordings=2)


async def test_media_attributes_are_those_of_the_time_asked_for_and_none_in_a_gap(house: House) -> None:
    token, empty = await house.recording(), await house.recording()
    video, audio, _ = (track.track_id for track in house.catalog.recording(token).tracks)
    house.footage.add(video, 100, 200, H264)
    house.footage.add(video, 300, 400, WIDE)
    house.footage.add(audio, 200, 350, PCMU)
    for utc_us, formats in ((100, [H264]), (200, [H264, PCMU]), (250, [PCMU]), (300, [WIDE, PCMU]), (400, [WIDE])):
        (attributes,) = house.timeline.media_attributes([], utc_us)
        assert attributes.recording == token
        assert [track.format for track in attributes.tracks] == formats
        assert (attributes.from_us, attributes.until_us) == (utc_us, utc_us)
    assert house.timeline.media_attributes([token], 99) == ()
    assert house.timeline.media_attributes([empty], 150) == ()


async def test_unknown_recordings_are_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        house.timeline.information(NOBODY)
    with pytest.raises(NotFound):
        house.timeline.media_attributes([NOBODY], 100)
    token = await house.recording()
    assert house.catalog.track(token, TrackToken("META001")).configuration.kind is MediaKind.METADATA
