"""The recorded history: state events of recordings and tracks, read off the spans instead of being stored.

Spec: RecordingSearch § FindEvents, § Recording event descriptions.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from argus.base.events import Change, Event, Items
from argus.base.tokens import RecordingToken, TrackToken
from argus.store.recording.footage import Footage
from argus.store.recording.recordings import Recording
from argus.store.ring.span import Span

RECORDING_STATE = "RecordingHistory/Recording/State"
TRACK_STATE = "RecordingHistory/Track/State"

# Later than any time we can tell; the end of a span that is still growing.
_NEVER_US = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The times a search covers, bounds included; `backward` tells that it runs from the last to the first."""

    first_us: int
    last_us: int
    backward: bool

    @classmethod
    def between(cls, start_us: int, end_us: int | None) -> Window:
        """From `start_us` towards `end_us`; without an end to the end of the data."""
        if end_us is None:
            return cls(first_us=start_us, last_us=_NEVER_US, backward=False)
        return cls(first_us=min(start_us, end_us), last_us=max(start_us, end_us), backward=end_us < start_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One result of FindEvents. `track` is empty where the event is about the whole recording.

    `start_state` marks a virtual event: not something that happened, but the state at a bound of the search.
    """

    recording: RecordingToken
    track: TrackToken | None
    event: Event
    start_state: bool = False


class _Rank(IntEnum):
    """Order at one instant: what ends, ends first; a recording starts before its tracks and ends after them.

    A span of a single unit starts and ends at once, and must start first.
    """

    TRACK_ENDS = 0
    RECORDING_ENDS = 1
    RECORDING_STARTS = 2
    TRACK_STARTS = 3
    SHORT_TRACK_ENDS = 4
    SHORT_RECORDING_ENDS = 5


@dataclass(frozen=True, slots=True)
class _Run:
    """A span, or several that touch or overlap; `end_us` is _NEVER_US while it grows."""

    start_us: int
    end_us: int


Edge = tuple[int, _Rank, int, bool]  # time, order at that time, number of the property, its new value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Property:
    """One property instance, and the spans its values follow from: of one track, or of all of a recording."""

    recording: RecordingToken
    track: TrackToken | None
    spans: tuple[tuple[Span, ...], ...]

    @property
    def joins(self) -> bool:
        """Whether spans that touch are one: a recording goes on while any of its tracks does."""
        return self.track is None

    def holds_before(self, utc_us: int) -> bool:
        """Its value just before `utc_us`."""
        return any(_holds(spans, bisect_left(spans, utc_us, key=_start) - 1, utc_us) for spans in self.spans)

    def holds_after(self, utc_us: int) -> bool:
        """Its value just after `utc_us`."""
        return any(_holds(spans, bisect_right(spans, utc_us, key=_start) - 1, utc_us + 1) for spans in self.spans)

    def event(self, value: bool, utc_us: int, *, virtual: bool) -> RecordedEvent:
        source: Items = (("RecordingToken", self.recording),)
        if self.track is not None:
            source += (("Track", self.track),)
        event = Event(
            topic=RECORDING_STATE if self.track is None else TRACK_STATE,
            source=source,
            data=(("IsRecording" if self.track is None else "IsDataPresent", value),),
            change=Change.INITIALIZED if virtual else Change.CHANGED,
            utc_us=utc_us,
        )
        return RecordedEvent(recording=self.recording, track=self.track, event=event, start_state=virtual)


def state_events(
    footage: Footage, recordings: Sequence[Recording], window: Window, *, start_state: bool
) -> Iterator[RecordedEvent]:
    """The state events of these recordings inside the window, in its direction, computed as they are asked for.

    The footage is looked at now: what is recorded or deleted later does not change the answer. With `start_state` a
    virtual event per property comes first, at the window's beginning, and where it runs backward a second one last.
    Virtual events tell the value outside the bound, so that real ones at the bound still alternate with them.
    """
    properties = [known for recording in recordings for known in _properties(footage, recording)]
    return _events(properties, window, start_state)


def _events(properties: list[_Property], window: Window, start_state: bool) -> Iterator[RecordedEvent]:
    if start_state and window.backward:
        for known in properties:
            yield known.event(known.holds_after(window.last_us), window.last_us, virtual=True)
    elif start_state:
        yield from _states_before(properties, window.first_us)
    streams = [_edges(known, number, window) for number, known in enumerate(properties)]
    for utc_us, _, number, value in heapq.merge(*streams, reverse=window.backward):
        yield properties[number].event(value, utc_us, virtual=False)
    if start_state and window.backward:
        yield from _states_before(properties, window.first_us)


def _states_before(properties: list[_Property], utc_us: int) -> Iterator[RecordedEvent]:
    for known in properties:
        yield known.event(known.holds_before(utc_us), utc_us, virtual=True)


def _properties(footage: Footage, recording: Recording) -> Iterator[_Property]:
    spans = tuple(footage.spans(track.track_id) for track in recording.tracks)
    yield _Property(recording=recording.token, track=None, spans=spans)
    for track, own in zip(recording.tracks, spans, strict=True):
        yield _Property(recording=recording.token, track=track.token, spans=(own,))


def _edges(known: _Property, number: int, window: Window) -> Iterator[Edge]:
    """Where the property changes its value, inside the window and in its direction."""
    of_recording = known.track is None
    starts = _Rank.RECORDING_STARTS if of_recording else _Rank.TRACK_STARTS
    for run in _runs_backward(known, window) if window.backward else _runs_forward(known, window):
        if run.start_us == run.end_us:
            ends = _Rank.SHORT_RECORDING_ENDS if of_recording else _Rank.SHORT_TRACK_ENDS
        else:
            ends = _Rank.RECORDING_ENDS if of_recording else _Rank.TRACK_ENDS
        edges: list[Edge] = [(run.start_us, starts, number, True)]
        if run.end_us != _NEVER_US:
            edges.append((run.end_us, ends, number, False))
        if window.backward:
            edges.reverse()
        yield from (edge for edge in edges if window.first_us <= edge[0] <= window.last_us)


def _runs_forward(known: _Property, window: Window) -> Iterator[_Run]:
    """The runs that reach into the window; what lies outside it may be cut off."""
    run: _Run | None = None
    for span in heapq.merge(*(_spans_from(spans, window) for spans in known.spans), key=_start):
        if run is not None and known.joins and span.start_us <= run.end_us:
            run = _Run(run.start_us, max(run.end_us, _end(span)))
        else:
            if run is not None:
                yield run
            run = _Run(span.start_us, _end(span))
        if run.end_us > window.last_us:
            break
    if run is not None:
        yield run


def _runs_backward(known: _Property, window: Window) -> Iterator[_Run]:
    """The same from the last to the first."""
    run: _Run | None = None
    for span in heapq.merge(*(_spans_until(spans, window) for spans in known.spans), key=_end, reverse=True):
        if run is not None and known.joins and _end(span) >= run.start_us:
            run = _Run(min(run.start_us, span.start_us), run.end_us)
        else:
            if run is not None:
                yield run
            run = _Run(span.start_us, _end(span))
        if run.start_us < window.first_us:
            break
    if run is not None:
        yield run


def _spans_from(spans: tuple[Span, ...], window: Window) -> Iterator[Span]:
    for position in range(bisect_left(spans, window.first_us, key=_end), len(spans)):
        yield spans[position]


def _spans_until(spans: tuple[Span, ...], window: Window) -> Iterator[Span]:
    for position in range(bisect_right(spans, window.last_us, key=_start) - 1, -1, -1):
        yield spans[position]


def _holds(spans: tuple[Span, ...], position: int, utc_us: int) -> bool:
    return position >= 0 and _end(spans[position]) >= utc_us


def _start(span: Span) -> int:
    return span.start_us


def _end(span: Span) -> int:
    return _NEVER_US if span.growing else span.end_us
