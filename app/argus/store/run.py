"""A run: one span of one track as the index keeps it, 24 bytes for each segment it touches."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from argus.store.records import ChunkRow
from argus.store.span import Span

EARLIEST_US = -(1 << 63)
NEVER_US = (1 << 63) - 1


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True, kw_only=True)
class Run:
    """Footage of a track without a gap, or what is left of it.

    Only units with start_us <= time <= end_us count; `start_us` need not be a clean point where older footage was cut.
    A piece is the run's part in one segment: `seqs`, `starts_us` (its first unit) and `keys_us` (its first clean
    point, NEVER_US where it has none). `change_us` and `change_epoch` tell which format begins when.
    """

    track_id: int
    span: int
    start_us: int
    end_us: int
    ordinal: int = -1
    growing: bool = False
    seqs: array[int] = field(default_factory=_numbers)
    starts_us: array[int] = field(default_factory=_numbers)
    keys_us: array[int] = field(default_factory=_numbers)
    change_us: array[int] = field(default_factory=_numbers)
    change_epoch: array[int] = field(default_factory=_numbers)
    _whole: Span | None = field(default=None, repr=False, compare=False)

    def whole(self) -> Span | None:
        """All of the run as its readers see it, or None where it does not begin with a clean point.

        Kept, because a timeline asks for tens of thousands at a time.
        """
        known = self._whole
        if (
            known is None
            or known.end_us != self.end_us
            or known.start_us != self.start_us
            or known.growing != self.growing
        ):
            if self.keys_us[0] != self.start_us:
                return None
            known = self._whole = Span(start_us=self.start_us, end_us=self.end_us, growing=self.growing)
        return known

    def extend(self, seq: int, row: ChunkRow) -> None:
        """Append a chunk that lies in segment `seq`."""
        if not self.seqs or self.seqs[-1] != seq:
            self.seqs.append(seq)
            self.starts_us.append(row.t0_us)
            self.keys_us.append(NEVER_US)
        if row.key and self.keys_us[-1] == NEVER_US:
            self.keys_us[-1] = row.t0_us
        if not self.change_epoch or self.change_epoch[-1] != row.epoch:
            self.change_us.append(row.t0_us)
            self.change_epoch.append(row.epoch)
        self.end_us = row.t1_us
        self.ordinal = row.ordinal

    def copy(self) -> Run:
        """A run of its own with the same content."""
        return Run(
            track_id=self.track_id,
            span=self.span,
            start_us=self.start_us,
            end_us=self.end_us,
            ordinal=self.ordinal,
            growing=self.growing,
            seqs=self.seqs[:],
            starts_us=self.starts_us[:],
            keys_us=self.keys_us[:],
            change_us=self.change_us[:],
            change_epoch=self.change_epoch[:],
        )

    def piece_at(self, utc_us: int) -> int:
        """Index of the piece whose part of the run `utc_us` falls into."""
        return max(0, bisect_right(self.starts_us, utc_us) - 1)

    def epoch_at(self, utc_us: int) -> int:
        """The format in force."""
        return self.change_epoch[max(0, bisect_right(self.change_us, utc_us) - 1)]

    def cut_before(self, utc_us: int) -> None:
        """Give up everything before `utc_us`; the pieces that hold nothing later go, too."""
        self.start_us = max(self.start_us, utc_us)
        self._drop_pieces(self.piece_at(self.start_us))

    def cut_after(self, utc_us: int) -> None:
        """Give up everything behind `utc_us`."""
        self.end_us = min(self.end_us, utc_us)
        keep = self.piece_at(self.end_us) + 1
        for numbers in (self.seqs, self.starts_us, self.keys_us):
            del numbers[keep:]

    def evict(self, gone: Callable[[int], bool]) -> bool:
        """Give up the pieces in evicted segments, and what cannot be decoded without them.

        Returns whether anything is left. Segments go in order of age, so the pieces go from the front.
        """
        count = 0
        while count < len(self.seqs) and gone(self.seqs[count]):
            count += 1
        if count == 0:
            return True
        while count < len(self.seqs) and self.keys_us[count] == NEVER_US:
            count += 1
        if count == len(self.seqs) or self.keys_us[count] > self.end_us:
            return False
        self.start_us = max(self.start_us, self.keys_us[count])
        self._drop_pieces(count)
        return True

    def _drop_pieces(self, count: int) -> None:
        for numbers in (self.seqs, self.starts_us, self.keys_us):
            del numbers[:count]
        changes = max(0, bisect_right(self.change_us, self.start_us) - 1)
        del self.change_us[:changes]
        del self.change_epoch[:changes]
