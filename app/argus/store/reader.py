"""The reader: groups of pictures out of durable, visible footage. Its methods may block; any thread may call them."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.store.chunk import read_chunk, units_of
from argus.store.directories import Directories
from argus.store.index import Index
from argus.store.records import ChunkRow
from argus.store.run import NEVER_US, Run
from argus.store.segment import first_row_from, last_row_until
from argus.store.span import Gop, Span
from argus.store.volume import Volume

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Place:
    """A chunk: which piece of its run, which row of that piece."""

    piece: int
    number: int
    row: ChunkRow


class Reader:
    """Finds and reads GOPs. `limit_us` of the calls is the oldest visible time at the moment of the call."""

    def __init__(self, volume: Volume, index: Index, directories: Directories) -> None:
        self._volume = volume
        self._index = index
        self._directories = directories
        self.damaged = 0

    def at(self, track_id: int, utc_us: int, limit_us: int, *, forward: bool) -> Gop | None:
        """The GOP with the time in it; in a gap the first after it (forward) or the last before it."""
        run = self._index.run_from(track_id, max(utc_us, limit_us))
        if run is not None and run.start_us <= utc_us:
            bound_us = max(run.start_us, limit_us)
            place = self._last_key(run, utc_us, bound_us)
            gop = self._gop(run, place, utc_us, bound_us, NEVER_US) if place else None
            if gop is not None:
                return gop
        return self.from_time(track_id, utc_us, limit_us) if forward else self.until(track_id, utc_us, limit_us)

    def from_time(self, track_id: int, utc_us: int, limit_us: int) -> Gop | None:
        """The first GOP that begins at `utc_us` or later."""
        while (run := self._index.run_from(track_id, max(utc_us, limit_us))) is not None:
            bound_us = max(utc_us, limit_us, run.start_us)
            while (place := self._first_key(run, bound_us)) is not None:
                gop = self._gop(run, place, bound_us, bound_us, NEVER_US)
                if gop is not None:
                    return gop
                bound_us = (place.row.t1_us if place.row.all_keys else place.row.t0_us) + 1
            utc_us = run.end_us + 1
        return None

    def until(self, track_id: int, utc_us: int, limit_us: int) -> Gop | None:
        """The last GOP that begins at `utc_us` or earlier."""
        while utc_us >= limit_us and (run := self._index.run_until(track_id, utc_us)) is not None:
            bound_us = max(limit_us, run.start_us)
            while (place := self._last_key(run, utc_us, bound_us)) is not None:
                gop = self._gop(run, place, bound_us, bound_us, utc_us)
                if gop is not None:
                    return gop
                utc_us = place.row.t0_us - 1
            utc_us = run.start_us - 1
        return None

    def after(self, gop: Gop, limit_us: int) -> Gop | None:
        """The next GOP of the track."""
        every_unit = gop.units[-1].key_frame
        begun_us = gop.units[-1].utc_us if every_unit else gop.start_us
        return self.from_time(gop.track_id, begun_us + 1, limit_us)

    def before(self, gop: Gop, limit_us: int) -> Gop | None:
        """The previous GOP of the track."""
        return self.until(gop.track_id, gop.start_us - 1, limit_us)

    def spans(self, track_id: int, limit_us: int) -> tuple[Span, ...]:
        """Visible footage in order of time, without reading: each span from its first visible clean point."""
        spans: list[Span] = []
        with self._index.lock:
            track = self._index.tracks.get(track_id)
            runs = track.runs if track else []
            for run in runs[bisect_left(runs, limit_us, key=lambda run: run.end_us) :]:
                if run.start_us >= limit_us and (whole := run.whole()) is not None:
                    spans.append(whole)
                    continue
                start_us = self.first_visible(run, limit_us, cached_only=True)
                if start_us is not None:
                    spans.append(Span(start_us=start_us, end_us=run.end_us, growing=run.growing))
        return tuple(spans)

    def first_visible(self, run: Run, limit_us: int, *, cached_only: bool = False) -> int | None:
        """The first clean point of a run at `limit_us` or later, None where there is none.

        With `cached_only` nothing is read; where that would be needed the limit itself stands in.
        """
        bound_us = max(run.start_us, limit_us)
        piece = run.piece_at(bound_us)
        if run.keys_us[piece] < bound_us:
            if cached_only and self._directories.cached(run.seqs[piece]) is None:
                return bound_us if bound_us <= run.end_us else None
            row = self._key_in(run, piece, bound_us)
            if row is not None:
                return max(bound_us, row.t0_us)
            piece += 1
        first_us = next((key_us for key_us in run.keys_us[piece:] if key_us != NEVER_US), NEVER_US)
        return first_us if first_us <= run.end_us else None

    def edge(self, track_id: int, limit_us: int, ahead_us: int) -> set[int]:
        """Segments whose directories tell where visible footage begins, now and until `ahead_us` later."""
        run = self._index.run_from(track_id, limit_us)
        if run is None:
            return set()
        pieces = range(run.piece_at(limit_us), run.piece_at(limit_us + ahead_us) + 1)
        return {run.seqs[piece] for piece in pieces}

    # -- places -------------------------------------------------------------------------------------------------

    def _rows(self, run: Run, piece: int) -> Sequence[ChunkRow]:
        rows = self._directories.get(run.seqs[piece]).span(run.track_id, run.span)
        if rows and rows[-1].t0_us > run.end_us:
            return [row for row in rows if row.t0_us <= run.end_us]
        return rows

    def _key_in(self, run: Run, piece: int, bound_us: int) -> ChunkRow | None:
        rows = self._rows(run, piece)
        following = (rows[number] for number in range(first_row_from(rows, bound_us), len(rows)))
        return next((row for row in following if _is_clean_from(run, row, bound_us)), None)

    def _first_key(self, run: Run, bound_us: int) -> _Place | None:
        """The first chunk that begins with a clean point (or has one) at `bound_us` or later."""
        for piece in range(run.piece_at(bound_us), len(run.seqs)):
            if run.keys_us[piece] != NEVER_US:
                row = self._key_in(run, piece, bound_us)
                if row is not None:
                    return _Place(piece, self._rows(run, piece).index(row), row)
        return None

    def _last_key(self, run: Run, utc_us: int, bound_us: int) -> _Place | None:
        """The last chunk that begins with a clean point at `utc_us` or earlier, but not before `bound_us`."""
        for piece in range(run.piece_at(utc_us), -1, -1):
            if run.keys_us[piece] == NEVER_US:
                continue
            rows = self._rows(run, piece)
            for number in range(last_row_until(rows, utc_us), -1, -1):
                row = rows[number]
                if row.key:
                    return _Place(piece, number, row) if _is_clean_from(run, row, bound_us) else None
        return None

    def _onwards(self, run: Run, place: _Place) -> Iterator[tuple[int, ChunkRow]]:
        """Segment and row of every chunk of the run behind a place."""
        number = place.number + 1
        for piece in range(place.piece, len(run.seqs)):
            for row in self._rows(run, piece)[number:]:
                yield run.seqs[piece], row
            number = 0

    # -- bytes --------------------------------------------------------------------------------------------------

    def _gop(self, run: Run, place: _Place, wanted_us: int, bound_us: int, until_us: int) -> Gop | None:
        """The GOP that begins at a place, or None where its first chunk is damaged or gone.

        Where every unit is a clean point: the units of the chunk from the one with `wanted_us` in it on, as far as
        they lie between the other two times.
        """
        units = self._units(run, run.seqs[place.piece], place.row)
        if not units:
            return None
        if place.row.all_keys:
            begin_us = max((unit.utc_us for unit in units if unit.utc_us <= wanted_us), default=wanted_us)
            units = [unit for unit in units if max(begin_us, bound_us) <= unit.utc_us <= until_us]
            more = next(self._onwards(run, place), None) is not None or until_us < run.end_us
            return _of(run, units, complete=True, ends_span=not more and not run.growing) if units else None
        expected = place.row.ordinal + 1
        for seq, row in self._onwards(run, place):
            if row.key:
                return _of(run, units, complete=True, ends_span=row.ordinal != expected)
            following = self._units(run, seq, row) if row.ordinal == expected else None
            if following is None:
                # Units are missing: whoever plays this must take it as a gap.
                return _of(run, units, complete=True, ends_span=True)
            units += following
            expected += 1
        return _of(run, units, complete=not run.growing, ends_span=not run.growing)

    def _units(self, run: Run, seq: int, row: ChunkRow) -> list[AccessUnit] | None:
        """The units of a chunk that belong to the run; None where it is damaged or was given up."""
        slot = self._index.slot_of(seq)
        stream_format = self._format(seq, row)
        if slot is None or stream_format is None:
            return None
        try:
            data = read_chunk(self._volume, slot, row)
        except OSError as error:
            logger.warning("segment %d at %d cannot be read: %s", seq, row.offset, error)
            data = None
        # The segment may have been overwritten while it was read.
        if self._index.slot_of(seq) != slot:
            return None
        if data is None:
            self.damaged += 1
            return None
        units = units_of(data, row, stream_format)
        if row.t1_us <= run.end_us:
            return list(units)
        return [unit for unit in units if unit.utc_us <= run.end_us]

    def _format(self, seq: int, row: ChunkRow) -> StreamFormat | None:
        found = self._directories.get(seq).formats.get((row.track, row.epoch))
        if found is not None:
            return found
        # The batch that holds the record is damaged; what came after it is not lost for that.
        track = self._index.tracks.get(row.track)
        return track.formats.get(row.epoch) if track is not None else None


def _is_clean_from(run: Run, row: ChunkRow, bound_us: int) -> bool:
    """Whether the chunk has a clean point at `bound_us` or later."""
    return row.key and (row.t0_us >= bound_us or (row.all_keys and min(row.t1_us, run.end_us) >= bound_us))


def _of(run: Run, units: list[AccessUnit], *, complete: bool, ends_span: bool) -> Gop:
    return Gop(
        track_id=run.track_id,
        start_us=units[0].utc_us,
        units=tuple(units),
        complete=complete,
        ends_span=ends_span,
    )
