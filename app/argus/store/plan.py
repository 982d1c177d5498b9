"""A plan: how the units of one tick become batches in segments. Changes nothing until it is committed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from argus.base.access_unit import AccessUnit, MediaKind, StreamFormat
from argus.base.units import US_PER_S
from argus.store.batch import BatchBuilder, ChunkBuilder
from argus.store.index import Index
from argus.store.records import CHUNK_ROW, MARK, UNIT_ROW, Mark
from argus.store.run import NEVER_US
from argus.store.segment import OpenSegment, format_record
from argus.store.volume import Geometry

# How much a batch is granted at once, before it is asked again whether the segment has room.
_ROOM_BYTES = 64 << 10


@dataclass(slots=True, kw_only=True)
class TrackState:
    """What the writer knows of a track it appends to. Inactive: the next unit starts a span."""

    span: int = 0
    next_ordinal: int = 0
    epoch: int = 0
    format: StreamFormat | None = None
    last_us: int = 0
    active: bool = False
    longest_us: int = 0


@dataclass(slots=True, kw_only=True)
class Lane:
    """An append point: the open segment, the slots that may be overwritten next, and the tracks it serves.

    The segment opened in `free[0]` gets the number `next_seq`, the one after it the next, as recovery expects.
    """

    open: OpenSegment | None = None
    free: deque[int] = field(default_factory=deque)
    next_seq: int = 1
    next_span: int = 1
    tracks: dict[int, TrackState] = field(default_factory=dict)

    def copy(self) -> Lane:
        return Lane(
            open=self.open,
            free=deque(self.free),
            next_seq=self.next_seq,
            next_span=self.next_span,
            tracks={track_id: replace(state) for track_id, state in self.tracks.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The batch of one segment, and whether the segment's footer follows it."""

    segment: OpenSegment
    batch: BatchBuilder
    sealed: bool


