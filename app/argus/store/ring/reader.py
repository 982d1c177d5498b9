"""The reader: groups of pictures out of durable, visible footage. Its methods may block; any thread may call them."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Sequence

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.store.ring.chunk import read_chunk, units_of
from argus.store.ring.directories import Directories
from argus.store.ring.index import Index, Track
from argus.store.ring.records import ChunkRow
from argus.store.ring.rows import Place, Rows
from argus.store.ring.run import NEVER_US, Run
from argus.store.ring.segments import track_bit
from argus.store.ring.span import Gop, Span
from argus.store.ring.volume import Volume

logger = logging.getLogger(__name__)

# Between two spans of which one goes on where the other ended. Longer ones are told as gaps.
_LONGEST_STEP_US = 3_000_000


class Reader:
    """Finds and reads GOPs. `limit_us` of the calls is the oldest visible time at the moment of the call."""

    def __init__(self, volume: Volume, index: Index, directories: Directories, rows: Rows) -> None:
        self._volume = volume
        self._index = index
        self._directories = directories
        self._rows = rows
        self.damaged = 0

    def at(self, track_id: int, utc_us: int, limit_us: int, *, forward: bool) -> Gop | None:
        """The GOP with the time in it; in a gap the first after it (forward) or the last before it."""
        run = self._index.run_from(track_id, max(utc_us, limit_us))
        if run is not None and run.start_us <= utc_us:
            bound_us = max(run.start_us, limit_us)
            place = self._rows.last_clean(run, utc_us, bound_us)
            gop = self._gop(run, place, utc_us, bound_us, NEVER_US) if place else None
            if gop is not None:
                return gop
        return self.from_time(track_id, utc_us, limit_us) if forward else self.until(track_id, utc_us, limit_us)

    def from_time(self, track_id: int, utc_us: int, limit_us: int) -> Gop | None:
        """The first GOP that begins at `utc_us` or later."""
        while (run := self._index.run_from(track_id, max(utc_us, limit_us))) is not None:
            bound_us = max(utc_us, limit_us, run.start_us)
            while (place := self._rows.first_clean(run, bound_us)) is not None:
                gop = self._gop(run, place, bound_us, bound_us, NEVER_US)
                if gop is not None:
                    return gop
                last_us = place.row.t1_us if place.row.all_keys else place.row.t0_us
                bound_us = last_us + run.shift_us + 1
            utc_us = run.end_us + 1
        return None

    def until(self, track_id: int, utc_us: int, limit_us: int) -> Gop | None:
        """The last GOP that begins at `utc_us` or earlier."""
        while utc_us >= limit_us and (run := self._index.run_until(track_id, utc_us)) is not None:
            bound_us = max(limit_us, run.start_us)
            while (place := self._rows.last_clean(run, utc_us, bound_us)) is not None:
                gop = self._gop(run, place, bound_us, bound_us, utc_us)
                if gop is not None:
                    return gop
                utc_us = place.row.t0_us + run.shift_us - 1
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

    # -- spans --------------------------------------------------------------------------------------------------

    def spans(self, track_id: int, limit_us: int) -> tuple[Span, ...]:
        """Visible footage in order of time, without reading: each span from its first visible clean point."""
        with self._index.lock:
            track = self._index.tracks.get(track_id)
            if track is None or not track.runs:
                return ()
            whole = self._whole(track)
            if whole and whole[0].start_us >= limit_us:
                return tuple(whole)
            return self._clamped(track, whole, limit_us)

    def first_visible(self, run: Run, limit_us: int, *, cached_only: bool = False) -> int | None:
        """The first clean point of a run at `limit_us` or later, None where there is none.

        With `cached_only` nothing is read; where that would be needed the limit itself stands in.
        """
        if run.clean and run.start_us >= limit_us:
            return run.start_us
        bound_us = max(run.start_us, limit_us)
        if bound_us > run.end_us or (cached_only and not self._is_at_hand(run, bound_us)):
            return bound_us if bound_us <= run.end_us else None
        place = self._rows.first_clean(run, bound_us)
        first_us = max(bound_us, place.row.t0_us + run.shift_us) if place is not None else NEVER_US
        return first_us if first_us <= run.end_us else None

    def edge(self, track_id: int, limit_us: int, ahead_us: int) -> set[int]:
        """Segments whose directories tell where visible footage begins, now and until `ahead_us` later."""
        run = self._index.run_from(track_id, limit_us)
        if run is None or (run.clean and run.start_us > limit_us + ahead_us):
            return set()
        segments, bit = self._index.segments, track_bit(track_id)
        with self._index.lock:
            first = segments.first_reaching(run.lane, run.first_seq, run.last_seq, bit, limit_us - run.shift_us)
            last = segments.last_begun(run.lane, run.first_seq, run.last_seq, bit, limit_us + ahead_us - run.shift_us)
            if first is None:
                return set()
            following = segments.next_after(run.lane, max(first, last or 0), run.last_seq, bit)
            held = segments.between(run.lane, first, max(first, last or 0), bit)
        return {*held, *(() if following is None else (following,))}

    def _whole(self, track: Track) -> list[Span]:
        """All runs as spans; those that go on without a gap are joined. Kept while only the newest run grows."""
        last = track.runs[-1]
        if track.whole:
            track.whole[-1] = track.whole[-1]._replace(end_us=last.end_us, growing=last.growing)
            return track.whole
        if all(run.clean and not run.follows for run in track.runs):
            # Tens of thousands, when a client asks for all that a motion detector recorded.
            track.whole = [Span(run.start_us, run.end_us, run.growing) for run in track.runs]
            return track.whole
        spans: list[Span] = []
        before: Run | None = None
        for run in track.runs:
            start_us = run.start_us if run.clean else self.first_visible(run, run.start_us, cached_only=True)
            if start_us is None:
                continue
            if spans and before is not None and _goes_on(before, run):
                spans[-1] = spans[-1]._replace(end_us=run.end_us, growing=run.growing)
            else:
                spans.append(Span(start_us, run.end_us, run.growing))
            before = run
        if all(run.clean for run in track.runs):
            track.whole = spans
        return spans

    def _clamped(self, track: Track, whole: Sequence[Span], limit_us: int) -> tuple[Span, ...]:
        """The spans as far as they are not older than the limit."""
        for run in track.runs[bisect_left(track.runs, limit_us, key=lambda run: run.end_us) :]:
            start_us = self.first_visible(run, limit_us, cached_only=True)
            if start_us is not None:
                spans = whole[bisect_left(whole, start_us, key=lambda span: span.end_us) :]
                if spans and spans[0].start_us < start_us:
                    return (spans[0]._replace(start_us=start_us), *spans[1:])
                return tuple(spans)
        return ()

    def _is_at_hand(self, run: Run, bound_us: int) -> bool:
        bit, raw_us = track_bit(run.track_id), bound_us - run.shift_us
        seq = self._index.segments.first_reaching(run.lane, run.first_seq, run.last_seq, bit, raw_us)
        while seq is not None:
            if self._directories.cached(seq) is None:
                return False
            if self._rows.clean_in(run, seq, bound_us) is not None:
                return True
            seq = self._index.segments.next_after(run.lane, seq, run.last_seq, bit)
        return True

    # -- bytes --------------------------------------------------------------------------------------------------

    def _gop(self, run: Run, place: Place, wanted_us: int, bound_us: int, until_us: int) -> Gop | None:
        """The GOP that begins at a place, or None where its first chunk is damaged or gone.

        Where every unit is a clean point: the units of the chunk from the one with `wanted_us` in it on, as far as
        they lie between the other two times.
        """
        units = self._units(run, place)
        if not units:
            return None
        if place.row.all_keys:
            begin_us = max((unit.utc_us for unit in units if unit.utc_us <= wanted_us), default=wanted_us)
            units = [unit for unit in units if max(begin_us, bound_us) <= unit.utc_us <= until_us]
            more = next(self._rows.onwards(run, place), None) is not None or until_us < run.end_us
            return _of(run, units, complete=True, ends_span=not more and self._ends(run)) if units else None
        expected = place.row.ordinal + 1
        for following in self._rows.onwards(run, place):
            row = following.row
            if row.key:
                return _of(run, units, complete=True, ends_span=row.ordinal != expected)
            added = self._units(run, following) if row.ordinal == expected else None
            if added is None:
                # Units are missing: whoever plays this must take it as a gap.
                return _of(run, units, complete=True, ends_span=True)
            units += added
            expected += 1
        return _of(run, units, complete=not run.growing, ends_span=self._ends(run))

    def _ends(self, run: Run) -> bool:
        """Whether a gap follows the run."""
        if run.growing:
            return False
        following = self._index.run_from(run.track_id, run.end_us + 1)
        return following is None or not _goes_on(run, following)

    def _units(self, run: Run, place: Place) -> list[AccessUnit] | None:
        """The units of a chunk that belong to the run; None where it is damaged or was given up."""
        row, slot = place.row, self._index.slot_of(place.seq)
        stream_format = self._format(place.seq, row)
        if slot is None or stream_format is None:
            return None
        try:
            data = read_chunk(self._volume, slot, row)
        except OSError as error:
            logger.warning("segment %d at %d cannot be read: %s", place.seq, row.offset, error)
            data = None
        # The segment may have been overwritten while it was read.
        if self._index.slot_of(place.seq) != slot:
            return None
        if data is None:
            self.damaged += 1
            return None
        units = units_of(data, row, stream_format, run.shift_us)
        if row.t1_us + run.shift_us <= run.end_us:
            return list(units)
        return [unit for unit in units if unit.utc_us <= run.end_us]

    def _format(self, seq: int, row: ChunkRow) -> StreamFormat | None:
        found = self._directories.get(seq).formats.get((row.track, row.epoch))
        if found is not None:
            return found
        # The batch that holds the record is damaged; what came after it is not lost for that.
        track = self._index.tracks.get(row.track)
        return track.formats.get(row.epoch) if track is not None else None


def _goes_on(run: Run, following: Run) -> bool:
    """Whether nothing is missing between two neighbours."""
    return (
        following.follows
        and run.span < following.span
        and not (run.cut_short or run.growing)
        and 0 <= following.start_us - run.end_us <= _LONGEST_STEP_US
    )


def _of(run: Run, units: list[AccessUnit], *, complete: bool, ends_span: bool) -> Gop:
    return Gop(
        track_id=run.track_id,
        start_us=units[0].utc_us,
        units=tuple(units),
        complete=complete,
        ends_span=ends_span,
    )
