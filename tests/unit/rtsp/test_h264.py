"""H.264 payloads, put together again by the rules of RFC 6184."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.access_unit import join_nal_units
from argus.rtsp.h264 import has_b_slices, packetize

NAL = st.builds(lambda head, body: bytes((head,)) + body, st.integers(1, 127), st.binary(max_size=120))


def reassemble(data: bytes, max_payload_bytes: int) -> list[bytes]:
    nals: list[bytes] = []
    for prefix, body in packetize(data, max_payload_bytes):
        payload = prefix + bytes(body)
        assert 0 < len(payload) <= max_payload_bytes
        if payload[0] & 0x1F != 28:
            nals.append(payload)
            continue
        assert not (payload[1] & 0x80 and payload[1] & 0x40), "a fragment is not both start and end"
        if payload[1] & 0x80:
            nals.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)))
        nals[-1] += payload[2:]
    return nals


@given(st.lists(NAL, min_size=1, max_size=5), st.integers(10, 60))
def test_any_nal_units_come_back_from_their_payloads(nals: list[bytes], max_payload_bytes: int) -> None:
    # type 28 in the stream itself would be taken for a fragment; encoders never emit it
    nals = [nal for nal in nals if nal[0] & 0x1F != 28] or [b"\x65"]
    assert reassemble(join_nal_units(nals), max_payload_bytes) == nals


def test_a_nal_unit_that_fits_is_not_fragmented() -> None:
    nal = b"\x65" + bytes(1_399)
    assert [(prefix, bytes(body)) for prefix, body in packetize(join_nal_units([nal]), 1_400)] == [(b"", nal)]


@given(st.binary(max_size=60))
def test_malformed_lengths_raise_value_error_only(data: bytes) -> None:
    try:
        packetize(data, 10)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        ("419a", False),  # first_mb 0, slice_type 5 (P)
        ("6588", False),  # first_mb 0, slice_type 7 (I)
        ("019e", True),  # first_mb 0, slice_type 6 (B)
        ("01a8", True),  # first_mb 0, slice_type 1 (B)
        ("41e0", False),  # first_mb 0, slice_type 0 (P)
    ],
)
def test_b_slices_are_told_from_others(head: str, answer: bool) -> None:
    nal = bytes.fromhex(head) + b"\x11\x22"
    assert has_b_slices(join_nal_units([b"\x06\x05\x01\x80", nal])) is answer


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=4))
def test_any_nal_units_have_b_slices_or_not(nals: list[bytes]) -> None:
    assert has_b_slices(join_nal_units(nals)) in (True, False)
