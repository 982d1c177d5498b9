"""Tracks: read, configure, create and delete."""

from __future__ import annotations

import pytest
from tests.conformance.marks import RC, proves
from tests.conformance.names import one, request, same_content
from tests.conformance.recording import Job, Source, create_track, set_track
from tests.conformance.requests import NONE
from tests.conformance.workbench import RECORDING_TOPICS, Device, Workbench

NO_RECORDING = ("Sender", "InvalidArgVal", "NoRecording")
NO_TRACK = ("Sender", "InvalidArgVal", "NoTrack")
BAD_CONFIGURATION = ("Sender", "InvalidArgVal", "BadConfiguration")
KINDS = ["Video", "Audio", "Metadata"]


@pytest.fixture
def track(device: Device, recording: str) -> str:
    return next(iter(device.recording.tracks(recording)))


@proves("RC-12", f"{RC} § GetTrackConfiguration", "Recording")
def test_a_track_is_what_the_list_says(device: Device, recording: str) -> None:
    for item in one(device.recording.recordings()[recording], "tt:Tracks"):
        token = item[0].text
        answer = device.client.call(request("trc:GetTrackConfiguration", RecordingToken=recording, TrackToken=token))
        assert same_content(one(answer, "trc:TrackConfiguration"), one(item, "tt:Configuration"))


@proves("RC-13", f"{RC} § GetTrackConfiguration", "Recording")
def test_a_track_of_an_unknown_recording_is_no_recording(device: Device) -> None:
    body = request("trc:GetTrackConfiguration", RecordingToken=NONE, TrackToken=NONE)
    device.client.refused(body, *NO_RECORDING)


@proves("RC-13", f"{RC} § GetTrackConfiguration", "Recording")
def test_an_unknown_track_is_no_track(device: Device, recording: str) -> None:
    body = request("trc:GetTrackConfiguration", RecordingToken=recording, TrackToken=NONE)
    device.client.refused(body, *NO_TRACK)


@proves("RC-13", f"{RC} § SetTrackConfiguration", "Recording")
def test_a_track_of_an_unknown_recording_cannot_be_configured(device: Device) -> None:
    device.client.refused(set_track(NONE, NONE, "Video", ""), *NO_RECORDING)


@proves("RC-13", f"{RC} § SetTrackConfiguration", "Recording")
def test_an_unknown_track_cannot_be_configured(device: Device, recording: str) -> None:
    device.client.refused(set_track(recording, NONE, "Video", ""), *NO_TRACK)


@proves("RC-61", f"{RC} § SetTrackConfiguration", "Recording")
@pytest.mark.parametrize("description", ["", "Front door", "正面玄関 🚪", "a<b>&\"c'"])
def test_a_description_comes_back_as_it_went_in(device: Device, recording: str, track: str, description: str) -> None:
    kind, _ = device.recording.track(recording, track)
    device.recording.configure_track(recording, track, kind, "something else")
    device.recording.configure_track(recording, track, kind, description)
    assert device.recording.track(recording, track) == (kind, description)


@proves("RC-61", f"{RC} § SetTrackConfiguration", "Recording")
def test_a_long_description_is_kept_or_cut(device: Device, recording: str, track: str) -> None:
    kind, _ = device.recording.track(recording, track)
    device.recording.configure_track(recording, track, kind, "d" * 5000)
    assert set(device.recording.track(recording, track)[1]) == {"d"}


@proves("RC-62", f"{RC} § SetTrackConfiguration", "Recording")
def test_another_track_type_is_ignored(device: Device, recording: str, track: str) -> None:
    kind, _ = device.recording.track(recording, track)
    other = next(each for each in KINDS if each != kind)
    device.recording.configure_track(recording, track, other, "typed")
    assert device.recording.track(recording, track) == (kind, "typed")


@proves("RC-62", f"{RC} § SetTrackConfiguration", "Recording")
def test_a_track_type_that_does_not_exist_is_refused(device: Device, recording: str, track: str) -> None:
    body = set_track(recording, track, "Smell", "changed")
    device.client.refused(body, "Sender", "InvalidArgs", also=[BAD_CONFIGURATION], malformed=True)


def spare(device: Device, recording: str) -> dict[str, int]:
    """Spare tracks by kind and in total; none where the attribute is absent."""
    told = device.recording.options(recording).tracks or {}
    return {kind: told.get(kind, 0) for kind in [*KINDS, "Total"]}


@pytest.fixture
def creatable(device: Device, recording: str) -> str:
    """A kind of track that can be created now."""
    kinds = [kind for kind in KINDS if spare(device, recording)[kind]]
    if not kinds:
        pytest.skip("GetRecordingOptions tells no spare track")
    return kinds[0]


@proves("RC-14", f"{RC} § GetRecordingOptions", "DynamicTracks", "Options")
def test_a_new_recording_has_room_for_a_track(device: Device, recording: str) -> None:
    told = spare(device, recording)
    assert told["Total"] >= 1
    assert told["Total"] <= sum(told[kind] for kind in KINDS)


@proves("RC-14", f"{RC} § CreateTrack", "DynamicTracks", "Options")
@pytest.mark.parametrize("kind", KINDS)
def test_a_created_track_is_listed_told_and_counted(device: Device, recording: str, kind: str) -> None:
    before = spare(device, recording)
    if not before[kind]:
        pytest.skip(f"no spare {kind} track")
    old = device.recording.tracks(recording)
    with device.listen(RECORDING_TOPICS) as events:
        token = device.recording.create_track(recording, kind, "Ein Gleis 漢字")
        told = events.expect("CreateTrack", RecordingToken=recording, TrackToken=token)
    assert len(told) == 1
    assert not told[0].operation
    assert token not in old
    assert device.recording.tracks(recording) == {**old, token: kind}
    assert device.recording.track(recording, token) == (kind, "Ein Gleis 漢字")
    after = spare(device, recording)
    assert (after[kind], after["Total"]) == (before[kind] - 1, before["Total"] - 1)


