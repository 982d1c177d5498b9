"""The index: where the footage of every track is, in memory, fed by what became durable.

One thread changes it; every method takes the lock for moments only. Replaying the same rows and marks in the order of
their track makes the same index, which is what recovery does.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from argus.base.access_unit import StreamFormat
from argus.store.ring import layout
from argus.store.ring.label import TrackLabel
from argus.store.ring.records import ChunkRow, Mark
from argus.store.ring.run import EARLIEST_US, Run
from argus.store.ring.segments import Segment, Segments, track_bit
from argus.store.ring.span import Deletion, Span


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
    label: TrackLabel | None = None
    # All runs as their readers see them, kept because a timeline asks for tens of thousands at a time.
    whole: list[Span] | None = None
    # Some of the runs may not begin with a clean point.
    unclear: bool = False

    @property
    def size_bytes(self) -> int:
        """The bytes of its chunks."""
        return sum(run.size_bytes for run in self.runs)


@dataclass(frozen=True, slots=True)
class TrackEviction:
    """What giving up segments leaves of a track: its runs, each beside the one it was; and the ranges that go."""

    track: Track
    runs: list[tuple[Run, Run]]
    ranges: list[tuple[int, int]]


class Index:
    """All tracks and all segments of a volume."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tracks: dict[int, Track] = {}
        self.segments = Segments()
        self.decisions: dict[int, int] = {}
        self.next_number = 1
        # The newest boot: a hash of its identity, its first span, whether its clock was synchronized.
        self.boot = 0
        self.boot_span = 0
        self.synchronized = False

    def track(self, track_id: int) -> Track:
        """The track, made known where it is not."""
        found = self.tracks.get(track_id)
        if found is None:
            with self.lock:
                found = self.tracks.setdefault(track_id, Track(track_id=track_id))
        return found

    def known(self) -> list[Track]:
        """All tracks."""
        with self.lock:
            return list(self.tracks.values())

    def slot_of(self, seq: int) -> int | None:
        """Where the segment is, or None once it was given up."""
        with self.lock:
            return self.segments.slot_of(seq)

    def segment(self, seq: int) -> Segment | None:
        """The segment, or None once it was given up."""
        with self.lock:
            return self.segments.get(seq)

    # -- what became durable ------------------------------------------------------------------------------------

    def grow(self, seq: int, segment: Segment, rows: Iterable[ChunkRow]) -> None:
        """Note the state of a segment and the rows that were added to it."""
        with self.lock:
            before = self.segments.get(seq)
            t0_us, t1_us, tracks = segment.t0_us, segment.t1_us, segment.tracks
            if before is not None and before.tracks:
                t0_us, t1_us, tracks = before.t0_us, before.t1_us, before.tracks
            for row in rows:
                t0_us, t1_us = min(t0_us, row.t0_us), max(t1_us, row.t1_us)
                tracks |= track_bit(row.track)
            self.segments[seq] = replace(segment, t0_us=t0_us, t1_us=t1_us, tracks=tracks)

    def add(self, seq: int, lane: int, row: ChunkRow, *, growing: bool) -> None:
        """Append a chunk. One that is known already is passed over."""
        with self.lock:
            track = self.track(row.track)
            run = self._tail(track, row)
            if run is None:
                run = self._start_run(track, Run.begun_by(seq, lane, row))
            elif row.ordinal <= run.ordinal:
                return
            elif row.ordinal == run.ordinal + 1:
                run.extend(seq, row)
            else:
                # What lay in between is lost: a gap, though it was recorded without one.
                run.cut_short = True
                run = self._start_run(track, Run.begun_by(seq, lane, row))
            run.growing = growing
            self._uncover(track, run)

    def close_run(self, track_id: int) -> None:
        """The recorder stopped."""
        with self.lock:
            track = self.tracks.get(track_id)
            if track and track.tail:
                track.tail.growing = False

    def apply(self, seq: int, mark: Mark) -> Deletion | None:
        """Do what a mark in segment `seq` says; the deletion it made, if it made one."""
        with self.lock:
            self.next_number = max(self.next_number, mark.number + 1)
            if mark.kind == layout.MARK_RETENTION:
                self.track(mark.track).retention_us = mark.value
            elif mark.kind == layout.MARK_BOOT:
                self.boot, self.boot_span, self.synchronized = mark.value, mark.span, False
            elif mark.kind == layout.MARK_SYNC:
                self.synchronized = True
            elif mark.kind == layout.MARK_REBASE:
                self._rebase(mark)
            if not mark.deletes:
                return None
            self.decisions[mark.track] = seq
            track = self.tracks.get(mark.track)
            if mark.kind == layout.MARK_CUT and track is not None:
                return self._cut(track, mark.value, mark.number)
            if mark.kind == layout.MARK_FORGET and track is not None:
                del self.tracks[mark.track]
                return _whole(track, mark.number)
            return None

    def give_up(self, seqs: Collection[int], evictions: Sequence[TrackEviction]) -> list[Deletion]:
        """Give up segments and the footage in them; the deletions that makes."""
        with self.lock:
            deletions: list[Deletion] = []
            for eviction in evictions:
                track = eviction.track
                tail = next((run for run, was in eviction.runs if was is track.tail and not run.cut_short), None)
                track.runs, track.tail, track.whole = [run for run, _ in eviction.runs], tail, None
                for start_us, end_us in eviction.ranges:
                    number = self.next_number
                    self.next_number += 1
                    deletions.append(_deletion(track, number, start_us, end_us))
            self.segments.remove(seqs)
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
                if len(track.formats) > 1:
                    used = {epoch for run in track.runs for _, epoch in run.changes}
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
            place = bisect_left(track.runs, utc_us, key=_end_us)
            return track.runs[place].copy() if place < len(track.runs) else None

    def run_until(self, track_id: int, utc_us: int) -> Run | None:
        """A copy of the last run that starts at `utc_us` or earlier."""
        with self.lock:
            track = self.tracks.get(track_id)
            if track is None:
                return None
            place = bisect_right(track.runs, utc_us, key=_start_us)
            return track.runs[place - 1].copy() if place else None

    def unreferenced(self) -> list[int]:
        """Segments without footage of any track and without a decision about older ones."""
        used = set(self.decisions.values())
        for track in self.known():
            bit = track_bit(track.track_id)
            for run in track.runs:
                used.update(self.segments.between(run.lane, run.first_seq, run.last_seq, bit))
        return [seq for seq in self.segments if seq not in used]

    def times(self) -> tuple[int, int] | None:
        """The oldest and the newest time of all footage."""
        ends = [(track.runs[0].start_us, track.runs[-1].end_us) for track in self.known() if track.runs]
        return (min(start for start, _ in ends), max(end for _, end in ends)) if ends else None

    # -- parts --------------------------------------------------------------------------------------------------

    def _tail(self, track: Track, row: ChunkRow) -> Run | None:
        if track.tail is not None and track.tail.span == row.span:
            return track.tail
        if row.ordinal == 0:
            return None
        same = [run for run in track.runs if run.span == row.span and not run.cut_short]
        return max(same, key=lambda run: run.ordinal, default=None)

    def _start_run(self, track: Track, run: Run) -> Run:
        if track.tail is not None:
            track.tail.growing = False
        if track.whole and run.clean and not run.follows and run.start_us > track.runs[-1].end_us:
            # The end of the run before it will not be looked at any more.
            track.whole[-1] = track.whole[-1]._replace(end_us=track.runs[-1].end_us, growing=track.runs[-1].growing)
            track.whole.append(Span(run.start_us, run.end_us, True))
        else:
            track.whole = None
        track.runs.insert(bisect_right(track.runs, run.start_us, key=_start_us), run)
        track.tail, track.unclear = run, track.unclear or not run.clean
        return run

    def _uncover(self, track: Track, newer: Run) -> None:
        """Where the clock stepped back, later-written footage hides what was written before at the same time."""
        runs = track.runs
        if runs[-1] is newer and (len(runs) == 1 or runs[-2].end_us < newer.start_us):
            return
        uncovered: list[Run] = []
        for run in runs:
            if run is newer or run.end_us < newer.start_us or run.start_us > newer.end_us:
                uncovered.append(run)
                continue
            later = run.copy()
            if run.start_us < newer.start_us:
                self._cut_after(run, newer.start_us - 1)
                uncovered.append(run)
            if later.end_us > newer.end_us:
                later.growing = False
                self._cut_before(later, newer.end_us + 1)
                track.unclear = True
                uncovered.append(later)
        track.runs, track.whole = sorted(uncovered, key=_start_us), None

    def _cut(self, track: Track, cut_us: int, number: int) -> Deletion | None:
        if not track.runs or track.runs[0].start_us >= cut_us:
            return None
        start_us = track.runs[0].start_us
        track.runs, track.whole = [run for run in track.runs if run.end_us >= cut_us], None
        for run in track.runs:
            if run.start_us < cut_us:
                # A clean point when it was decided; the run may have grown since.
                self._cut_before(run, cut_us)
                track.unclear = True
        # What follows a run that is gone begins a new one.
        if not any(run is track.tail for run in track.runs):
            track.tail = None
        return _deletion(track, number, start_us, cut_us)

    def _cut_before(self, run: Run, utc_us: int) -> None:
        bit, raw_us = track_bit(run.track_id), utc_us - run.shift_us
        first = self.segments.first_reaching(run.lane, run.first_seq, run.last_seq, bit, raw_us)
        run.cut_before(utc_us, run.last_seq if first is None else first, clean=False)

    def _cut_after(self, run: Run, utc_us: int) -> None:
        bit, raw_us = track_bit(run.track_id), utc_us - run.shift_us
        last = self.segments.last_begun(run.lane, run.first_seq, run.last_seq, bit, raw_us)
        run.cut_after(utc_us, run.first_seq if last is None else last)

    def _rebase(self, mark: Mark) -> None:
        track = self.tracks.get(mark.track)
        moved = [run for run in track.runs if run.span == mark.target] if track else []
        if track is None or not moved:
            return
        for run in moved:
            run.move(mark.value)
        track.runs, track.whole = sorted(track.runs, key=_start_us), None
        for run in moved:
            self._uncover(track, run)


def _start_us(run: Run) -> int:
    return run.start_us


def _end_us(run: Run) -> int:
    return run.end_us


def _whole(track: Track, number: int) -> Deletion | None:
    if not track.runs:
        return None
    return _deletion(track, number, track.runs[0].start_us, track.runs[-1].end_us + 1)


def _deletion(track: Track, number: int, start_us: int, end_us: int) -> Deletion:
    """The deletion, begun where the last one of the track ended unless there is footage in between."""
    before = track.deleted_until_us
    if EARLIEST_US < before < start_us and not any(
        run.start_us < start_us and run.end_us >= before for run in track.runs
    ):
        start_us = before
    track.deleted_until_us = max(before, end_us)
    return Deletion(number=number, track_id=track.track_id, start_us=start_us, end_us=end_us)
