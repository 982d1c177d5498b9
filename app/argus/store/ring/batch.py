"""A batch: what one tick writes into one segment. Chunks of all tracks of a lane behind one header, in one write."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

from argus.base.access_unit import AccessUnit, MediaKind
from argus.store.ring import layout
from argus.store.ring.chunk import read_chunk
from argus.store.ring.records import (
    CHUNK_ROW,
    HEADER,
    MARK,
    MAX_NUMBER,
    MAX_SPAN,
    UNIT_ROW,
    ChunkRow,
    FormatRecord,
    Header,
    Mark,
    Stamp,
    decode_formats,
    decode_header,
    decode_marks,
    decode_rows,
)
from argus.store.ring.volume import Volume, align

_SKEW_LIMIT_NS = 1 << 31
_DT_LIMIT_US = 1 << 32
_WINDOW_BYTES = 1 << 20


class ChunkBuilder:
    """Units of one track on their way into a batch. Times in it never decrease."""

    def __init__(
        self, track_id: int, span: int, ordinal: int, epoch: int, unit: AccessUnit, *, follows: bool = False
    ) -> None:
        self.track_id = track_id
        self.span = span
        self.ordinal = ordinal
        self.epoch = epoch
        self.format = unit.format
        self.units = [unit]
        self.payload_bytes = 0
        self._flags = layout.FOLLOWS if follows else 0
        self._t0_us = unit.utc_us
        self._mono0_ns = unit.mono_ns

    def takes(self, unit: AccessUnit) -> bool:
        """Whether the unit's times fit into this chunk's table."""
        dt_us = unit.utc_us - self._t0_us
        return dt_us < _DT_LIMIT_US and -_SKEW_LIMIT_NS <= unit.mono_ns - self._mono0_ns - 1000 * dt_us < _SKEW_LIMIT_NS

    def measure(self) -> int:
        """The bytes of the table and of all units."""
        self.payload_bytes = sum([len(unit.data) for unit in self.units]) + len(self.units) * UNIT_ROW.size
        return self.payload_bytes

    def encode(self, offset: int) -> tuple[ChunkRow, list[bytes]]:
        """The row of this chunk, if it begins at `offset` of the segment, and its bytes in parts."""
        units, t0_us = self.units, self._t0_us
        base_ns = self._mono0_ns - 1000 * t0_us
        numbers: list[int] = []
        for unit in units:
            utc_us = unit.utc_us
            size = len(unit.data) | layout.KEY_BIT if unit.key_frame else len(unit.data)
            numbers += (utc_us - t0_us, size, (unit.mono_ns - 1000 * utc_us - base_ns) & 0xFFFFFFFF)
        table = struct.pack(f"<{len(numbers)}I", *numbers)
        datas = [unit.data for unit in units]
        payload_crc = 0
        for data in datas:
            payload_crc = crc32(data, payload_crc)
        row = ChunkRow(
            track=self.track_id,
            span=self.span,
            ordinal=self.ordinal,
            epoch=self.epoch,
            units=len(units),
            offset=offset,
            length=self.payload_bytes,
            table_crc=crc32(table),
            payload_crc=payload_crc,
            flags=self._flags | self._clean_points(),
            t0_us=t0_us,
            t1_us=units[-1].utc_us,
            mono0_ns=self._mono0_ns,
        )
        return row, [table, *datas]

    def _clean_points(self) -> int:
        if not self.units[0].key_frame:
            return 0
        if self.format.codec.kind is MediaKind.VIDEO or not all(unit.key_frame for unit in self.units):
            return layout.KEY
        return layout.KEY | layout.ALL_KEYS


class BatchBuilder:
    """The batch of one segment, growing chunk by chunk."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.chunks: list[ChunkBuilder] = []
        self.marks: list[Mark] = []
        self.formats: list[FormatRecord] = []
        self.format_bytes = b""
        self._payload_bytes = 0

    def __bool__(self) -> bool:
        return bool(self.chunks or self.marks)

    @property
    def meta_bytes(self) -> int:
        return len(self.chunks) * CHUNK_ROW.size + len(self.marks) * MARK.size + len(self.format_bytes)

    @property
    def body_bytes(self) -> int:
        """Bytes on disk without the zeros at the end."""
        return HEADER.size + self.meta_bytes + self._payload_bytes

    def start_chunk(self, chunk: ChunkBuilder) -> None:
        self.chunks.append(chunk)
        self._payload_bytes += chunk.measure()

    def grow(self, chunk: ChunkBuilder) -> None:
        """Take note of what was added to a chunk."""
        self._payload_bytes += -chunk.payload_bytes + chunk.measure()

    def encode(self, stamp: Stamp, seq: int, lane: int, part: int, *, last: bool) -> tuple[bytes, list[ChunkRow]]:
        """The bytes of the whole batch and its rows, for writing at `offset`."""
        rows: list[ChunkRow] = []
        parts: list[bytes] = []
        position = self.offset + HEADER.size + self.meta_bytes
        for chunk in self.chunks:
            row, chunk_parts = chunk.encode(position)
            rows.append(row)
            parts += chunk_parts
            position += row.length
        meta = b"".join(
            (*(CHUNK_ROW.pack(*row) for row in rows), *(MARK.pack(*mark) for mark in self.marks), self.format_bytes)
        )
        length = align(position - self.offset)
        parts.append(bytes(length - (position - self.offset)))
        header = stamp.header(
            layout.BATCH_MAGIC,
            seq,
            lane,
            length=length,
            meta=meta,
            rows=len(rows),
            marks=len(self.marks),
            part=part,
            last=last,
        )
        return b"".join((header, meta, *parts)), rows


