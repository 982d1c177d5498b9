import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.store.memory_device import MemoryDevice

from argus.base.errors import InvalidValue, Unavailable
from argus.store.volume import Geometry, Volume

SMALL = Geometry.of(768 << 10, 64 << 10)


def test_a_64_gb_volume_keeps_a_thousandth_for_its_index() -> None:
    geometry = Geometry.of(64_000_000_000, 16 << 20)
    assert geometry.head_segments * 1000 <= geometry.data_segments
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


@given(data=st.binary(max_size=600))
def test_other_bytes_are_no_volume(data: bytes) -> None:
    with pytest.raises(Unavailable):
        Volume.open(MemoryDevice(data.ljust(100_000, b"\0")))
