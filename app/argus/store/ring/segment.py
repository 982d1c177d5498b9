"""A segment: batches from its start, then, once it is full, a footer that lists them all up to its last byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from argus.base.access_unit import StreamFormat
from argus.store.ring import layout
from argus.store.ring.batch import Batch, BatchBuilder, decode_meta, scan
from argus.store.ring.records import (
    CHUNK_ROW,
    HEADER,
    MARK,
    TRAILER,
    ChunkRow,
    FormatRecord,
    Header,
    Mark,
    Stamp,
    decode_header,
    encode_format,
)
from argus.store.ring.volume import Volume

# One read gets the whole footer of most segments; the smallest segment is as long.
_FOOTER_READ_BYTES = 64 << 10


class Directory:
    """What a segment holds: its chunk rows by span, its marks, its formats. Grows only at the end."""

    def __init__(self) -> None:
        self.rows: list[ChunkRow] = []
        self.marks: list[Mark] = []
        self.formats: dict[tuple[int, int], StreamFormat] = {}
        self._by_span: dict[tuple[int, int], list[ChunkRow]] = {}

    def add(self, rows: Iterable[ChunkRow], marks: Iterable[Mark], formats: Iterable[FormatRecord]) -> None:
        for record in formats:
            self.formats[record.track, record.epoch] = record.format
        self.marks += marks
        for row in rows:
            self.rows.append(row)
            self._by_span.setdefault((row.track, row.span), []).append(row)

    def span(self, track_id: int, span: int) -> Sequence[ChunkRow]:
        """The rows of one span in order of time."""
        return self._by_span.get((track_id, span), ())


@dataclass(slots=True)
class OpenSegment:
    """The segment with the append point of a lane."""

    seq: int
    slot: int
    position: int = 0
    directory: Directory = field(default_factory=Directory)
    format_bytes: bytes = b""

    def learn_formats(self) -> None:
        """After the directory was read back: the footer will repeat its formats."""
        formats = self.directory.formats.items()
        self.format_bytes = b"".join(encode_format(track_id, epoch, known) for (track_id, epoch), known in formats)

    def fits(self, segment_bytes: int, batch: BatchBuilder, payload_bytes: int, meta_bytes: int) -> bool:
        """Whether the batch, grown by that much, and the footer it then needs find room."""
        return self.room(segment_bytes, batch, meta_bytes) >= payload_bytes

    def room(self, segment_bytes: int, batch: BatchBuilder, meta_bytes: int = 0) -> int:
        """How many bytes of payload can be added to the batch with that much more beside them."""
        footer = self._footer_bytes(batch.meta_bytes + meta_bytes)
        blocks = (segment_bytes - self.position - footer) // layout.BLOCK_BYTES
        return blocks * layout.BLOCK_BYTES - batch.body_bytes - meta_bytes

    def encode_footer(self, segment_bytes: int, stamp: Stamp, lane: int, batch: BatchBuilder, tail: Pending) -> bytes:
        """The bytes from the end of the last batch to the end of the segment.

        `batch` and `tail` are the batch that goes before it in the same write.
        """
        rows = [*self.directory.rows, *tail.rows]
        marks = [*self.directory.marks, *batch.marks]
        meta = b"".join(
            (
                *(CHUNK_ROW.pack(*row) for row in rows),
                *(MARK.pack(*mark) for mark in marks),
                self.format_bytes,
                batch.format_bytes,
            )
        )
        length = segment_bytes - self.position - len(tail.data)
        header = stamp.header(
            layout.FOOTER_MAGIC, self.seq, lane, length=length, meta=meta, rows=len(rows), marks=len(marks)
        )
        padding = bytes(length - HEADER.size - len(meta) - TRAILER.size)
        return b"".join((header, meta, padding, TRAILER.pack(layout.TRAILER_MAGIC, length)))

    def _footer_bytes(self, meta_bytes: int) -> int:
        held = len(self.directory.rows) * CHUNK_ROW.size + len(self.directory.marks) * MARK.size
        return HEADER.size + held + len(self.format_bytes) + meta_bytes + TRAILER.size


@dataclass(slots=True)
class Pending:
    """A batch encoded but not yet durable."""

    data: bytes = b""
    rows: list[ChunkRow] = field(default_factory=list)


def format_record(track_id: int, epoch: int, stream_format: StreamFormat) -> tuple[FormatRecord, bytes]:
    """A format as the directory and as the disk keep it."""
    return FormatRecord(track_id, epoch, stream_format), encode_format(track_id, epoch, stream_format)


def read_footer(volume: Volume, slot: int, seq: int | None) -> tuple[Header, Directory] | None:
    """The footer of a sealed segment (of any where `seq` is None), or None where there is no intact one."""
    segment_bytes = volume.geometry.segment_bytes
    end = volume.read(slot, segment_bytes - _FOOTER_READ_BYTES, _FOOTER_READ_BYTES)
    if len(end) < _FOOTER_READ_BYTES:
        return None
    magic, length = TRAILER.unpack_from(end, len(end) - TRAILER.size)
    if magic != layout.TRAILER_MAGIC or not HEADER.size + TRAILER.size <= length <= segment_bytes:
        return None
    data = end[-length:] if length <= len(end) else volume.read(slot, segment_bytes - length, length)
    header = decode_header(data[: HEADER.size], layout.FOOTER_MAGIC, volume.salt, seq)
    if header is None or header.length != length:
        return None
    meta = decode_meta(header, data[HEADER.size : HEADER.size + header.meta_bytes])
    if meta is None:
        return None
    directory = Directory()
    directory.add(*meta)
    return header, directory


def directory_of(batches: Iterable[Batch]) -> Directory:
    """The directory that batches read back make up."""
    directory = Directory()
    for batch in batches:
        directory.add(batch.rows, batch.marks, batch.formats)
    return directory


def read_directory(volume: Volume, slot: int, seq: int, used_bytes: int) -> Directory:
    """The directory of a segment of which the first `used_bytes` count: from its footer, or from its batches."""
    found = read_footer(volume, slot, seq)
    if found is not None and volume.geometry.segment_bytes - found[0].length == used_bytes:
        return found[1]
    return directory_of(scan(volume, slot, seq, 0, used_bytes))
