"""What must be there: pieces of time that were recorded, without what was deleted or recorded over."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tests.day.sources import Source


@dataclass(frozen=True, slots=True)
class Piece:
    """What is visible of the units `first` to `last`, which were recorded without a gap: the times between two."""

    start_us: int
    end_us: int
    first: int
    last: int

    def after(self, utc_us: int) -> Piece:
        """The part of it that is not older."""
        return replace(self, start_us=max(self.start_us, utc_us))

    def clean_point(self, source: Source) -> int | None:
        """The time of its first clean point, if there is one."""
        numbers = range(self.first, self.last + 1)
        place = bisect_left(numbers, self.start_us, key=lambda number: source.time_of(number)[0])
        for number in numbers[place : place + source.gop_units]:
            if source.is_key(number):
                utc_us = source.time_of(number)[0]
                return utc_us if utc_us <= self.end_us else None
        return None


@dataclass(slots=True)
class Ledger:
    """One track. Pieces are in the order they were recorded; the last one grows where `growing`."""

    source: Source
    pieces: list[Piece] = field(default_factory=list)
    growing: bool = False
    went_back: bool = False
    deleted_until_us: int | None = None
    deletions: int = 0
    last_told: tuple[int, int] = (0, 0)
    mistakes: list[str] = field(default_factory=list)

    def record(self, first_us: int, last_us: int, first: int, last: int) -> None:
        """Units of these times and numbers were recorded."""
        newest_us = max((piece.end_us for piece in self.pieces), default=first_us)
        self.went_back = self.went_back or first_us < newest_us
        if self.growing and self.pieces:
            self.pieces[-1] = replace(self.pieces[-1], end_us=last_us, last=last)
        else:
            self.pieces.append(Piece(first_us, last_us, first, last))
        self.growing = True
        if self.went_back:
            grown = self.pieces.pop()
            self.pieces = [*_without(self.pieces, grown.start_us, grown.end_us + 1), grown]
            self.went_back = any(before.end_us >= after.start_us for before, after in pairwise(self.pieces)) or (
                self.deleted_until_us is not None and self.pieces[0].start_us < self.deleted_until_us
            )

    def delete(self, start_us: int, end_us: int) -> None:
        """The ring told a deletion. It must follow the one before it without a hole and without an overlap.

        Where the clock went back, footage is not deleted in order of time. After a restart the last deletion may be
        told again.
        """
        if (start_us, end_us) == self.last_told:
            return
        self.last_told = (start_us, end_us)
        self.deletions += 1
        before_us = self.deleted_until_us
        if start_us >= end_us:
            self._blame(f"an empty deletion at {start_us}")
        if before_us is None and self.pieces and start_us != self.pieces[0].start_us and not self.went_back:
            self._blame(f"the first deletion begins {start_us - self.pieces[0].start_us} us behind the first unit")
        if before_us is not None and start_us != before_us and not self.went_back:
            self._blame(f"{start_us - before_us} us between two deletions, at {start_us}")
        self.deleted_until_us = max(end_us, end_us if before_us is None else before_us)
        last = self.pieces[-1] if self.pieces else None
        self.pieces = _without(self.pieces, start_us, end_us)
        self.growing = self.growing and bool(self.pieces) and last is not None and self.pieces[-1].end_us == last.end_us
        if self.pieces:
            self.source.forget_before(min(piece.first for piece in self.pieces))

    def expected(self, limit_us: int) -> list[Piece]:
        """The pieces that must be visible, in order of time."""
        visible = (piece for piece in self.pieces if piece.end_us >= limit_us)
        clamped = (replace(piece, start_us=max(piece.start_us, limit_us)) for piece in visible)
        return sorted(clamped, key=lambda piece: piece.start_us)

    def _blame(self, detail: str) -> None:
        self.mistakes.append(f"track {self.source.track_id}: {detail}")


def _without(pieces: Iterable[Piece], start_us: int, end_us: int) -> list[Piece]:
    """The pieces without the times from `start_us` up to, not including, `end_us`."""
    kept: list[Piece] = []
    for piece in pieces:
        if piece.end_us < start_us or piece.start_us >= end_us:
            kept.append(piece)
            continue
        if piece.start_us < start_us:
            kept.append(replace(piece, end_us=start_us - 1))
        if piece.end_us >= end_us:
            kept.append(replace(piece, start_us=end_us))
    return kept
