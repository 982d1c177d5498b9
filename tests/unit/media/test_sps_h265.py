"""Sequence parameter sets of H.265."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.media.sps_h265 import decode_sps_h265

# made by x265 from pictures of 328 by 246
SPS = bytes.fromhex("4201010408000003009e0800000300003c90014901f3ef2cacd24995e02dc08080010000030001000003001908")


def test_the_size_is_that_inside_the_conformance_window() -> None:
    sps = decode_sps_h265(SPS)
    assert (sps.number, sps.width, sps.height) == (0, 328, 246)


@pytest.mark.parametrize("nal", [b"", SPS[:12], b"\x40" + SPS[1:], SPS + bytes(5_000)])
def test_what_is_no_parameter_set_is_refused(nal: bytes) -> None:
    with pytest.raises(ValueError, match="parameter set"):
        decode_sps_h265(nal)


@given(st.binary(max_size=60), st.integers(2, len(SPS)))
def test_any_bytes_are_read_or_refused(tail: bytes, kept: int) -> None:
    try:
        sps = decode_sps_h265(SPS[:kept] + tail)
    except ValueError:
        return
    assert 0 < sps.width <= 16_384
    assert 0 < sps.height <= 16_384
