"""Cards that somebody else made: structures with the right checksums that say anything."""

import asyncio
import random
import struct
from dataclasses import replace
from io import BytesIO
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.store.camera import Station, new_device
from tests.unit.store.memory_device import MemoryDevice

from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.store.export.mp4 import Mp4Writer
from argus.store.ring import layout
from argus.store.ring.archive import Archive
from argus.store.ring.records import Stamp, decode_header
from argus.store.ring.volume import Volume

_HEADER_BYTES = 64
_BOUNDARIES = [
    0,
    1,
    0x7F,
    0xFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
]
_SNAPSHOT_BYTES = layout.SNAPSHOT_HEADER.sizeof()
_BODY_BYTES_AT, _BODY_CRC_AT = 68, 72


@pytest.fixture(scope="module")
def image() -> bytes:
    station = Station(new_device())

    async def life() -> None:
        for second in range(30):
            station.ring.set_retention(2, second)
            await station.record(1, 1, random.Random(second))
            await station.record(2, 1, random.Random(second))

    asyncio.run(life())
    return bytes(station.device.image)


@st.composite
def forgeries(draw: st.DrawFn) -> list[tuple[bytes, int, int, int, int]]:
    """The kind of structure, which of them, and where in it how many bytes get which value."""
    forgery = st.tuples(
        st.sampled_from([layout.BATCH_MAGIC, layout.FOOTER_MAGIC, layout.SNAPSHOT_MAGIC]),
        st.integers(0, 100),
        st.integers(8, 300),
        st.sampled_from([1, 2, 4, 8]),
        st.sampled_from(_BOUNDARIES) | st.integers(0, (1 << 64) - 1),
    )
    return draw(st.lists(forgery, min_size=1, max_size=4))


def forge(image: bytearray, magic: bytes, which: int, place: int, size: int, value: int) -> None:
    """Change a field of a structure and put its checksums right."""
    begins = [offset for offset in range(0, len(image), 4096) if image[offset : offset + 4] == magic]
    if not begins:
        return
    start = begins[which % len(begins)]
    image[start + place : start + place + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    snapshot = magic == layout.SNAPSHOT_MAGIC
    head, length_at, crc_at = (_SNAPSHOT_BYTES, _BODY_BYTES_AT, _BODY_CRC_AT) if snapshot else (_HEADER_BYTES, 36, 48)
    (length,) = struct.unpack_from("<I", image, start + length_at)
    image[start + crc_at : start + crc_at + 4] = struct.pack("<I", crc32(image[start + head : start + head + length]))
    image[start + 4 : start + 8] = struct.pack("<I", crc32(image[start + 8 : start + head]))


@settings(max_examples=60, deadline=None)
@given(forged=forgeries())
def test_a_forged_card_is_read_as_far_as_it_makes_sense(
    image: bytes, forged: list[tuple[bytes, int, int, int, int]]
) -> None:
    spoiled = bytearray(image)
    for forgery in forged:
        forge(spoiled, *forgery)
    try:
        archive = Archive(Volume.open(MemoryDevice(spoiled)), SimulatedClock())
    except Unavailable:
        return
    archive.used_bytes()
    for track_id in archive.track_ids():
        archive.spans(track_id)
        archive.formats(track_id, -(1 << 62), 1 << 62)


@pytest.mark.parametrize("place", [16, 24, 56])
def test_a_header_with_a_number_that_cannot_grow_is_none_of_ours(place: int) -> None:
    header = bytearray(
        Stamp(7, 5, 3, (1, 1, 1, 1)).header(layout.BATCH_MAGIC, 9, 0, length=4096, meta=b"", rows=0, marks=0)
    )
    assert decode_header(header, layout.BATCH_MAGIC, 7, None) is not None
    header[place : place + 8] = (1 << 62).to_bytes(8, "little")
    header[4:8] = struct.pack("<I", crc32(header[8:]))
    assert decode_header(header, layout.BATCH_MAGIC, 7, None) is None


def test_a_segment_far_from_the_oldest_one_does_not_tell_which_that_is() -> None:
    stamp = Stamp(7, 5, 3, (1, 1, 1, 1))
    header = decode_header(
        stamp.header(layout.BATCH_MAGIC, 1 << 40, 0, length=4096, meta=b"", rows=0, marks=0),
        layout.BATCH_MAGIC,
        7,
        None,
    )
    assert header is not None
    assert header.oldest_seq == 0


@pytest.mark.parametrize("rate", [float("inf"), float("nan"), -1.0, 5e-324, 1e300])
def test_a_format_with_an_impossible_frame_rate_can_be_exported(rate: float) -> None:
    station = Station(new_device())
    unit = station.frame(0, random.Random(1), 300, key=True)
    odd = replace(unit, format=replace(unit.format, frame_rate=rate))
    writer = Mp4Writer(BytesIO(), {1: (odd.format,)}, odd.utc_us)
    writer.write(1, [odd], None)
    writer.finish()
    assert writer.units == 1
