"""Recorded state events: order, bounds, directions, virtual events."""

from collections.abc import Iterable
from itertools import pairwise
from typing import SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat
from argus.base.events import Change
from argus.base.tokens import RecordingToken, TrackToken
from argus.store.recording.footage import SimulatedFootage
from argus.store.recording.recordings import Recording, RecordingConfiguration, Track, TrackConfiguration
from argus.store.ring.span import Span
from argus.store.search.history import RecordedEvent, Window, state_events

H264 = StreamFormat(codec=Codec.H264)
Spans = list[tuple[int, int]]


def recording(name: str, first_id: int, tracks: int = 2) -> Recording:
    return Recording(
        token=RecordingToken(name),
        configuration=RecordingConfiguration(),
        tracks=tuple(
            Track(
                token=TrackToken(f"T{number}"),
                track_id=first_id + number,
                configuration=TrackConfiguration(kind=MediaKind.VIDEO),
            )
            for number in range(tracks)
        ),
        created_us=0,
    )


def footage(*tracks: Spans, growing: int | None = None) -> SimulatedFootage:
    """Tracks 0, 1, ... with these spans; the last span of track `growing` is still being recorded."""
    twin = SimulatedFootage()
    for track_id, spans in enumerate(tracks):
        finished = spans[:-1] if track_id == growing else spans
        for start_us, end_us in finished:
            twin.add(track_id, start_us, end_us, H264)
        for utc_us in spans[-1] if len(finished) < len(spans) else ():
            unit = AccessUnit(format=H264, data=b"", key_frame=True, utc_us=utc_us, mono_ns=0)
            twin.append(track_id, unit)
    return twin


def brief(events: Iterable[RecordedEvent]) -> list[str]:
    """Each event as `time who value`, with * for a virtual one."""
    return [
        f"{found.event.utc_us} {found.track or found.recording} {found.event.data[0][1]}{'*' * found.start_state}"
        for found in events
    ]


def search(
    twin: SimulatedFootage, start_us: int, end_us: int | None, *, start_state: bool = False, tracks: int = 2
) -> list[RecordedEvent]:
    known = [recording("R", 0, tracks)]
    return list(state_events(twin, known, Window.between(start_us, end_us), start_state=start_state))


def test_a_recording_starts_before_its_tracks_and_ends_after_them() -> None:
    twin = footage([(10, 20), (30, 40)], [(10, 20)])
    assert brief(search(twin, 0, None)) == [
        "10 R True",
        "10 T0 True",
        "10 T1 True",
        "20 T0 False",
        "20 T1 False",
        "20 R False",
        "30 R True",
        "30 T0 True",
        "40 T0 False",
        "40 R False",
    ]


def test_the_bounds_are_inclusive() -> None:
    twin = footage([(10, 20)], [])
    assert brief(search(twin, 10, 20)) == ["10 R True", "10 T0 True", "20 T0 False", "20 R False"]
    assert brief(search(twin, 11, 20)) == ["20 T0 False", "20 R False"]
    assert brief(search(twin, 10, 10)) == ["10 R True", "10 T0 True"]
    assert brief(search(twin, 11, 19)) == []


def test_events_have_the_names_of_the_specification() -> None:
    of_recording, of_track, *_ = search(footage([(10, 20)], []), 0, None)
    assert (of_recording.event.topic, of_recording.event.source, of_recording.event.data) == (
        "RecordingHistory/Recording/State",
        (("RecordingToken", "R"),),
        (("IsRecording", True),),
    )
    assert (of_track.event.topic, of_track.event.source, of_track.event.data) == (
        "RecordingHistory/Track/State",
        (("RecordingToken", "R"), ("Track", "T0")),
        (("IsDataPresent", True),),
    )
    assert of_track.event.change is Change.CHANGED
    assert (of_recording.track, of_track.track) == (None, "T0")


def test_what_is_still_being_recorded_has_not_ended() -> None:
    twin = footage([(10, 20)], [(5, 8)], growing=0)
    assert brief(search(twin, 0, None)) == [
        "5 R True",
        "5 T1 True",
        "8 T1 False",
        "8 R False",
        "10 R True",
        "10 T0 True",
    ]
    assert brief(search(twin, 50, None, start_state=True)) == ["50 R True*", "50 T0 True*", "50 T1 False*"]


def test_a_recording_goes_on_while_any_of_its_tracks_does() -> None:
    twin = footage([(10, 20), (30, 40)], [(15, 30)])
    assert [line for line in brief(search(twin, 0, None)) if "R" in line] == ["10 R True", "40 R False"]


def test_virtual_events_tell_the_state_outside_the_bounds() -> None:
    twin = footage([(10, 20)], [])
    assert brief(search(twin, 10, 15, start_state=True)) == [
        "10 R False*",
        "10 T0 False*",
        "10 T1 False*",
        "10 R True",
        "10 T0 True",
    ]
    assert brief(search(twin, 15, 18, start_state=True)) == ["15 R True*", "15 T0 True*", "15 T1 False*"]
    assert all(found.event.change is Change.INITIALIZED for found in search(twin, 15, 18, start_state=True))


