"""Decoder configuration records of MP4 files, made from parameter sets.

Spec: ISO/IEC 14496-15 § 5.3.3.1 (avcC), § 8.3.3.1 (hvcC); ITU-T H.264 § 7.3.2.1.1, ITU-T H.265 § 7.3.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.access_unit import Codec, StreamFormat
from argus.base.errors import NotSupported

_LENGTH_BYTES = 4
# Profiles of H.264 whose SPS tells chroma format and bit depths, and whose avcC repeats them.
_H264_HIGH = frozenset({100, 110, 122, 144, 244, 44})
_H264_SPS, _H264_PPS = 7, 8
_H265_VPS, _H265_SPS, _H265_PPS = 32, 33, 34


def configuration_record(stream_format: StreamFormat) -> bytes:
    """The body of `avcC` or `hvcC`.

    Raises:
        NotSupported("format"): the parameter sets are missing or cannot be read.
    """
    try:
        if stream_format.codec is Codec.H264:
            return _avcc(stream_format.parameter_sets)
        return _hvcc(stream_format.parameter_sets)
    except (ValueError, IndexError) as error:
        raise NotSupported("format", f"the parameter sets of {stream_format.codec} cannot be read: {error}") from error


def _avcc(parameter_sets: tuple[bytes, ...]) -> bytes:
    sps = [nal for nal in parameter_sets if nal[0] & 0x1F == _H264_SPS]
    pps = [nal for nal in parameter_sets if nal[0] & 0x1F == _H264_PPS]
    if not sps or not pps or len(sps[0]) < 4:
        raise ValueError("SPS or PPS is missing")
    head = bytes((1, *sps[0][1:4], 0xFC | (_LENGTH_BYTES - 1)))
    record = head + bytes((0xE0 | len(sps),)) + _counted(sps) + bytes((len(pps),)) + _counted(pps)
    if sps[0][1] in _H264_HIGH:
        samples = _h264_samples(sps[0])
        record += bytes((0xFC | samples.chroma, 0xF8 | samples.luma_depth, 0xF8 | samples.chroma_depth, 0))
    return record


def _hvcc(parameter_sets: tuple[bytes, ...]) -> bytes:
    kinds = {
        kind: [nal for nal in parameter_sets if nal[0] >> 1 & 0x3F == kind]
        for kind in (_H265_VPS, _H265_SPS, _H265_PPS)
    }
    if not all(kinds.values()):
        raise ValueError("VPS, SPS or PPS is missing")
    sps = kinds[_H265_SPS][0]
    payload = _unescaped(sps[2:])
    if len(payload) < 13:
        raise ValueError("the SPS ends early")
    layers = (payload[0] >> 1 & 7) + 1
    nested = payload[0] & 1
    samples = _h265_samples(payload)
    record = bytes((1,)) + payload[1:13]
    # min_spatial_segmentation_idc, parallelismType and avgFrameRate: not known, all 0.
    record += bytes((0xF0, 0, 0xFC, 0xFC | samples.chroma, 0xF8 | samples.luma_depth, 0xF8 | samples.chroma_depth))
    record += bytes((0, 0, layers << 3 | nested << 2 | (_LENGTH_BYTES - 1), len(kinds)))
    for kind, nals in kinds.items():
        record += bytes((0x80 | kind,)) + len(nals).to_bytes(2, "big") + _counted(nals)
    return record


def _counted(nals: list[bytes]) -> bytes:
    return b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples:
    """chroma_format_idc, and the bit depths less 8."""

    chroma: int
    luma_depth: int
    chroma_depth: int


def _h264_samples(sps: bytes) -> _Samples:
    bits = _Bits(_unescaped(sps[4:]))
    bits.ue()  # seq_parameter_set_id
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)  # separate_colour_plane_flag
    return _samples(chroma, bits.ue(), bits.ue())


def _h265_samples(payload: bytes) -> _Samples:
    """`payload`: the SPS behind its NAL header."""
    bits = _Bits(payload[13:])
    sub_layers = payload[0] >> 1 & 7
    present = [(bits.u(1), bits.u(1)) for _ in range(sub_layers)]
    bits.u(2 * (8 - sub_layers) if sub_layers else 0)
    for profile, level in present:
        bits.u(88 * profile + 8 * level)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)  # separate_colour_plane_flag
    bits.ue(), bits.ue()  # width and height
    if bits.u(1):
        for _ in range(4):
            bits.ue()  # conformance window
    return _samples(chroma, bits.ue(), bits.ue())


def _samples(chroma: int, luma_depth: int, chroma_depth: int) -> _Samples:
    if chroma > 3 or luma_depth > 7 or chroma_depth > 7:
        raise ValueError(f"chroma format {chroma} with {luma_depth + 8} and {chroma_depth + 8} bits")
    return _Samples(chroma=chroma, luma_depth=luma_depth, chroma_depth=chroma_depth)


def _unescaped(data: bytes) -> bytes:
    """The payload without emulation prevention bytes."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


class _Bits:
    """Bits from the most significant one on. Raises ValueError at the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def u(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("the SPS ends early")
        return self._value >> self._left & ((1 << count) - 1)

    def ue(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 31:
                raise ValueError("a number of the SPS has more than 32 bits")
        return (1 << zeros) - 1 + self.u(zeros)
