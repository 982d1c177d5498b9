"""What a sequence parameter set of H.265 says about the picture.   Spec: ITU-T H.265 § 7.3.2.2.1, § 7.4.3.2.1"""

from __future__ import annotations

from dataclasses import dataclass

from argus.media.bits import BitReader
from argus.media.sps import MAX_SPS_BYTES

_SPS = 33
_MAX_SIDE = 16_384
_MAX_SPS_ID = 15
# Width and height of one chroma sample in luma samples, by chroma_format_idc.
_CHROMA_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
# Bits of general_profile_tier_level up to general_level_idc; those of a sub-layer are as many.
_PROFILE_BITS, _LEVEL_BITS = 88, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceParameterSetH265:
    """`width` and `height` are those of the picture inside its conformance window."""

    number: int
    width: int
    height: int


def decode_sps_h265(nal: bytes) -> SequenceParameterSetH265:
    """Read an SPS NAL unit, its two-byte header included.

    Raises:
        ValueError: it is not an SPS, ends early, or names an impossible picture.
    """
    if not 15 <= len(nal) <= MAX_SPS_BYTES or nal[0] >> 1 & 0x3F != _SPS:
        raise ValueError(f"not a sequence parameter set: {nal[:8].hex()}")
    bits = BitReader(nal[2:])
    bits.u(4)  # sps_video_parameter_set_id
    sub_layers = bits.u(3)  # sps_max_sub_layers_minus1
    bits.u(1)  # sps_temporal_id_nesting_flag
    _skip_profile_tier_level(bits, sub_layers)
    number = bits.ue()  # sps_seq_parameter_set_id
    chroma_format_idc = bits.ue()
    if number > _MAX_SPS_ID or chroma_format_idc not in _CHROMA_UNITS:
        raise ValueError(f"sequence parameter set {number} of chroma_format_idc {chroma_format_idc}")
    if chroma_format_idc == 3:
        bits.u(1)  # separate_colour_plane_flag
    width, height = bits.ue(), bits.ue()
    if not 0 < width <= _MAX_SIDE or not 0 < height <= _MAX_SIDE:
        raise ValueError(f"a picture of {width} by {height}")
    if bits.u(1):  # conformance_window_flag
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        unit_x, unit_y = _CHROMA_UNITS[chroma_format_idc]
        width, height = width - (left + right) * unit_x, height - (top + bottom) * unit_y
    if width <= 0 or height <= 0:
        raise ValueError("the conformance window leaves no picture")
    return SequenceParameterSetH265(number=number, width=width, height=height)


def _skip_profile_tier_level(bits: BitReader, sub_layers: int) -> None:
    bits.u(_PROFILE_BITS + _LEVEL_BITS)
    present = [(bits.u(1), bits.u(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.u(2 * (8 - sub_layers))
    for profile, level in present:
        bits.u(_PROFILE_BITS * profile + _LEVEL_BITS * level)
