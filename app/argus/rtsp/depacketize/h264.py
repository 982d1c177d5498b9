"""H.264 out of RTP: single NAL unit packets, STAP-A and FU-A.

Decoding can start at an IDR picture. Streams without any start at a recovery point that is exact at once
(recovery_frame_cnt 0), or at an I picture that brings its parameter sets. Gradual refresh is no clean point.
Spec: RFC 6184 § Payload Structures, § De-Packetization Process; ITU-T H.264 § 7.4.1.2.3, § D.2.8
"""

from __future__ import annotations

from collections.abc import Iterator

from argus.base.access_unit import Codec
from argus.base.errors import NotSupported
from argus.media.bits import BitReader
from argus.media.sps import decode_sps
from argus.rtsp.depacketize.nal_depacketizer import NalDepacketizer
from argus.rtsp.depacketize.parameter_sets import ParameterSet, ParameterSets
from argus.rtsp.h264 import first_slice_type
from argus.rtsp.protocol.sdp_reader import OfferedMedia

_SLICE, _IDR, _SEI, _SPS, _PPS, _DELIMITER, _FILLER = 1, 5, 6, 7, 8, 9, 12
_LAST_SINGLE = 23
_STAP_A, _FU_A = 24, 28
_FORBIDDEN = 0x80
_START, _END, _EDGES = 0x80, 0x40, 0xC0
_INTERLEAVED_MODE = "2"
_RECOVERY_POINT = 6
_I_SLICE = 2
# Of a parameter set as much as surely holds its number.
_NUMBER_BYTES = 16


class H264Depacketizer(NalDepacketizer):
    """Raises NotSupported "codec" for the interleaved mode, whose packets are not in decoding order."""

    def __init__(self, media: OfferedMedia) -> None:
        if media.fmtp.get("packetization-mode") == _INTERLEAVED_MODE:
            raise NotSupported("codec", "H.264 in the interleaved packetization mode cannot be received")
        known = ParameterSets(Codec.H264, media, (_SPS, _PPS), identify)
        known.take_described(("sprop-parameter-sets",))
        super().__init__(known)

    def _unpack(self, payload: memoryview) -> bool:
        if not payload:
            return True
        indicator = payload[0]
        kind = indicator & 0x1F
        if indicator & _FORBIDDEN:
            return False
        if kind == _FU_A:
            if len(payload) < 3:
                return False
            head = payload[1]
            if head & _EDGES == 0 and self._fragment_at is not None:  # most packets of a stream
                self._body += payload[2:]
                return True
            if not 0 < head & 0x1F <= _LAST_SINGLE:
                return False
            first, middle = bytes((indicator & 0xE0 | head & 0x1F,)), bytes((indicator, head & 0x1F))
            return self._unpack_fragment(first, middle, payload[2:], start=head & _START > 0, end=head & _END > 0)
        if self._fragment_at is not None:
            return False
        if kind == _STAP_A:
            return all(self._take(nal) for nal in aggregated(payload[1:]))
        return self._take(payload)

    def _take(self, nal: memoryview) -> bool:
        kind = nal[0] & 0x1F if nal else 0
        if not 0 < kind <= _LAST_SINGLE:
            return False
        if kind in (_SPS, _PPS):
            return self._keep_set(nal)
        if kind not in (_DELIMITER, _FILLER):
            if not self._note_picture(nal[0]) and kind == _SEI:
                self._random_access |= is_exact_recovery_point(nal)
            self._append(nal)
        return True

    def _note_picture(self, head: int) -> bool:
        kind = head & 0x1F
        self._random_access |= kind == _IDR
        picture = _SLICE <= kind <= _IDR
        self._pictured |= picture
        return picture

    def _begins_unit(self, payload: memoryview) -> bool:
        kind = payload[0] & 0x1F if payload else 0
        if kind == _STAP_A and len(payload) > 3:
            kind = payload[3] & 0x1F
        return kind in (_DELIMITER, _SPS)

    def _is_key_frame(self) -> bool:
        return self._random_access or (bool(self._sets) and first_slice_type(memoryview(self._body)) == _I_SLICE)


def aggregated(units: memoryview) -> Iterator[memoryview]:
    """The NAL units of an aggregation packet behind its header; an empty one where a size passes the end."""
    position, end = 0, len(units)
    while position < end:
        size = int.from_bytes(units[position : position + 2], "big")
        start, position = position + 2, position + 2 + size
        yield units[start:position] if position <= end else units[:0]


def identify(nal: bytes) -> ParameterSet:
    """Which parameter set of H.264 this is. Raises ValueError where it makes no sense."""
    kind = nal[0] & 0x1F if nal else 0
    if kind == _PPS:
        return ParameterSet(kind=kind, number=BitReader(nal[1:_NUMBER_BYTES]).ue())
    sps = decode_sps(nal)
    number = BitReader(nal[4:_NUMBER_BYTES]).ue()
    return ParameterSet(kind=kind, number=number, width=sps.width, height=sps.height)


def is_exact_recovery_point(sei: memoryview) -> bool:
    """Whether a supplemental enhancement information unit says that pictures are exact from here on."""
    data = bytes(sei[1:])
    position = 0
    while position + 2 < len(data):
        kind, position = _sei_number(data, position)
        size, position = _sei_number(data, position)
        if kind == _RECOVERY_POINT:
            # recovery_frame_cnt 0 is a single one bit
            return size > 0 and position < len(data) and data[position] & 0x80 > 0
        position += size
    return False


def _sei_number(data: bytes, position: int) -> tuple[int, int]:
    """A number written as bytes of 255 and a last smaller one, and where it ends."""
    number = 0
    while position < len(data):
        number += data[position]
        position += 1
        if data[position - 1] < 0xFF:
            break
    return number, position
