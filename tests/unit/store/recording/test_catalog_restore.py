"""What a card tells of its tracks becomes recordings again, whoever wrote it and whatever it says."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.store.house import House, job

from argus.base.access_unit import MediaKind
from argus.base.tokens import RecordingToken
from argus.store.recording.catalog_restore import MAX_NAME_LENGTH, MAX_TRACKS, restored_recordings
from argus.store.recording.recordings import Recording
from argus.store.ring.found_track import FoundTrack
from argus.store.ring.label import TrackLabel

GATE = RecordingToken("Recording-gate")


def found(
    track_id: int,
    recording: str = GATE,
    track: str = "VIDEO001",
    *,
    name: str = "Gate",
    kind: MediaKind = MediaKind.VIDEO,
    retention_us: int = 0,
    newest_us: int | None = 1_000_000,
) -> FoundTrack:
    label = TrackLabel(recording=recording, track=track, kind=kind, name=name)
    return FoundTrack(track_id=track_id, label=label, retention_us=retention_us, newest_us=newest_us)


def restored(*tracks: FoundTrack, taken: tuple[str, ...] = ()) -> list[Recording]:
    return restored_recordings(tracks, taken=taken, implicit_tracks=lambda _: (), now_us=7)


async def test_a_catalog_that_was_lost_gets_its_recordings_back_from_the_card(house: House) -> None:
    await house.catalog.restore(
        [found(901, retention_us=60_000_000), found(902, track="AUDIO001", kind=MediaKind.AUDIO)]
    )
    recording = house.catalog.recording(GATE)
    assert recording.configuration.source.name == "Gate"
    assert recording.configuration.maximum_retention_us == 60_000_000
    assert recording.recorded
    assert [(track.token, track.configuration.kind) for track in recording.tracks] == [
        ("AUDIO001", MediaKind.AUDIO),
        ("VIDEO001", MediaKind.VIDEO),
        ("META001", MediaKind.METADATA),
    ]
    assert house.video_track_id(GATE) == 901
    assert house.footage.retentions[901] == 60_000_000
    assert house.topics() == ["CreateRecording", *["CreateTrack"] * 3]
    await house.jobs.create(job(GATE))
    before = house.catalog.recordings()
    house.reopen()
    assert house.catalog.recordings() == before


async def test_what_is_known_or_was_deleted_is_not_restored(house: House) -> None:
    kept, deleted = await house.recording(), await house.recording()
    known, gone = house.video_track_id(kept), house.video_track_id(deleted)
    await house.catalog.delete_recording(deleted)
    house.told.clear()
    await house.catalog.restore([found(known, kept), found(gone, deleted)])
    assert [recording.token for recording in house.catalog.recordings()] == [kept]
    assert house.told == []


async def test_no_more_are_restored_than_may_exist_and_those_with_the_newest_footage_come_first(house: House) -> None:
    own = await house.recording()
    await house.catalog.restore([found(900 + n, f"R{n}", newest_us=n or None) for n in range(6)])
    tokens = [recording.token for recording in house.catalog.recordings()]
    assert tokens == [own, "R5", "R4", "R3"]
    assert house.footage.tracks() == ()


def test_a_token_that_is_another_recordings_is_not_taken_twice() -> None:
    (other,) = restored(found(1), taken=(GATE,))
    assert other.token != GATE
    first, second = restored(found(1), found(2))
    assert GATE in (first.token, second.token)
    assert first.token != second.token
    assert {track.track_id for recording in (first, second) for track in recording.tracks} == {1, 2}


def test_of_several_retentions_the_shortest_counts() -> None:
    (recording,) = restored(found(1, retention_us=9), found(2, track="a", retention_us=5), found(3, track="b"))
    assert recording.configuration.maximum_retention_us == 5


TEXTS = st.text(max_size=80) | st.sampled_from([GATE, "VIDEO001", "a b", "\0", "x" * 65])
TRACKS = st.builds(
    found,
    st.integers(1, 1 << 32),
    TEXTS,
    TEXTS,
    name=TEXTS,
    kind=st.sampled_from(MediaKind),
    retention_us=st.integers(-1, 1 << 63),
    newest_us=st.none() | st.integers(-(1 << 63), 1 << 63),
)


@settings(max_examples=40)
@given(tracks=st.lists(TRACKS, max_size=20, unique_by=lambda track: track.track_id))
def test_any_labels_become_recordings_that_can_be_told_to_clients(tracks: list[FoundTrack]) -> None:
    recordings = restored(*tracks)
    assert sorted(t.track_id for r in recordings for t in r.tracks) == sorted(t.track_id for t in tracks)
    assert len({recording.token for recording in recordings}) == len(recordings)
    for recording in recordings:
        tokens = [track.token for track in recording.tracks]
        assert len(tokens) == len(set(tokens)) <= MAX_TRACKS
        assert len(recording.configuration.source.name) <= MAX_NAME_LENGTH
        assert 0 <= recording.configuration.maximum_retention_us < 1 << 62
        for text in (recording.token, *tokens, recording.configuration.source.name):
            assert text.isprintable()
            assert 1 <= len(recording.token) <= 64
