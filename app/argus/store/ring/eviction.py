"""What giving up segments leaves of the footage in them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby

from argus.store.ring.index import Index, Track, TrackEviction
from argus.store.ring.rows import Rows
from argus.store.ring.run import Run
from argus.store.ring.segments import track_bit


def evictions(index: Index, rows: Rows, seqs: Collection[int], protected: Collection[int] = ()) -> list[TrackEviction]:
    """What every track loses and keeps if these segments go. Changes nothing; may read directories.

    A track loses its oldest footage first: what was written and taken before something that goes, goes too, though it
    lies in another lane's segment that stays; unless that is protected.
    """
    gone = frozenset(seqs)
    found = (_of_track(index, rows, track, gone, frozenset(protected)) for track in index.known())
    return [eviction for eviction in found if eviction is not None]


def _of_track(
    index: Index, rows: Rows, track: Track, gone: frozenset[int], protected: frozenset[int]
) -> TrackEviction | None:
    held = {id(run): _segments_of(index, run) for run in track.runs}
    left = [(run, _left(rows, run, held[id(run)], gone)) for run in track.runs]
    lost = [run for run, parts in left if parts != [run]]
    if not lost:
        return None

    def stays(part: Run, run: Run) -> bool:
        overtaken = any(part.span < other.span and part.end_us < other.start_us for other in lost)
        return not overtaken or not protected.isdisjoint(held[id(run)])

    kept: list[tuple[Run, Run]] = []
    ranges: list[tuple[int, int]] = []
    joined = False
    for run, parts in left:
        position_us = run.start_us
        for part in parts:
            if not stays(part, run):
                continue
            if part.start_us > position_us:
                _lose(ranges, position_us, part.start_us, joined=joined)
            kept.append((part, run))
            joined, position_us = False, part.end_us + 1
        if position_us <= run.end_us:
            joined = _lose(ranges, position_us, run.end_us + 1, joined=joined)
    return TrackEviction(track, kept, ranges)


def _segments_of(index: Index, run: Run) -> list[int]:
    return index.segments.between(run.lane, run.first_seq, run.last_seq, track_bit(run.track_id))


def _lose(ranges: list[tuple[int, int]], start_us: int, end_us: int, *, joined: bool) -> bool:
    """Note a range that goes; neighbours are joined across the gap between them."""
    if joined:
        ranges[-1] = (ranges[-1][0], end_us)
    else:
        ranges.append((start_us, end_us))
    return True


def _left(rows: Rows, run: Run, held: list[int], gone: frozenset[int]) -> list[Run]:
    """What is left of a run, in order of time: the run itself where it loses nothing."""
    if gone.isdisjoint(held):
        return [run]
    left: list[Run] = []
    for is_gone, group in groupby(held, gone.__contains__):
        seqs = list(group)
        part = None if is_gone else _part(rows, run, seqs, begins=seqs[0] == held[0], ends=seqs[-1] == held[-1])
        if part is not None:
            left.append(part)
    return left


def _part(rows: Rows, run: Run, seqs: list[int], *, begins: bool, ends: bool) -> Run | None:
    """The part of a run in these segments, from its first clean point to its last unit."""
    part = run.copy()
    if not ends:
        last_us = rows.last_us(run, seqs)
        if last_us is None or last_us < part.start_us:
            return None
        part.cut_after(last_us, seqs[-1])
        part.cut_short, part.growing = True, False
    if not begins:
        place = rows.first_clean(part, part.start_us, seqs[0])
        if place is None:
            return None
        first_us = max(part.start_us, place.row.t0_us + run.shift_us)
        if first_us > part.end_us:
            return None
        part.cut_before(first_us, place.seq, clean=True)
        part.first_seq = max(part.first_seq, place.seq)
    return part
