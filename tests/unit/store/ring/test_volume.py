import struct
from dataclasses import replace
from pathlib import Path
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.store.memory_device import MemoryDevice

from argus.base.errors import InvalidValue, Unavailable
from argus.store.ring.volume import FileDevice, Geometry, Volume

SMALL = Geometry.of(768 << 10, 64 << 10)


def test_a_64_gb_volume_keeps_a_thousandth_for_its_index() -> None:
    geometry = Geometry.of(64_000_000_000, 16 << 20)
    assert geometry.data_offset * 1000 <= geometry.size_bytes
    assert geometry.lot == 64
    assert geometry.size_bytes <= 64_000_000_000


@given(size_bytes=st.integers(0, 1 << 44), segment_bytes=st.integers(0, 1 << 31))
def test_a_geometry_is_sound_or_refused(size_bytes: int, segment_bytes: int) -> None:
    try:
        geometry = Geometry.of(size_bytes, segment_bytes)
    except InvalidValue:
        return
    assert geometry.is_sound()
    assert geometry.size_bytes <= size_bytes


def test_the_second_superblock_stands_in_for_the_first() -> None:
    device = MemoryDevice(bytes(SMALL.size_bytes))
    volume = Volume.format(device, SMALL, 0)
    device.image[:512] = bytes(512)
    again = Volume.open(device)
    assert (again.uuid, again.salt, again.geometry) == (volume.uuid, volume.salt, SMALL)


def test_a_volume_of_more_segments_than_an_index_has_room_for_is_refused() -> None:
    with pytest.raises(InvalidValue, match="use larger ones"):
        Geometry.of(4096 << 30, 1 << 20)
    assert Geometry.of(4096 << 30, 64 << 20).is_sound()


@pytest.mark.parametrize(
    "impossible",
    [
        {"data_segments": 0xFFFFFFFF},
        {"data_offset": 1 << 63},
        {"snapshot_slots": 0x7FFFFFFF, "snapshot_bytes": 0},
        {"snapshot_slots": 1 << 20, "snapshot_bytes": 1, "data_offset": 1 << 30},
        {"snapshot_bytes": 64},
        {"segment_bytes": 1 << 31},
    ],
)
def test_an_intact_superblock_with_impossible_sizes_is_refused(impossible: dict[str, int]) -> None:
    device = MemoryDevice(bytes(SMALL.size_bytes))
    Volume.format(device, replace(SMALL, **impossible), 0)
    with pytest.raises(Unavailable, match="not a volume"):
        Volume.open(device)


@given(place=st.integers(8, 40), size=st.sampled_from([1, 2, 4, 8]), value=st.integers(0, (1 << 64) - 1))
def test_whatever_an_intact_superblock_says_is_sound_or_refused(place: int, size: int, value: int) -> None:
    device = MemoryDevice(bytes(SMALL.size_bytes))
    Volume.format(device, SMALL, 0)
    for offset in (0, 32 << 10):
        block = device.image[offset : offset + 512]
        block[place : place + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        block[4:8] = struct.pack("<I", crc32(block[8:]))
        device.image[offset : offset + 512] = block
    try:
        geometry = Volume.open(device).geometry
    except Unavailable:
        return
    assert geometry.is_sound()
    assert geometry.size_bytes <= 1 << 50


def test_what_is_no_volume_is_told_with_what_can_be_done() -> None:
    with pytest.raises(Unavailable, match=r"both superblocks are damaged; `argus-station store format` makes"):
        Volume.open(MemoryDevice(bytes(100_000)))


def test_a_file_without_a_size_is_refused_and_closed() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(Unavailable, match="/proc/self/mem: Invalid argument"):
        FileDevice.open(Path("/proc/self/mem"), writable=False)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@given(data=st.binary(max_size=600))
def test_other_bytes_are_no_volume(data: bytes) -> None:
    with pytest.raises(Unavailable):
        Volume.open(MemoryDevice(data.ljust(100_000, b"\0")))


@given(start_bytes=st.integers(0, 1 << 24), blocks=st.sampled_from([1, 2, 4, 16]))
def test_segments_begin_on_erase_blocks_of_the_medium(start_bytes: int, blocks: int) -> None:
    geometry = Geometry.of(1 << 30, blocks << 20, erase_block_bytes=1 << 20, start_bytes=start_bytes)
    assert (start_bytes + geometry.data_offset) % (1 << 20) == 0
    assert geometry.is_sound()


def test_adopting_changes_who_may_write_and_nothing_else() -> None:
    device = MemoryDevice(bytes(SMALL.size_bytes))
    volume = Volume.format(device, SMALL, 5)
    other = UUID(int=7)
    volume.adopt(other)
    again = Volume.open(device)
    assert again.station == other
    assert (again.uuid, again.salt, again.created_us) == (volume.uuid, volume.salt, 5)
    device.image[:512] = bytes(512)
    assert Volume.open(device).station == other