@proves("RC-14", f"{RC} § CreateTrack", "DynamicTracks", "Options")
@pytest.mark.parametrize("kind", KINDS)
def test_no_more_tracks_than_spare_can_be_created(device: Device, recording: str, kind: str) -> None:
    for _ in range(min(spare(device, recording)[kind], spare(device, recording)["Total"])):
        device.recording.create_track(recording, kind)
    assert 0 in (spare(device, recording)[kind], spare(device, recording)["Total"])
    count = len(device.recording.tracks(recording))
    device.client.refused(create_track(recording, kind), "Receiver", "Action", "MaxTracks")
    assert len(device.recording.tracks(recording)) == count


@proves("RC-08", f"{RC} § CreateTrack", "DynamicTracks")
def test_an_unknown_recording_gets_no_track(device: Device) -> None:
    device.client.refused(create_track(NONE, "Video"), *NO_RECORDING)


@proves("RC-63", f"{RC} § CreateTrack", "DynamicTracks")
@pytest.mark.parametrize("kind", ["Extended", "Smell", ""])
def test_a_track_of_another_kind_is_a_bad_configuration(device: Device, recording: str, kind: str) -> None:
    count = len(device.recording.tracks(recording))
    also = [] if kind == "Extended" else [("Sender", "InvalidArgs")]
    device.client.refused(create_track(recording, kind), *BAD_CONFIGURATION, also=also, malformed=True)
    assert len(device.recording.tracks(recording)) == count


@proves("RC-15", f"{RC} § DeleteTrack", "DynamicTracks", "Options")
def test_a_deleted_track_is_gone_told_and_spare_again(device: Device, recording: str, creatable: str) -> None:
    before = spare(device, recording)
    token = device.recording.create_track(recording, creatable)
    with device.listen(RECORDING_TOPICS) as events:
        device.recording.delete_track(recording, token)
        told = events.expect("DeleteTrack", RecordingToken=recording, TrackToken=token)
        events.drain()
    assert len(told) == 1
    assert not told[0].operation
    assert not events.of("DeleteTrackData", TrackToken=token), "there was no data to delete"
    assert token not in device.recording.tracks(recording)
    assert spare(device, recording) == before
    device.client.refused(request("trc:GetTrackConfiguration", RecordingToken=recording, TrackToken=token), *NO_TRACK)
    device.client.refused(request("trc:DeleteTrack", RecordingToken=recording, TrackToken=token), *NO_TRACK)


@proves("RC-13", f"{RC} § DeleteTrack", "DynamicTracks")
def test_of_an_unknown_recording_no_track_can_be_deleted(device: Device) -> None:
    device.client.refused(request("trc:DeleteTrack", RecordingToken=NONE, TrackToken=NONE), *NO_RECORDING)


@proves("RC-13", f"{RC} § DeleteTrack", "DynamicTracks")
def test_an_unknown_track_cannot_be_deleted(device: Device, recording: str) -> None:
    device.client.refused(request("trc:DeleteTrack", RecordingToken=recording, TrackToken=NONE), *NO_TRACK)


@proves("RC-16", f"{RC} § DeleteTrack", "DynamicTracks", "DynamicRecordings")
def test_deleting_a_track_leaves_the_one_of_that_name_elsewhere(device: Device, bench: Workbench) -> None:
    first, second = bench.recording(), bench.recording()
    shared = set(device.recording.tracks(first)) & set(device.recording.tracks(second))
    if not shared:
        pytest.skip("no two recordings have a track of the same token")
    device.recording.delete_track(first, min(shared))
    assert min(shared) in device.recording.tracks(second)
    assert min(shared) not in device.recording.tracks(first)


@proves("RC-15", f"{RC} § DeleteTrack", "DynamicTracks")
def test_a_track_that_is_recorded_to_cannot_be_deleted(device: Device, bench: Workbench, recording: str) -> None:
    video = next(token for token, kind in device.recording.tracks(recording).items() if kind == "Video")
    source = bench.live_source(recording)
    mapped = Source(token=source.token, type=source.type, tracks=(("", video),))
    job = bench.job(Job(recording=recording, mode="Active", sources=(mapped,)))
    bench.wait_for_state(job, "Active", "PartiallyActive")
    body = request("trc:DeleteTrack", RecordingToken=recording, TrackToken=video)
    device.client.refused(body, "Receiver", "Action", "CannotDelete")
    assert video in device.recording.tracks(recording)


@proves("RC-15", f"{RC} § DeleteTrack", "DynamicTracks", "Search")
def test_with_a_track_goes_its_data(device: Device, bench: Workbench, recording: str) -> None:
    video = next(token for token, kind in device.recording.tracks(recording).items() if kind == "Video")
    bench.record(recording)
    with device.listen(RECORDING_TOPICS) as events:
        device.recording.delete_track(recording, video)
        events.expect("DeleteTrack", RecordingToken=recording, TrackToken=video)
        [data] = events.expect("DeleteTrackData", RecordingToken=recording, TrackToken=video)
    assert data.data["StartTime"] < data.data["EndTime"]