def test_a_backward_search_has_virtual_events_at_both_ends() -> None:
    twin = footage([(10, 20)], [])
    assert brief(search(twin, 20, 12, start_state=True)) == [
        "20 R False*",
        "20 T0 False*",
        "20 T1 False*",
        "20 R False",
        "20 T0 False",
        "12 R True*",
        "12 T0 True*",
        "12 T1 False*",
    ]


def test_a_span_of_one_unit_starts_before_it_ends() -> None:
    twin = footage([(10, 10)], [])
    expected = ["10 R True", "10 T0 True", "10 T0 False", "10 R False"]
    assert brief(search(twin, 0, 20)) == expected
    assert brief(search(twin, 20, 0)) == expected[::-1]


def test_recordings_are_merged_in_time() -> None:
    twin = footage([(10, 40)], [(20, 30)])
    known = [recording("A", 0, 1), recording("B", 1, 1)]
    found = state_events(twin, known, Window.between(0, None), start_state=False)
    assert [(event.recording, event.event.utc_us) for event in found] == [
        *[("A", 10)] * 2,
        *[("B", 20)] * 2,
        *[("B", 30)] * 2,
        *[("A", 40)] * 2,
    ]


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """Disjoint spans in order, some touching nothing but the next microsecond, some of a single unit."""
    times = draw(st.lists(st.integers(0, 60), max_size=10, unique=True).map(sorted))
    found = list(zip(times[::2], times[1::2], strict=False))
    singles = draw(st.sets(st.integers(61, 80), max_size=3))
    return found + [(time, time) for time in sorted(singles)]


times = st.integers(-2, 82)


@given(tracks=st.lists(spans(), min_size=1, max_size=3), start=times, end=times, growing=st.booleans())
def test_both_directions_tell_the_same_and_values_alternate(
    tracks: list[Spans], start: int, end: int, growing: bool
) -> None:
    first, last = min(start, end), max(start, end)
    twin = footage(*tracks, growing=0 if growing else None)
    forward = search(twin, first, last, tracks=len(tracks))
    backward = search(twin, last, first, tracks=len(tracks))
    if first != last:
        assert backward == forward[::-1]
    assert [event.event.utc_us for event in forward] == sorted(event.event.utc_us for event in forward)
    with_states = search(twin, first, last, start_state=True, tracks=len(tracks))
    for who in (None, *(TrackToken(f"T{number}") for number in range(len(tracks)))):
        values = [found.event.data[0][1] for found in with_states if found.track == who]
        assert all(left is not right for left, right in pairwise(values)), (who, brief(with_states))
    if first != last:
        mirrored = search(twin, last, first, start_state=True, tracks=len(tracks))
        for who in (None, *(TrackToken(f"T{number}") for number in range(len(tracks)))):
            values = [found.event.data[0][1] for found in mirrored if found.track == who]
            real = values[1:-1]
            assert all(left is not right for left, right in pairwise(real))
            # An event toggles: outside the later bound the state is what the last event made it.
            assert values[0] is (real[0] if real else values[-1])
            assert not real or values[-1] is not real[-1]


@given(tracks=st.lists(spans(), min_size=1, max_size=3), start=times, end=times)
def test_events_are_those_a_plain_look_at_every_instant_finds(tracks: list[Spans], start: int, end: int) -> None:
    """An oracle without cleverness: the state just before and just after each instant, at half steps."""
    found = search(footage(*tracks), start, end if end >= start else None, tracks=len(tracks))
    last = end if end >= start else 100

    def holds(chosen: list[Spans], half: int) -> bool:
        return any(2 * low <= half <= 2 * high for own in chosen for low, high in own)

    for number, chosen in [(-1, tracks), *((n, [own]) for n, own in enumerate(tracks))]:
        who = None if number < 0 else TrackToken(f"T{number}")
        expected = []
        for utc_us in range(start, last + 1):
            before, at, after = (holds(chosen, 2 * utc_us + step) for step in (-1, 0, 1))
            expected += [(utc_us, True)] * (not before and at) + [(utc_us, False)] * (at and not after)
        assert [(one.event.utc_us, one.event.data[0][1]) for one in found if one.track == who] == expected


class CountedSpans(tuple[Span, ...]):
    """Spans that count how many of them were looked at."""

    looks = 0

    def __getitem__(self, position: SupportsIndex) -> Span:  # type: ignore[override]  # slices are not used
        CountedSpans.looks += 1
        return super().__getitem__(position)


@pytest.mark.parametrize(("start_us", "end_us"), [(20_000_000, None), (20_000_000, 0)])
def test_the_first_event_of_a_long_history_is_found_without_reading_all_of_it(
    start_us: int, end_us: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = CountedSpans(Span(start_us=n * 1000, end_us=n * 1000 + 5, growing=False) for n in range(48_000))
    twin = SimulatedFootage()
    monkeypatch.setattr(twin, "spans", lambda track_id: many)
    CountedSpans.looks = 0
    events = state_events(twin, [recording("R", 0, 3)], Window.between(start_us, end_us), start_state=True)
    real = next(found for found in events if not found.start_state)
    assert real.event.utc_us == 20_000_000
    assert CountedSpans.looks < 300
