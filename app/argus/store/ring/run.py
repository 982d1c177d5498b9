"""A run: one span of one track as the index keeps it, of one size however many segments it touches."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from argus.store.ring.records import ChunkRow

EARLIEST_US = -(1 << 63)
NEVER_US = (1 << 63) - 1


@dataclass(slots=True, kw_only=True)
class Run:
    """Footage of a track without a gap, or what is left of it.

    Its chunks are in the segments of one lane from `first_seq` to `last_seq`; only units with
    start_us <= time <= end_us count. `clean` tells that it begins with a clean point. Times are capture times: those
    of the rows plus `shift_us`, which corrects a clock that was wrong. `follows`: nothing is missing between the
    track's span before it and this one; `cut_short`: its end was given up. `changes` tells from when on which format
    is in force.
    """

    track_id: int
    span: int
    lane: int
    first_seq: int
    last_seq: int
    start_us: int
    end_us: int
    ordinal: int
    clean: bool = True
    growing: bool = False
    follows: bool = False
    cut_short: bool = False
    shift_us: int = 0
    size_bytes: int = 0
    changes: tuple[tuple[int, int], ...] = ()

    @classmethod
    def begun_by(cls, seq: int, lane: int, row: ChunkRow) -> Run:
        """A run that begins with a chunk in segment `seq`."""
        return cls(
            track_id=row.track,
            span=row.span,
            lane=lane,
            first_seq=seq,
            last_seq=seq,
            start_us=row.t0_us,
            end_us=row.t1_us,
            ordinal=row.ordinal,
            clean=row.key,
            follows=row.follows and row.ordinal == 0,
            size_bytes=row.length,
            changes=((row.t0_us, row.epoch),),
        )

    def extend(self, seq: int, row: ChunkRow) -> None:
        """Append a chunk that lies in segment `seq`."""
        self.last_seq = seq
        if self.changes[-1][1] != row.epoch:
            self.changes = (*self.changes, (row.t0_us + self.shift_us, row.epoch))
        self.end_us = row.t1_us + self.shift_us
        self.ordinal = row.ordinal
        self.size_bytes += row.length

    def copy(self) -> Run:
        """A run of its own with the same content."""
        return replace(self)

    def epoch_at(self, utc_us: int) -> int:
        """The format in force."""
        return self.changes[max(0, bisect_right(self.changes, utc_us, key=lambda change: change[0]) - 1)][1]

    def cut_before(self, utc_us: int, first_seq: int, *, clean: bool) -> None:
        """Give up everything before `utc_us`, and with it the segments before `first_seq`."""
        if utc_us <= self.start_us:
            return
        self._resize(self.end_us - utc_us)
        self.start_us, self.clean = utc_us, clean
        self.first_seq = max(self.first_seq, first_seq)
        self.follows = False
        changes = max(0, bisect_right(self.changes, utc_us, key=lambda change: change[0]) - 1)
        self.changes = self.changes[changes:]

    def cut_after(self, utc_us: int, last_seq: int) -> None:
        """Give up everything behind `utc_us`, and with it the segments behind `last_seq`."""
        if utc_us >= self.end_us:
            return
        self._resize(utc_us - self.start_us)
        self.end_us, self.cut_short, self.growing = utc_us, True, False
        self.last_seq = min(self.last_seq, last_seq)

    def move(self, by_us: int) -> None:
        """Correct the times."""
        self.start_us += by_us
        self.end_us += by_us
        self.shift_us += by_us
        self.changes = tuple((from_us + by_us, epoch) for from_us, epoch in self.changes)

    def _resize(self, left_us: int) -> None:
        """What is left has the same bytes per second as the whole had."""
        whole_us = max(1, self.end_us - self.start_us)
        self.size_bytes = self.size_bytes * max(0, min(left_us, whole_us)) // whole_us
