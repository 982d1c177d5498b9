"""The present boot: what it recorded is moved to true time once its clock is synchronized for the first time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from argus.base.clock import Clock
from argus.linux.time_sync import TimeSync
from argus.store.ring import layout
from argus.store.ring.index import Index
from argus.store.ring.rebase import Move, Rebase, RecordedSpan
from argus.store.ring.records import Mark
from argus.store.ring.rows import Rows
from argus.store.ring.run import Run

logger = logging.getLogger(__name__)


class Boot:
    """Turns the decisions of `Rebase` into marks of the volume. Its methods may read directories."""

    def __init__(self, index: Index, rows: Rows, clock: Clock, time_sync: TimeSync) -> None:
        self._index = index
        self._rows = rows
        self._clock = clock
        self._time_sync = time_sync
        # A number that is never 0, which stands for no boot at all.
        self._id = int.from_bytes(time_sync.boot_id.bytes[:8], "little", signed=True) or 1
        self._rebase = Rebase(boot_id=self._id, rebased_boot_id=index.boot if index.synchronized else 0)

    def begin(self) -> list[Mark]:
        """What the volume is to know before anything is recorded."""
        return [] if self._index.boot == self._id else [Mark(kind=layout.MARK_BOOT, value=self._id)]

    def due(self) -> list[Mark]:
        """What is to be moved now; nothing most of the time. Call it every few seconds."""
        mono_ns = self._clock.mono_ns()
        offset_us = self._clock.utc_us() - mono_ns // 1000
        if not self._rebase.is_due(mono_ns, offset_us, synchronized=self._time_sync.is_synchronized()):
            return []
        moves = self._rebase.moves(mono_ns, self._index.boot, self._spans())
        if moves:
            logger.warning("the clock was synchronized: %d spans of this boot are moved to true time", len(moves))
        return [
            *(
                Mark(kind=layout.MARK_REBASE, track=move.track_id, target=move.span, value=move.shift_us)
                for move in _in_order(moves)
            ),
            Mark(kind=layout.MARK_SYNC),
        ]

    def _spans(self) -> Iterator[RecordedSpan]:
        for track in self._index.known():
            # What is left of a span may be several runs; the newest tells for all of them.
            runs = {run.span: run for run in self._index.runs(track.track_id) if run.span >= self._index.boot_span}
            for run in runs.values():
                offset_us = self._offset_us(run)
                if offset_us is not None:
                    yield RecordedSpan(run.track_id, run.span, run.start_us, run.end_us, offset_us, synchronized=False)

    def _offset_us(self, run: Run) -> int | None:
        """Wall time less monotonic time when the newest chunk of the run was recorded."""
        rows = self._rows.of(run, run.last_seq)
        return rows[-1].t0_us + run.shift_us - rows[-1].mono0_ns // 1000 if rows else None


def _in_order(moves: Iterable[Move]) -> list[Move]:
    """So that none is moved onto footage that is still to be moved itself, and would be hidden.

    `moves` come newest first. What goes back goes first, the oldest of it before all.
    """
    newest_first = list(moves)
    back = [move for move in reversed(newest_first) if move.shift_us < 0]
    return back + [move for move in newest_first if move.shift_us >= 0]
