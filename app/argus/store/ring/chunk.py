"""Reading one chunk back: verified bytes cut into access units."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.store.ring import layout
from argus.store.ring.records import UNIT_ROW, ChunkRow
from argus.store.ring.volume import Volume

_SIZE_MASK = layout.KEY_BIT - 1


def read_chunk(volume: Volume, slot: int, row: ChunkRow) -> bytes | None:
    """Table and units of the chunk, or None where their checksums say they are not what was written.

    Raises OSError where the medium refuses.
    """
    data = volume.read(slot, row.offset, row.length)
    table_bytes = row.units * UNIT_ROW.size
    if len(data) != row.length or table_bytes > row.length:
        return None
    view = memoryview(data)
    if crc32(view[:table_bytes]) != row.table_crc or crc32(view[table_bytes:]) != row.payload_crc:
        return None
    return data


def units_of(data: bytes, row: ChunkRow, stream_format: StreamFormat, shift_us: int = 0) -> Iterator[AccessUnit]:
    """The access units of a verified chunk, in order, their times corrected by `shift_us`."""
    position = row.units * UNIT_ROW.size
    t0_us, mono0_ns = row.t0_us + shift_us, row.mono0_ns
    for dt_us, size_and_key, skew_ns in UNIT_ROW.iter_unpack(data[:position]):
        end = position + (size_and_key & _SIZE_MASK)
        yield AccessUnit(
            format=stream_format,
            data=data[position:end],
            key_frame=size_and_key > _SIZE_MASK,
            utc_us=t0_us + dt_us,
            mono_ns=mono0_ns + 1000 * dt_us + skew_ns,
        )
        position = end
