"""H.264 in RTP: single NAL unit packets and fragmentation units.

Spec: RFC 6184 § Single NAL Unit Packet, § Fragmentation Units (FUs).
"""

from __future__ import annotations

from argus.base.access_unit import split_nal_units
from argus.rtsp.rtp import Payload

_FU_A = 28
_START, _END = 0x80, 0x40
_SLICE, _IDR_SLICE = 1, 5
_B_SLICE = 1


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
    """slice_type modulo 5 of the first slice; None where there is none.   Spec: H.264 § Slice header syntax

    Raises:
        ValueError: the lengths do not fit the data.
    """
    for nal in split_nal_units(data):
        if nal[0] & 0x1F in (_SLICE, _IDR_SLICE):
            # 16 bytes hold first_mb_in_slice and slice_type, with room for emulation prevention bytes.
            head = bytes(nal[1:17]).replace(b"\x00\x00\x03", b"\x00\x00")
            bits = f"{int.from_bytes(head, 'big'):0{len(head) * 8}b}"
            _, position = _exp_golomb(bits, 0)
            slice_type, _ = _exp_golomb(bits, position)
            return slice_type % 5
    return None


def _exp_golomb(bits: str, position: int) -> tuple[int, int]:
    """The unsigned Exp-Golomb number at `position`, and where it ends. Past the end it reads as 0."""
    one = bits.find("1", position)
    if one < 0:
        return 0, len(bits)
    end = 2 * one - position + 1
    return int(bits[one:end] or "1", 2) - 1, end
