"""The index: where the footage of every track is, in memory, fed by what became durable.

One thread changes it; every method takes the lock for moments only. Replaying the same rows and marks in the same
order makes the same index, which is what recovery does.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from argus.base.access_unit import StreamFormat
from argus.store import layout
from argus.store.records import ChunkRow, Mark
from argus.store.run import EARLIEST_US, Run
from argus.store.span import Deletion


@dataclass(slots=True, kw_only=True)
class Track:
    """Runs in order of time, never overlapping, and what is known of the track besides."""

    track_id: int
    runs: list[Run] = field(default_factory=list)
    tail: Run | None = None
    retention_us: int = 0
    deleted_until_us: int = EARLIEST_US
    formats: dict[int, StreamFormat] = field(default_factory=dict)
    next_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment in use: its slot, the bytes that count, and whether nothing can be appended any more."""

    slot: int
    used_bytes: int
    sealed: bool


class Index:
    """All tracks and all segments of a volume."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tracks: dict[int, Track] = {}
        self.segments: dict[int, Segment] = {}
        self.decisions: dict[int, int] = {}
        self.next_number = 1

    def track(self, track_id: int) -> Track:
        """The track, made known where it is not."""
        found = self.tracks.get(track_id)
        if found is None:
            found = self.tracks[track_id] = Track(track_id=track_id)
        return found

    def slot_of(self, seq: int) -> int | None:
        """Where the segment is, or None once it was given up."""
        segment = self.segments.get(seq)
        return segment.slot if segment else None

    # -- what became durable ------------------------------------------------------------------------------------

    def add(self, seq: int, row: ChunkRow, *, growing: bool) -> None:
        """Append a chunk. One that is known already is passed over."""
        with self.lock:
            track = self.track(row.track)
            run = self._tail(track, row)
            if run is None:
                run = self._start_run(track, row)
            elif row.ordinal <= run.ordinal:
                return
            run.growing = growing
            run.extend(seq, row)
            _uncover(track, run)

    def close_run(self, track_id: int) -> None:
        """The recorder stopped."""
        with self.lock:
            track = self.tracks.get(track_id)
            if track and track.tail:
                track.tail.growing = False

    def apply(self, seq: int, mark: Mark) -> Deletion | None:
        """Do what a mark in segment `seq` says; the deletion it made, if it made one."""
        with self.lock:
            if mark.kind == layout.MARK_RETENTION:
                self.track(mark.track).retention_us = mark.value
                return None
            self.next_number = max(self.next_number, mark.number + 1)
            self.decisions[mark.track] = seq
            track = self.tracks.get(mark.track)
            if mark.kind == layout.MARK_CUT and track is not None:
                deletion = _cut(track, mark.value, mark.number)
                _drop_tail(track)
                return deletion
            if mark.kind == layout.MARK_FORGET and track is not None:
                del self.tracks[mark.track]
                return _whole(track, mark.number)
            return None

    def evict(self, seqs: Collection[int]) -> list[Deletion]:
        """Give up segments and the footage in them; the deletions that makes."""
        with self.lock:
            deletions: list[Deletion] = []
            for track in self.tracks.values():
                ranges = _evict(track, seqs)
                _drop_tail(track)
                for start_us, end_us in ranges:
                    number = self.next_number
                    self.next_number += 1
                    deletions.append(_deletion(track, number, start_us, end_us))
            for seq in seqs:
                del self.segments[seq]
            self.decisions = {track_id: seq for track_id, seq in self.decisions.items() if seq in self.segments}
            return deletions

    def epoch_of(self, track_id: int, stream_format: StreamFormat) -> int:
        """The number of a format of the track, given out at its first use."""
        with self.lock:
            track = self.track(track_id)
            for epoch, known in track.formats.items():
                if known == stream_format:
                    return epoch
            epoch = track.next_epoch
            track.next_epoch += 1
            track.formats[epoch] = stream_format
            return epoch

    def drop_unused_formats(self, in_use: Collection[tuple[int, int]]) -> None:
        """Forget formats that no footage and none of `in_use` (track, epoch) needs."""
        with self.lock:
            for track in self.tracks.values():
                used = {epoch for run in track.runs for epoch in run.change_epoch}
                used |= {epoch for track_id, epoch in in_use if track_id == track.track_id}
                track.formats = {epoch: known for epoch, known in track.formats.items() if epoch in used}

    # -- questions ----------------------------------------------------------------------------------------------

    def runs(self, track_id: int) -> list[Run]:
        """Copies of all runs of a track, in order of time."""
        with self.lock:
            track = self.tracks.get(track_id)
            return [run.copy() for run in track.runs] if track else []

    def run_from(self, track_id: int, utc_us: int) -> Run | None:
        """A copy of the first run that ends at `utc_us` or later."""
        with self.lock:
            track = self.tracks.get(track_id)
            if track is None:
                return None
            place = bisect_left(track.runs, utc_us, key=lambda run: run.end_us)
            return track.runs[place].copy() if place < len(track.runs) else None

    def run_until(self, track_id: int, utc_us: int) -> Run | None:
        """A copy of the last run that starts at `utc_us` or earlier."""
        with self.lock:
            track = self.tracks.get(track_id)
            if track is None:
                return None
            place = bisect_right(track.runs, utc_us, key=lambda run: run.start_us)
            return track.runs[place - 1].copy() if place else None

    def unreferenced(self) -> list[int]:
        """Segments without footage of any track and without a decision about older ones."""
        with self.lock:
            used = {seq for track in self.tracks.values() for run in track.runs for seq in run.seqs}
            used.update(self.decisions.values())
            return [seq for seq in self.segments if seq not in used]

    def times(self) -> tuple[int, int] | None:
        """The oldest and the newest time of all footage."""
        with self.lock:
            ends = [(track.runs[0].start_us, track.runs[-1].end_us) for track in self.tracks.values() if track.runs]
            return (min(start for start, _ in ends), max(end for _, end in ends)) if ends else None

    # -- parts --------------------------------------------------------------------------------------------------

    def _tail(self, track: Track, row: ChunkRow) -> Run | None:
        if track.tail is not None and track.tail.span == row.span:
            return track.tail
        if row.ordinal == 0:
            return None
        same = [run for run in track.runs if run.span == row.span]
        return max(same, key=lambda run: run.ordinal, default=None)

    def _start_run(self, track: Track, row: ChunkRow) -> Run:
        if track.tail is not None:
            track.tail.growing = False
        run = Run(track_id=row.track, span=row.span, start_us=row.t0_us, end_us=row.t1_us)
        place = bisect_right(track.runs, row.t0_us, key=lambda known: known.start_us)
        track.runs.insert(place, run)
        track.tail = run
        return run


def _uncover(track: Track, newer: Run) -> None:
    """Where the clock stepped back, later-written footage hides what was written before at the same time."""
    if track.runs[-1] is newer and (len(track.runs) == 1 or track.runs[-2].end_us < newer.start_us):
        return
    runs: list[Run] = []
    for run in track.runs:
        if run is newer or run.end_us < newer.start_us or run.start_us > newer.end_us:
            runs.append(run)
            continue
        later = run.copy()
        later.growing = False
        if run.start_us < newer.start_us:
            run.cut_after(newer.start_us - 1)
            runs.append(run)
        if later.end_us > newer.end_us:
            later.cut_before(newer.end_us + 1)
            runs.append(later)
    track.runs = sorted(runs, key=lambda run: run.start_us)


def _cut(track: Track, cut_us: int, number: int) -> Deletion | None:
    if not track.runs or track.runs[0].start_us >= cut_us:
        return None
    start_us = track.runs[0].start_us
    track.runs = [run for run in track.runs if run.end_us >= cut_us]
    for run in track.runs:
        if run.start_us < cut_us:
            run.cut_before(cut_us)
    return _deletion(track, number, start_us, cut_us)


def _drop_tail(track: Track) -> None:
    """What follows a run that is gone begins a new one."""
    if not any(run is track.tail for run in track.runs):
        track.tail = None


def _whole(track: Track, number: int) -> Deletion | None:
    if not track.runs:
        return None
    return _deletion(track, number, track.runs[0].start_us, track.runs[-1].end_us + 1)


def _evict(track: Track, seqs: Collection[int]) -> Iterable[tuple[int, int]]:
    """Ranges of time that go with the segments; neighbours are joined across the gap between them."""
    kept: list[Run] = []
    ranges: list[tuple[int, int]] = []
    joined = False
    for run in track.runs:
        start_us, end_us = run.start_us, run.end_us
        alive = run.evict(seqs.__contains__)
        if alive:
            kept.append(run)
        if alive and run.start_us == start_us:
            joined = False
            continue
        end = run.start_us if alive else end_us + 1
        if joined:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start_us, end))
        joined = not alive
    track.runs = kept
    return ranges


def _deletion(track: Track, number: int, start_us: int, end_us: int) -> Deletion:
    """The deletion, begun where the last one of the track ended unless there is footage in between."""
    before = track.deleted_until_us
    if EARLIEST_US < before < start_us and not any(
        run.start_us < start_us and run.end_us >= before for run in track.runs
    ):
        start_us = before
    track.deleted_until_us = max(before, end_us)
    return Deletion(number=number, track_id=track.track_id, start_us=start_us, end_us=end_us)
