"""A plan: how the units of one tick become batches in segments. Changes nothing until it is committed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from argus.base.access_unit import AccessUnit, MediaKind, StreamFormat
from argus.base.units import US_PER_S
from argus.store.ring.batch import BatchBuilder, ChunkBuilder
from argus.store.ring.index import Index
from argus.store.ring.ingest import Item
from argus.store.ring.records import CHUNK_ROW, MARK, UNIT_ROW, Mark
from argus.store.ring.run import NEVER_US
from argus.store.ring.segment import OpenSegment, format_record
from argus.store.ring.volume import Geometry


@dataclass(slots=True, kw_only=True)
class TrackState:
    """What the writer knows of a track it appends to. Inactive: the next unit starts a span."""

    lane: int = 0
    span: int = 0
    next_ordinal: int = 0
    epoch: int = 0
    format: StreamFormat | None = None
    last_us: int = 0
    last_mono_ns: int = 0
    active: bool = False
    longest_us: int = 0


@dataclass(slots=True, kw_only=True)
class Front:
    """Where writing goes on: the open segment of each lane, the slots that may be overwritten next, the tracks.

    The segment opened in `free[0]` gets the number `next_seq`, the one after it the next, as recovery expects.
    """

    open: dict[int, OpenSegment] = field(default_factory=dict)
    free: deque[int] = field(default_factory=deque)
    next_seq: int = 1
    next_span: int = 1
    tracks: dict[int, TrackState] = field(default_factory=dict)

    def copy(self) -> Front:
        return Front(
            open=dict(self.open),
            free=deque(self.free),
            next_seq=self.next_seq,
            next_span=self.next_span,
            tracks={track_id: replace(state) for track_id, state in self.tracks.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The batch of one segment, and whether the segment's footer follows it."""

    lane: int
    segment: OpenSegment
    batch: BatchBuilder
    sealed: bool