@dataclass(frozen=True, slots=True)
class Batch:
    """The directory of a batch read back: everything but the payload."""

    offset: int
    header: Header
    rows: list[ChunkRow]
    marks: list[Mark]
    formats: list[FormatRecord]

    @property
    def end(self) -> int:
        return self.offset + self.header.length


def decode_meta(header: Header, meta: bytes) -> tuple[list[ChunkRow], list[Mark], list[FormatRecord]] | None:
    """Rows, marks and formats behind a header, or None where their checksum or their content is wrong."""
    if len(meta) != header.meta_bytes or crc32(meta) != header.meta_crc:
        return None
    rows_end = header.rows * CHUNK_ROW.size
    marks_end = rows_end + header.marks * MARK.size
    try:
        formats, _ = decode_formats(meta[marks_end:])
    except ValueError:
        return None
    rows, marks = decode_rows(meta[:rows_end]), decode_marks(meta[rows_end:marks_end])
    if any(row.span >= MAX_SPAN for row in rows) or any(mark.number >= MAX_NUMBER for mark in marks):
        return None
    return rows, marks, formats


def read_batch(volume: Volume, slot: int, seq: int, offset: int) -> Batch | None:
    """The directory of the batch at `offset`, or None where there is no intact one of this segment."""
    return _decode_batch(volume, slot, seq, offset, volume.read(slot, offset, layout.BLOCK_BYTES))


def _decode_batch(volume: Volume, slot: int, seq: int, offset: int, data: memoryview | bytes) -> Batch | None:
    """As `read_batch`; `data` are the bytes at `offset` that are at hand."""
    header = decode_header(data[: HEADER.size], layout.BATCH_MAGIC, volume.salt, seq)
    if header is None or header.length % layout.BLOCK_BYTES:
        return None
    if offset + header.length > volume.geometry.segment_bytes:
        return None
    meta_end = HEADER.size + header.meta_bytes
    if len(data) < meta_end:
        data = volume.read(slot, offset, meta_end)
    meta = decode_meta(header, bytes(data[HEADER.size : meta_end]))
    if meta is None or not _inside(meta[0], offset + HEADER.size, offset + header.length):
        return None
    return Batch(offset, header, *meta)


def payload_is_intact(volume: Volume, slot: int, batch: Batch) -> bool:
    """Whether the chunks of the batch are what was written; reads all of them."""
    return all(read_chunk(volume, slot, row) is not None for row in batch.rows)


def scan(volume: Volume, slot: int, seq: int, start: int, stop: int) -> Iterator[Batch]:
    """The intact batches of a segment between two offsets in order, passing over damage."""
    wanted = layout.BATCH_MAGIC, volume.salt.to_bytes(8, "little") + seq.to_bytes(8, "little")
    window, window_start, position = memoryview(b""), start, start
    while position < stop:
        if not window_start <= position <= window_start + len(window) - layout.BLOCK_BYTES:
            # Headers of small batches come several in one read.
            window_start = position
            window = memoryview(volume.read(slot, position, min(_WINDOW_BYTES, stop - position)))
            if len(window) < HEADER.size:
                return
        at_hand = window[position - window_start :]
        begins_well = at_hand[:4] == wanted[0] and at_hand[8:24] == wanted[1]
        batch = _decode_batch(volume, slot, seq, position, at_hand) if begins_well else None
        if batch is not None:
            yield batch
        position = batch.end if batch is not None else position + layout.BLOCK_BYTES


def _inside(rows: Iterable[ChunkRow], start: int, end: int) -> bool:
    """Whether the rows' chunks lie where their batch is and have room for their tables."""
    return all(
        start <= row.offset and row.offset + row.length <= end and row.units and row.units * UNIT_ROW.size <= row.length
        for row in rows
    )
