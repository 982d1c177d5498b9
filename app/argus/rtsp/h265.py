"""H.265 in RTP: single NAL unit packets and fragmentation units, in decoding order.

Spec: RFC 7798 § Single NAL Unit Packets, § Fragmentation Units
"""

from __future__ import annotations

from argus.base.access_unit import split_nal_units
from argus.rtsp.rtp import Payload

_FRAGMENT = 49
_START, _END = 0x80, 0x40
_HEADER_BYTES = 2


def packetize(data: bytes, max_payload_bytes: int) -> list[Payload]:
    """The RTP payloads of one access unit, whose NAL units are behind 4-byte lengths, without copying its data.

    Raises:
        ValueError: the lengths do not fit the data, or a NAL unit has no header.
    """
    payloads: list[Payload] = []
    for nal in split_nal_units(data):
        if len(nal) < _HEADER_BYTES:
            raise ValueError("a NAL unit without a header")
        if len(nal) <= max_payload_bytes:
            payloads.append((b"", nal))
        else:
            payloads += _fragment(nal, max_payload_bytes - _HEADER_BYTES - 1)
    return payloads


def _fragment(nal: memoryview, size: int) -> list[Payload]:
    kind = nal[0] >> 1 & 0x3F
    header = bytes((nal[0] & 0x81 | _FRAGMENT << 1, nal[1]))
    middle = header + bytes((kind,))
    fragments = [(middle, nal[start : start + size]) for start in range(_HEADER_BYTES, len(nal), size)]
    fragments[0] = (header + bytes((kind | _START,)), fragments[0][1])
    fragments[-1] = (header + bytes((kind | _END,)), fragments[-1][1])
    return fragments
