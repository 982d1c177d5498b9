"""H.264 in RTP: single NAL unit packets and fragmentation units.

Spec: RFC 6184 § Single NAL Unit Packet, § Fragmentation Units (FUs).
"""

from __future__ import annotations

from argus.base.access_unit import split_nal_units
from argus.media.bits import BitReader
from argus.rtsp.rtp import Payload

_FU_A = 28
_START, _END = 0x80, 0x40
_SLICE, _IDR_SLICE = 1, 5
_P_SLICE, _B_SLICE = 0, 1
# NAL unit header, first_mb_in_slice and slice_type, with room for emulation prevention bytes.
_SLICE_HEAD_BYTES = 17


def packetize(data: bytes, max_payload_bytes: int) -> list[Payload]:
    """The RTP payloads of one access unit, whose NAL units are behind 4-byte lengths, without copying its data.

    Raises:
        ValueError: the lengths do not fit the data.
    """
    payloads: list[Payload] = []
    for nal in split_nal_units(data):
        if len(nal) <= max_payload_bytes:
            payloads.append((b"", nal))
        else:
            payloads += _fragment(nal, max_payload_bytes - 2)
    return payloads


def _fragment(nal: memoryview, size: int) -> list[Payload]:
    importance, nal_type = nal[0] & 0xE0, nal[0] & 0x1F
    indicator = importance | _FU_A
    middle = bytes((indicator, nal_type))
    fragments = [(middle, nal[start : start + size]) for start in range(1, len(nal), size)]
    fragments[0] = (bytes((indicator, nal_type | _START)), fragments[0][1])
    fragments[-1] = (bytes((indicator, nal_type | _END)), fragments[-1][1])
    return fragments


def has_b_slices(data: bytes) -> bool:
    """Whether the first slice of the access unit is bidirectionally predicted."""
    return first_slice_type(data) == _B_SLICE


def first_slice_type(data: bytes | memoryview) -> int | None:
    """slice_type modulo 5 of the first slice, that of P where it ends early; None where there is none.

    Spec: H.264 § Slice header syntax

    Raises:
        ValueError: the lengths do not fit the data.
    """
    for nal in split_nal_units(data):
        if nal[0] & 0x1F in (_SLICE, _IDR_SLICE):
            bits = BitReader(bytes(nal[1:_SLICE_HEAD_BYTES]))
            try:
                bits.ue()  # first_mb_in_slice
                return bits.ue() % 5
            except ValueError:
                return _P_SLICE
    return None
