"""What a sequence parameter set of H.264 says about the picture.   Spec: ITU-T H.264 § 7.3.2.1.1, § 7.4.2.1.1"""

from __future__ import annotations

from dataclasses import dataclass

from argus.media.bits import BitReader

MAX_SPS_BYTES = 4096
# Profiles whose SPS carries chroma format, bit depths and scaling matrices.
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_MAX_MACROBLOCKS_A_SIDE = 1024
# Width and height of one chroma sample in luma samples, by chroma_format_idc.
_CHROMA_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceParameterSet:
    """`width` and `height` are those of the cropped picture. `profile_level_id` is the one of SDP, hexadecimal."""

    profile_idc: int
    level_idc: int
    profile_level_id: str
    width: int
    height: int


def decode_sps(nal: bytes) -> SequenceParameterSet:
    """Read an SPS NAL unit, its one-byte header included.

    Raises:
        ValueError: it is not an SPS, ends early, or names an impossible picture.
    """
    if not 5 <= len(nal) <= MAX_SPS_BYTES or nal[0] & 0x1F != 7:
        raise ValueError(f"not a sequence parameter set: {nal[:8].hex()}")
    bits = BitReader(nal[1:])
    profile_idc, _, level_idc = bits.u(8), bits.u(8), bits.u(8)
    bits.ue()  # seq_parameter_set_id
    chroma_format_idc = _skip_high_profile_fields(bits) if profile_idc in _HIGH_PROFILES else 1
    _skip_picture_order_fields(bits)
    bits.ue()  # max_num_ref_frames
    bits.u(1)  # gaps_in_frame_num_value_allowed_flag
    width_mbs, height_units = bits.ue() + 1, bits.ue() + 1
    frame_mbs_only = bits.u(1)
    if not frame_mbs_only:
        bits.u(1)  # mb_adaptive_frame_field_flag
    bits.u(1)  # direct_8x8_inference_flag
    height_mbs = height_units * (2 - frame_mbs_only)
    if max(width_mbs, height_mbs) > _MAX_MACROBLOCKS_A_SIDE:
        raise ValueError(f"a picture of {width_mbs} by {height_mbs} macroblocks")
    crop_width, crop_height = _cropped(bits, chroma_format_idc, frame_mbs_only)
    width, height = width_mbs * 16 - crop_width, height_mbs * 16 - crop_height
    if width <= 0 or height <= 0:
        raise ValueError("cropping leaves no picture")
    return SequenceParameterSet(
        profile_idc=profile_idc,
        level_idc=level_idc,
        profile_level_id=nal[1:4].hex().upper(),
        width=width,
        height=height,
    )


def _skip_high_profile_fields(bits: BitReader) -> int:
    """Returns chroma_format_idc."""
    chroma_format_idc = bits.ue()
    if chroma_format_idc not in _CHROMA_UNITS:
        raise ValueError(f"chroma_format_idc {chroma_format_idc}")
    if chroma_format_idc == 3:
        bits.u(1)  # separate_colour_plane_flag
    bits.ue()  # bit_depth_luma_minus8
    bits.ue()  # bit_depth_chroma_minus8
    bits.u(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.u(1):  # seq_scaling_matrix_present_flag
        for number in range(12 if chroma_format_idc == 3 else 8):
            if bits.u(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return chroma_format_idc


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    scale = 8
    for _ in range(size):
        scale = (scale + bits.se()) % 256
        if scale == 0:
            return


def _skip_picture_order_fields(bits: BitReader) -> None:
    bits.ue()  # log2_max_frame_num_minus4
    kind = bits.ue()  # pic_order_cnt_type
    if kind == 0:
        bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.u(1)  # delta_pic_order_always_zero_flag
        bits.se()  # offset_for_non_ref_pic
        bits.se()  # offset_for_top_to_bottom_field
        cycle = bits.ue()
        if cycle > 255:
            raise ValueError(f"num_ref_frames_in_pic_order_cnt_cycle {cycle}")
        for _ in range(cycle):
            bits.se()


def _cropped(bits: BitReader, chroma_format_idc: int, frame_mbs_only: int) -> tuple[int, int]:
    """Luma samples cut from the width and from the height."""
    if not bits.u(1):
        return 0, 0
    left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
    unit_x, unit_y = _CHROMA_UNITS[chroma_format_idc]
    return (left + right) * unit_x, (top + bottom) * unit_y * (2 - frame_mbs_only)
