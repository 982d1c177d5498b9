"""The chunk rows of runs: which chunks lie where, looked up in the directories of segments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from argus.store.ring.directories import Directories
from argus.store.ring.index import Index
from argus.store.ring.records import ChunkRow
from argus.store.ring.run import Run
from argus.store.ring.segments import track_bit


@dataclass(frozen=True, slots=True)
class Place:
    """A chunk of a run: its segment, its number among the run's rows there, its row."""

    seq: int
    number: int
    row: ChunkRow


class Rows:
    """Finds chunks by time. Times are capture times; rows hold those times less the run's shift. May read."""

    def __init__(self, index: Index, directories: Directories) -> None:
        self._index = index
        self._directories = directories

    def of(self, run: Run, seq: int) -> Sequence[ChunkRow]:
        """The run's rows in a segment, in order of time."""
        rows = self._directories.get(seq).span(run.track_id, run.span)
        end_us = run.end_us - run.shift_us
        if rows and rows[-1].t0_us > end_us:
            return [row for row in rows if row.t0_us <= end_us]
        return rows

    def first_clean(self, run: Run, bound_us: int, from_seq: int | None = None) -> Place | None:
        """The first chunk that begins with a clean point, or has one, at `bound_us` or later."""
        for seq in self._segments_from(run, bound_us, from_seq):
            place = self.clean_in(run, seq, bound_us)
            if place is not None:
                return place
        return None

    def clean_in(self, run: Run, seq: int, bound_us: int) -> Place | None:
        """As `first_clean`, in one segment."""
        rows, raw_us = self.of(run, seq), bound_us - run.shift_us
        for number in range(bisect_left(rows, raw_us, key=_t1_us), len(rows)):
            if is_clean_from(run, rows[number], bound_us):
                return Place(seq, number, rows[number])
        return None

    def last_clean(self, run: Run, utc_us: int, bound_us: int) -> Place | None:
        """The last chunk that begins with a clean point at `utc_us` or earlier, but not before `bound_us`."""
        raw_us = utc_us - run.shift_us
        for seq in self._segments_back(run, raw_us):
            rows = self.of(run, seq)
            for number in range(bisect_right(rows, raw_us, key=_t0_us) - 1, -1, -1):
                if rows[number].key:
                    found = Place(seq, number, rows[number])
                    return found if is_clean_from(run, rows[number], bound_us) else None
        return None

    def last_us(self, run: Run, seqs: Sequence[int]) -> int | None:
        """The time of the run's last unit in these segments."""
        for seq in reversed(seqs):
            rows = self.of(run, seq)
            if rows:
                return min(rows[-1].t1_us + run.shift_us, run.end_us)
        return None

    def onwards(self, run: Run, place: Place) -> Iterator[Place]:
        """Every chunk of the run behind a place."""
        seq: int | None = place.seq
        number = place.number + 1
        while seq is not None:
            rows = self.of(run, seq)
            for following in range(number, len(rows)):
                yield Place(seq, following, rows[following])
            number = 0
            seq = self._next(run, seq)

    def _segments_from(self, run: Run, bound_us: int, from_seq: int | None) -> Iterator[int]:
        first = run.first_seq if from_seq is None else from_seq
        bit, raw_us = track_bit(run.track_id), bound_us - run.shift_us
        with self._index.lock:
            seq = self._index.segments.first_reaching(run.lane, first, run.last_seq, bit, raw_us)
        while seq is not None:
            yield seq
            seq = self._next(run, seq)

    def _segments_back(self, run: Run, raw_us: int) -> Iterator[int]:
        bit, segments = track_bit(run.track_id), self._index.segments
        with self._index.lock:
            seq = segments.last_begun(run.lane, run.first_seq, run.last_seq, bit, raw_us)
        while seq is not None:
            yield seq
            with self._index.lock:
                seq = segments.next_before(run.lane, seq, run.first_seq, bit)

    def _next(self, run: Run, seq: int) -> int | None:
        with self._index.lock:
            return self._index.segments.next_after(run.lane, seq, run.last_seq, track_bit(run.track_id))


def is_clean_from(run: Run, row: ChunkRow, bound_us: int) -> bool:
    """Whether the chunk has a clean point at `bound_us` or later."""
    raw_us = bound_us - run.shift_us
    return row.key and (row.t0_us >= raw_us or (row.all_keys and min(row.t1_us, run.end_us - run.shift_us) >= raw_us))


def _t0_us(row: ChunkRow) -> int:
    return row.t0_us


def _t1_us(row: ChunkRow) -> int:
    return row.t1_us
