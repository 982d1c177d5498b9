"""Clean starts: a run that lost its beginning to other footage begins with its next clean point."""

from __future__ import annotations

from argus.store.ring.index import Index, Track
from argus.store.ring.rows import Rows
from argus.store.ring.run import Run


def find_clean_starts(index: Index, rows: Rows) -> None:
    """Let every run begin where it can be decoded from; what never can goes. Belongs to the writer; may read.

    A run that is still recorded may wait for its first clean point.
    """
    for track in index.known():
        if track.unclear:
            for run in [run for run in track.runs if not run.clean]:
                _settle(index, rows, track, run)
            track.unclear = any(not run.clean for run in track.runs)


def _settle(index: Index, rows: Rows, track: Track, run: Run) -> None:
    place = rows.first_clean(run, run.start_us)
    first_us = max(run.start_us, place.row.t0_us + run.shift_us) if place is not None else None
    with index.lock:
        if place is not None and first_us is not None and first_us <= run.end_us:
            run.cut_before(first_us, place.seq, clean=True)
            run.clean = True
        elif run is not track.tail:
            track.runs = [other for other in track.runs if other is not run]
        track.whole = None
