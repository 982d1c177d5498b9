"""Picture sizes are read from sequence parameter sets, and nothing else gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.media.bitstreams import PPS, X264_720P_SPS, sps

from argus.media.sps import MAX_SPS_BYTES, decode_sps


def test_the_parameter_set_of_x264_is_read() -> None:
    decoded = decode_sps(X264_720P_SPS)
    assert (decoded.width, decoded.height) == (1280, 720)
    assert (decoded.profile_idc, decoded.level_idc, decoded.profile_level_id) == (100, 31, "64001F")


@pytest.mark.parametrize(("profile_idc", "interlaced"), [(66, False), (100, False), (77, True)])
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (640, 360), (320, 240), (176, 144)])
def test_cropped_sizes_are_read(size: tuple[int, int], profile_idc: int, interlaced: bool) -> None:
    decoded = decode_sps(sps(*size, profile_idc=profile_idc, interlaced=interlaced))
    assert (decoded.width, decoded.height) == size


@pytest.mark.parametrize(
    "nal", [b"", b"\x67", PPS, X264_720P_SPS[:6], b"\x67" + bytes(40), b"\x67" * MAX_SPS_BYTES * 2]
)
def test_what_is_no_parameter_set_is_refused(nal: bytes) -> None:
    with pytest.raises(ValueError):
        decode_sps(nal)


@given(st.binary(max_size=200).map(lambda data: b"\x67" + data))
def test_arbitrary_bytes_are_read_or_refused(nal: bytes) -> None:
    try:
        decoded = decode_sps(nal)
    except ValueError:
        return
    assert 0 < decoded.width <= 16384
    assert 0 < decoded.height <= 16384
