"""H.265 out of RTP: single NAL unit packets, aggregation packets and fragmentation units.

Decoding can start at every picture of intra random access: IDR, BLA and CRA.
Spec: RFC 7798 § Payload Structures, § De-packetization Process; ITU-T H.265 § 7.4.2.2
"""

from __future__ import annotations

from argus.base.access_unit import Codec
from argus.base.errors import NotSupported
from argus.media.bits import BitReader
from argus.media.sps_h265 import decode_sps_h265
from argus.rtsp.depacketize.h264 import aggregated
from argus.rtsp.depacketize.nal_depacketizer import NalDepacketizer
from argus.rtsp.depacketize.parameter_sets import ParameterSet, ParameterSets
from argus.rtsp.protocol.sdp_reader import OfferedMedia

_FIRST_IRAP, _LAST_IRAP, _LAST_SLICE = 16, 23, 31
_VPS, _SPS, _PPS, _DELIMITER, _FILLER = 32, 33, 34, 35, 38
_LAST_SINGLE = 47
_AGGREGATION, _FRAGMENT = 48, 49
_FORBIDDEN = 0x80
_START, _END, _EDGES = 0x80, 0x40, 0xC0
_HEADER_BYTES = 2
_NUMBER_BYTES = 16


class H265Depacketizer(NalDepacketizer):
    """Raises NotSupported "codec" for packets that are not in decoding order."""

    def __init__(self, media: OfferedMedia) -> None:
        if media.fmtp.get("sprop-max-don-diff", "0") != "0":
            raise NotSupported("codec", "H.265 with decoding order numbers cannot be received")
        known = ParameterSets(Codec.H265, media, (_VPS, _SPS, _PPS), identify)
        known.take_described(("sprop-vps", "sprop-sps", "sprop-pps"))
        super().__init__(known)

    def _unpack(self, payload: memoryview) -> bool:
        if len(payload) < _HEADER_BYTES:
            return not payload
        first = payload[0]
        kind = first >> 1 & 0x3F
        if first & _FORBIDDEN:
            return False
        if kind == _FRAGMENT:
            if len(payload) < 4:
                return False
            head = payload[2]
            if head & _EDGES == 0 and self._fragment_at is not None:  # most packets of a stream
                self._body += payload[3:]
                return True
            if head & 0x3F > _LAST_SINGLE:
                return False
            header = bytes((first & 0x81 | (head & 0x3F) << 1, payload[1]))
            middle = bytes((first, payload[1], head & 0x3F))
            return self._unpack_fragment(header, middle, payload[3:], start=head & _START > 0, end=head & _END > 0)
        if self._fragment_at is not None:
            return False
        if kind == _AGGREGATION:
            return all(self._take(nal) for nal in aggregated(payload[_HEADER_BYTES:]))
        return self._take(payload)

    def _take(self, nal: memoryview) -> bool:
        kind = nal[0] >> 1 & 0x3F if len(nal) >= _HEADER_BYTES else _AGGREGATION
        if kind > _LAST_SINGLE:
            return False
        if kind in (_VPS, _SPS, _PPS):
            return self._keep_set(nal)
        if kind not in (_DELIMITER, _FILLER):
            self._note_picture(nal[0])
            self._append(nal)
        return True

    def _note_picture(self, head: int) -> bool:
        kind = head >> 1 & 0x3F
        self._random_access |= _FIRST_IRAP <= kind <= _LAST_IRAP
        picture = kind <= _LAST_SLICE
        self._pictured |= picture
        return picture

    def _begins_unit(self, payload: memoryview) -> bool:
        kind = payload[0] >> 1 & 0x3F if len(payload) > _HEADER_BYTES else -1
        if kind == _AGGREGATION and len(payload) > _HEADER_BYTES + 2:
            kind = payload[_HEADER_BYTES + 2] >> 1 & 0x3F
        return kind in (_DELIMITER, _VPS)

    def _is_key_frame(self) -> bool:
        return self._random_access


def identify(nal: bytes) -> ParameterSet:
    """Which parameter set of H.265 this is. Raises ValueError where it makes no sense."""
    kind = nal[0] >> 1 & 0x3F if nal else -1
    bits = BitReader(nal[_HEADER_BYTES:_NUMBER_BYTES])
    if kind == _VPS:
        return ParameterSet(kind=kind, number=bits.u(4))
    if kind == _PPS:
        return ParameterSet(kind=kind, number=bits.ue())
    sps = decode_sps_h265(nal)
    return ParameterSet(kind=kind, number=sps.number, width=sps.width, height=sps.height)