class Plan:
    """Packs marks and units behind the append points.

    `front` is the front as it will be; `parts` are the writes that lead there. `lanes` tells the lane of each track;
    one that is not named has lane 0. With `pause_at_seal` no segment is opened after one was filled, as if no slot
    were free: a snapshot written then comes between two segments.
    """

    def __init__(
        self,
        front: Front,
        index: Index,
        geometry: Geometry,
        gap_us: int,
        lanes: Mapping[int, int],
        *,
        pause_at_seal: bool = False,
    ) -> None:
        self.front = front.copy()
        self.parts: list[Part] = []
        self.units = 0
        self.dropped = 0
        self._index = index
        self._segment_bytes = geometry.segment_bytes
        self._gap_us = gap_us
        self._lanes = lanes
        self._pause_at_seal = pause_at_seal
        self._paused = False
        self._next_number = index.next_number
        self._batches: dict[int, BatchBuilder] = {
            lane: BatchBuilder(segment.position) for lane, segment in self.front.open.items()
        }

    def add_mark(self, mark: Mark) -> bool:
        """Place a mark; False if no slot is free. Marks go before units, and are about what was written before."""
        lane = self._lane_of_marks()
        if not self._make_room(lane, 0, MARK.size):
            return False
        state = self.front.tracks.get(mark.track)
        span, ordinal = self.front.next_span, 0
        if state is not None and state.active:
            span, ordinal = state.span, state.next_ordinal
        self._batches[lane].marks.append(mark._replace(number=self._next_number, span=span, ordinal=ordinal))
        self._next_number += 1
        return True

    def end_span(self, track_id: int) -> None:
        """The recorder of the track stopped."""
        if track_id in self.front.tracks:
            self.front.tracks[track_id].active = False

    def add(self, track_id: int, items: Sequence[Item]) -> int:
        """Place units of a track in order; how many until no slot is free.

        A unit that cannot be decoded without lost ones is dropped.
        """
        state = self.front.tracks.get(track_id)
        if state is None:
            state = self.front.tracks[track_id] = TrackState()
        done, count = 0, len(items)
        while done < count:
            unit = items[done]
            if unit is None:
                state.active = False
                done += 1
                continue
            new_span = not state.active or self._is_gap(state, unit)
            if new_span and not unit.key_frame:
                state.active = False
                self.dropped += 1
                done += 1
                continue
            lane = self._lanes.get(track_id, 0) if new_span or unit.key_frame else state.lane
            chunk = self._start_chunk(track_id, state, unit, lane, new_span=new_span)
            if chunk is None:
                if lane not in self.front.open:
                    return done
                state.active = False
                self.dropped += 1
                done += 1
                continue
            done = self._fill(state, chunk, items, done + 1)
        return done

    def finish(self) -> None:
        """Turn what is left into the last parts."""
        for lane, batch in sorted(self._batches.items()):
            if batch and lane in self.front.open:
                self.parts.append(Part(lane=lane, segment=self.front.open[lane], batch=batch, sealed=False))

    def _lane_of_marks(self) -> int:
        """One that is written to anyway: marks would keep the last segment of an idle lane young for ever."""
        lanes = {state.lane for state in self.front.tracks.values() if state.active} or set(self.front.open)
        return min(lanes & self.front.open.keys(), default=min(lanes, default=0))

    def _fill(self, state: TrackState, chunk: ChunkBuilder, items: Sequence[Item], start: int) -> int:
        """Put the units that follow into the chunk, as long as they belong there; where the next one begins."""
        room = self._room(state.lane)
        video = chunk.format.codec.kind is MediaKind.VIDEO
        last_us, longest_us, stream_format, taken = state.last_us, state.longest_us, chunk.format, chunk.units
        place = start
        for place in range(start, len(items) + 1):
            unit = items[place] if place < len(items) else None
            if unit is None or (unit.key_frame and video) or unit.format is not stream_format:
                break
            step_us = unit.utc_us - last_us
            room -= len(unit.data) + UNIT_ROW.size
            if not 0 <= step_us <= longest_us or room < 0 or not chunk.takes(unit):
                break
            taken.append(unit)
            last_us = unit.utc_us
        state.last_us, state.last_mono_ns = last_us, taken[-1].mono_ns
        self.units += place - start
        self._batches[state.lane].grow(chunk)
        return place

    def _start_chunk(
        self, track_id: int, state: TrackState, unit: AccessUnit, lane: int, *, new_span: bool
    ) -> ChunkBuilder | None:
        """A chunk that begins with the unit; None if there is no place for it in the lane."""
        follows = not new_span and lane != state.lane
        epoch = state.epoch
        if state.format is not unit.format and state.format != unit.format:
            epoch = self._index.epoch_of(track_id, unit.format)
        payload_bytes = len(unit.data) + UNIT_ROW.size
        record, encoded = format_record(track_id, epoch, unit.format)
        if not self._make_room(lane, payload_bytes, CHUNK_ROW.size + len(encoded)):
            return None
        segment, batch = self.front.open[lane], self._batches[lane]
        if not segment.fits(self._segment_bytes, batch, payload_bytes, CHUNK_ROW.size + len(encoded)):
            return None
        if new_span or follows:
            state.span, state.next_ordinal = self.front.next_span, 0
            self.front.next_span += 1
        if (track_id, epoch) not in segment.directory.formats and record not in batch.formats:
            batch.formats.append(record)
            batch.format_bytes += encoded
        chunk = ChunkBuilder(track_id, state.span, state.next_ordinal, epoch, unit, follows=follows)
        batch.start_chunk(chunk)
        if state.format is not unit.format:
            state.longest_us = self._longest_us(unit.format)
        state.active, state.lane, state.epoch, state.format = True, lane, epoch, unit.format
        state.last_us, state.last_mono_ns = unit.utc_us, unit.mono_ns
        state.next_ordinal += 1
        self.units += 1
        return chunk

    def _is_gap(self, state: TrackState, unit: AccessUnit) -> bool:
        """Whether time went backwards, or further forwards than the stream or, in a silence, its own clock explains."""
        longest_us = state.longest_us if unit.format is state.format else self._longest_us(unit.format)
        step_us = unit.utc_us - state.last_us
        if not 0 <= step_us <= longest_us:
            return True
        # Both sides of a step of the clock in one span could not be corrected apart.
        return longest_us == NEVER_US and step_us - (unit.mono_ns - state.last_mono_ns) // 1000 > self._gap_us

    def _longest_us(self, stream_format: StreamFormat) -> int:
        """The longest silence without a gap. Metadata may be silent for as long as it likes."""
        if stream_format.codec.kind is MediaKind.METADATA:
            return NEVER_US
        interval_us = int(US_PER_S / stream_format.frame_rate) if stream_format.frame_rate > 0 else 0
        return self._gap_us + 2 * interval_us

    def _room(self, lane: int) -> int:
        """How many more bytes of payload the open segment of the lane takes in chunks that are begun."""
        return self.front.open[lane].room(self._segment_bytes, self._batches[lane])

    def _make_room(self, lane: int, payload_bytes: int, meta_bytes: int) -> bool:
        """Go to the next segment if the open one has no room; False if no slot is free."""
        segment = self.front.open.get(lane)
        if segment is not None:
            if segment.fits(self._segment_bytes, self._batches[lane], payload_bytes, meta_bytes):
                return True
            self.parts.append(Part(lane=lane, segment=segment, batch=self._batches[lane], sealed=True))
            del self.front.open[lane], self._batches[lane]
            self._paused = self._pause_at_seal
        if self._paused or not self.front.free:
            return False
        self.front.open[lane] = OpenSegment(seq=self.front.next_seq, slot=self.front.free.popleft())
        self._batches[lane] = BatchBuilder(0)
        self.front.next_seq += 1
        return True