class Plan:
    """Packs marks and units, in order, behind the append point of a lane.

    `lane` is the lane as it will be; `parts` are the writes that lead there.
    """

    def __init__(self, lane: Lane, index: Index, geometry: Geometry, gap_us: int) -> None:
        self.lane = lane.copy()
        self.parts: list[Part] = []
        self.units = 0
        self.dropped = 0
        self._index = index
        self._segment_bytes = geometry.segment_bytes
        self._gap_us = gap_us
        self._next_number = index.next_number
        self._room = 0
        self._chunks: dict[int, ChunkBuilder] = {}
        self._batch = BatchBuilder(self.lane.open.position if self.lane.open else 0)

    def add_mark(self, mark: Mark) -> bool:
        """Place a mark; False if no slot is free. Marks go before units."""
        if not self._make_room(0, MARK.size):
            return False
        assert self.lane.open is not None
        number = self._next_number if mark.number else 0
        self._next_number += bool(mark.number)
        position = len(self.lane.open.directory.rows)
        self._batch.marks.append(mark._replace(number=number, position=position))
        return True

    def end_span(self, track_id: int) -> None:
        """The recorder of the track stopped."""
        if track_id in self.lane.tracks:
            self.lane.tracks[track_id].active = False

    def add(self, track_id: int, unit: AccessUnit) -> bool:
        """Place a unit; False if no slot is free. A unit that cannot be decoded without lost ones is dropped."""
        state = self.lane.tracks.setdefault(track_id, TrackState())
        new_span = not state.active or self._is_gap(state, unit)
        if new_span and not unit.key_frame:
            state.active = False
            self.dropped += 1
            return True
        epoch = state.epoch
        if state.format is not unit.format and state.format != unit.format:
            epoch = self._index.epoch_of(track_id, unit.format)
        chunk = self._chunks.get(track_id)
        same = chunk is not None and not new_span and epoch == state.epoch and _continues(chunk, unit)
        if chunk is None or not same or not self._has_room(len(unit.data) + UNIT_ROW.size):
            return self._start_chunk(track_id, unit, epoch, new_span)
        self._batch.add_to(chunk, unit)
        state.last_us = unit.utc_us
        self.units += 1
        return True

    def finish(self) -> None:
        """Turn what is left into the last part."""
        if self._batch and self.lane.open is not None:
            self.parts.append(Part(segment=self.lane.open, batch=self._batch, sealed=False))

    def _start_chunk(self, track_id: int, unit: AccessUnit, epoch: int, new_span: bool) -> bool:
        payload_bytes = len(unit.data) + UNIT_ROW.size
        record, encoded = format_record(track_id, epoch, unit.format)
        if not self._make_room(payload_bytes, CHUNK_ROW.size + len(encoded)):
            return False
        assert self.lane.open is not None
        if not self._fits(payload_bytes, CHUNK_ROW.size + len(encoded)):
            self.lane.tracks[track_id].active = False
            self.dropped += 1
            return True
        state = self.lane.tracks[track_id]
        if new_span:
            state.span, state.next_ordinal = self.lane.next_span, 0
            self.lane.next_span += 1
        known = self.lane.open.directory.formats.keys() | {(r.track, r.epoch) for r in self._batch.formats}
        if (track_id, epoch) not in known:
            self._batch.formats.append(record)
            self._batch.format_bytes += encoded
        chunk = ChunkBuilder(track_id, state.span, state.next_ordinal, epoch, unit)
        self._batch.start_chunk(chunk)
        self._room = 0
        self._chunks[track_id] = chunk
        if state.format is not unit.format:
            state.longest_us = self._longest_us(unit.format)
        state.active, state.epoch, state.format = True, epoch, unit.format
        state.last_us = unit.utc_us
        state.next_ordinal += 1
        self.units += 1
        return True

    def _is_gap(self, state: TrackState, unit: AccessUnit) -> bool:
        """Whether time went backwards, or further forwards than the stream explains."""
        longest_us = state.longest_us if unit.format is state.format else self._longest_us(unit.format)
        return not 0 <= unit.utc_us - state.last_us <= longest_us

    def _longest_us(self, stream_format: StreamFormat) -> int:
        """The longest silence without a gap. Metadata may be silent for as long as it likes."""
        if stream_format.codec.kind is MediaKind.METADATA:
            return NEVER_US
        interval_us = int(US_PER_S / stream_format.frame_rate) if stream_format.frame_rate > 0 else 0
        return self._gap_us + 2 * interval_us

    def _has_room(self, payload_bytes: int) -> bool:
        """As `_fits` for a chunk that grows, asked for with every unit: most come out of what is known to fit."""
        if payload_bytes > self._room and self._fits(payload_bytes + _ROOM_BYTES, 0):
            self._room = payload_bytes + _ROOM_BYTES
        if payload_bytes > self._room:
            return self._fits(payload_bytes, 0)
        self._room -= payload_bytes
        return True

    def _fits(self, payload_bytes: int, meta_bytes: int) -> bool:
        segment = self.lane.open
        return segment is not None and segment.fits(self._segment_bytes, self._batch, payload_bytes, meta_bytes)

    def _make_room(self, payload_bytes: int, meta_bytes: int) -> bool:
        """Go to the next segment if the open one has no room; False if no slot is free."""
        if self._fits(payload_bytes, meta_bytes):
            return True
        if self.lane.open is not None:
            self.parts.append(Part(segment=self.lane.open, batch=self._batch, sealed=True))
            self.lane.open = None
            self._batch = BatchBuilder(0)
            self._room = 0
            self._chunks = {}
        if not self.lane.free:
            return False
        self.lane.open = OpenSegment(seq=self.lane.next_seq, slot=self.lane.free.popleft())
        self.lane.next_seq += 1
        return True


def _continues(chunk: ChunkBuilder, unit: AccessUnit) -> bool:
    """Whether the unit may follow in the chunk: a video chunk holds at most one key frame, in its first place."""
    if unit.key_frame and unit.format.codec.kind is MediaKind.VIDEO:
        return False
    return chunk.takes(unit)
