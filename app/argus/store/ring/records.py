"""Precompiled twins of the declarations in `layout.py`, for the hot paths.

`decode` functions answer None where magic or checksum say that the bytes are not what they should be.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from construct import ConstructError

from argus.base.access_unit import Codec, StreamFormat
from argus.store.ring import layout

HEADER = struct.Struct("<4sIQQQIIIHBBIIQ")
CHUNK_ROW = struct.Struct("<IIIIIIIIIIqqq")
UNIT_ROW = struct.Struct("<IIi")
MARK = struct.Struct("<H2xIIII4xQq")
FORMAT_HEAD = struct.Struct("<III")
TRAILER = struct.Struct("<4sI")
CHECKED_FROM = 8
MAX_FORMAT_BYTES = 1 << 16
MAX_LANES = 4
# Numbers that grow with every segment, write and deletion: none of ours gets there, and one more always fits.
MAX_NUMBER = 1 << 62
# Of a span.
MAX_SPAN = (1 << 32) - (1 << 16)
_LONGEST_REACH = (1 << 32) - 1

BytesLike = bytes | bytearray | memoryview


class Header(NamedTuple):
    """Of a batch or a footer; see `layout.HEADER`."""

    magic: bytes
    crc: int
    salt: int
    seq: int
    tick: int
    length: int
    meta_bytes: int
    rows: int
    marks: int
    part: int
    lane_and_last: int
    meta_crc: int
    reach: int
    announced: int

    @property
    def lane(self) -> int:
        """The lane of the segment."""
        return self.lane_and_last & ~layout.LAST_PART

    @property
    def is_last_part(self) -> bool:
        """Whether no other batch of the tick follows."""
        return bool(self.lane_and_last & layout.LAST_PART)

    @property
    def oldest_seq(self) -> int:
        """Segments of the same lane with lower numbers no longer counted when this was written."""
        return self.seq + 1 - self.reach if self.reach else 0

    def encode(self) -> bytes:
        """The 64 bytes with their checksum set."""
        return checked(HEADER.pack(*self))


class Stamp(NamedTuple):
    """What all headers of one tick have in common; `oldest_seqs` by lane."""

    salt: int
    tick: int
    announced: int
    oldest_seqs: tuple[int, ...]

    def header(
        self,
        magic: bytes,
        seq: int,
        lane: int,
        *,
        length: int,
        meta: bytes,
        rows: int,
        marks: int,
        part: int = 0,
        last: bool = False,
    ) -> bytes:
        """The header in front of `meta`."""
        reach = seq + 1 - min(seq, self.oldest_seqs[lane])
        return Header(
            magic=magic,
            crc=0,
            salt=self.salt,
            seq=seq,
            tick=self.tick,
            length=length,
            meta_bytes=len(meta),
            rows=rows,
            marks=marks,
            part=part & 0xFF,
            lane_and_last=lane | layout.LAST_PART if last else lane,
            meta_crc=crc32(meta),
            reach=reach if reach <= _LONGEST_REACH else 0,
            announced=self.announced,
        ).encode()


class ChunkRow(NamedTuple):
    """Units of one track that lie together; see `layout.CHUNK_ROW`."""

    track: int
    span: int
    ordinal: int
    epoch: int
    units: int
    offset: int
    length: int
    table_crc: int
    payload_crc: int
    flags: int
    t0_us: int
    t1_us: int
    mono0_ns: int

    @property
    def key(self) -> bool:
        return bool(self.flags & layout.KEY)

    @property
    def all_keys(self) -> bool:
        return bool(self.flags & layout.ALL_KEYS)

    @property
    def follows(self) -> bool:
        return bool(self.flags & layout.FOLLOWS)


class Mark(NamedTuple):
    """A decision that must survive; see `layout.MARK`."""

    kind: int
    track: int = 0
    span: int = 0
    ordinal: int = 0
    target: int = 0
    number: int = 0
    value: int = 0

    @property
    def deletes(self) -> bool:
        """Whether it is about footage that is gone."""
        return self.kind in (layout.MARK_CUT, layout.MARK_FORGET)


class FormatRecord(NamedTuple):
    """The format that chunks of a track mean by `epoch`."""

    track: int
    epoch: int
    format: StreamFormat


def checked(data: bytes) -> bytes:
    """The structure with the checksum of its bytes behind the `crc` field filled in."""
    return data[:4] + crc32(memoryview(data)[CHECKED_FROM:]).to_bytes(4, "little") + data[CHECKED_FROM:]


def is_intact(data: BytesLike, magic: bytes) -> bool:
    """Whether the structure begins with `magic` and its checksum holds."""
    view = memoryview(data)
    return view[:4] == magic and crc32(view[CHECKED_FROM:]) == int.from_bytes(view[4:8], "little")


def decode_header(data: BytesLike, magic: bytes, salt: int, seq: int | None) -> Header | None:
    """The header, if it is intact and of this volume and segment (any segment where `seq` is None)."""
    if len(data) < HEADER.size or not is_intact(data[: HEADER.size], magic):
        return None
    header = Header._make(HEADER.unpack_from(data))
    if header.salt != salt or (seq is not None and header.seq != seq) or header.lane >= MAX_LANES:
        return None
    if max(header.seq, header.tick, header.announced) >= MAX_NUMBER:
        return None
    if header.rows * CHUNK_ROW.size + header.marks * MARK.size > header.meta_bytes:
        return None
    return header if HEADER.size + header.meta_bytes <= header.length else None


def decode_rows(data: BytesLike) -> list[ChunkRow]:
    """Chunk rows, one after the other."""
    return [ChunkRow._make(fields) for fields in CHUNK_ROW.iter_unpack(data)]


def decode_marks(data: BytesLike) -> list[Mark]:
    """Marks, one after the other."""
    return [Mark._make(fields) for fields in MARK.iter_unpack(data)]


@lru_cache(maxsize=256)
def encode_format(track_id: int, epoch: int, stream_format: StreamFormat) -> bytes:
    """A format record. Asked for with every chunk, hence the cache."""
    body = {
        "codec": stream_format.codec.value,
        "clock_hz": stream_format.clock_hz,
        "width": stream_format.width,
        "height": stream_format.height,
        "frame_rate": stream_format.frame_rate,
        "parameter_sets": list(stream_format.parameter_sets),
    }
    encoded: bytes = layout.FORMAT_RECORD.build({"track": track_id, "epoch": epoch, "body": body})
    return encoded


def decode_formats(data: BytesLike, limit: int | None = None) -> tuple[list[FormatRecord], int]:
    """The format records at the start of `data` (at most `limit`), and how many bytes they take.

    Raises:
        ValueError: a record passes the end, or names a codec of a newer release.
    """
    records: list[FormatRecord] = []
    position, view = 0, memoryview(data)
    while position < len(view) and (limit is None or len(records) < limit):
        if len(view) - position < FORMAT_HEAD.size:
            raise ValueError("a format record is cut off")
        track_id, epoch, size = FORMAT_HEAD.unpack_from(view, position)
        end = position + FORMAT_HEAD.size + size
        if end > len(view) or size > MAX_FORMAT_BYTES:
            raise ValueError("a format record is cut off")
        records.append(FormatRecord(track_id, epoch, _decode_format(bytes(view[position + FORMAT_HEAD.size : end]))))
        position = end
    return records, position


@lru_cache(maxsize=256)
def _decode_format(data: bytes) -> StreamFormat:
    try:
        body = layout.STREAM_FORMAT.parse(data)
    except ConstructError as error:
        raise ValueError(f"a format record cannot be read: {error}") from error
    return StreamFormat(
        codec=Codec(body.codec),
        clock_hz=body.clock_hz,
        width=body.width,
        height=body.height,
        frame_rate=body.frame_rate,
        parameter_sets=tuple(bytes(nal) for nal in body.parameter_sets),
    )
