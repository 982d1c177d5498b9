"""Access units are length-prefixed, start with their parameter sets, and survive anything an encoder may emit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.media.bitstreams import DELIMITER, IDR, PPS, SEI, SLICE, byte_stream, sps

from argus.base.access_unit import Codec
from argus.media.annexb import AccessUnitAssembler, nal_units

SPS = sps(1280, 720)


def parts(assembler: AccessUnitAssembler, *nals: bytes) -> tuple[list[bytes], bool] | None:
    unit = assembler.assemble(byte_stream(*nals), utc_us=1, mono_ns=2)
    return None if unit is None else ([bytes(nal) for nal in unit.nal_units()], unit.key_frame)


# What escapes hold apart never occurs inside a NAL unit, and none ends in zero.
NALS = st.binary(min_size=1, max_size=60).filter(lambda nal: b"\0\0" not in nal and nal[-1] != 0 and nal[0] != 0)


@given(st.lists(st.tuples(NALS, st.booleans(), st.integers(0, 3)), max_size=8))
def test_nal_units_are_found_between_start_codes_of_either_length(stream: list[tuple[bytes, bool, int]]) -> None:
    data = b"".join((b"\0\0\0\1" if long else b"\0\0\1") + nal + bytes(stuffing) for nal, long, stuffing in stream)
    assert nal_units(data) == [nal for nal, _, _ in stream]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_yield_a_start_code_or_an_empty_unit(data: bytes) -> None:
    for unit in nal_units(data):
        assert unit
        assert b"\0\0\1" not in unit


def test_a_key_frame_begins_with_its_parameter_sets() -> None:
    assembler = AccessUnitAssembler(25.0)
    unit = assembler.assemble(byte_stream(DELIMITER, SPS, PPS, SEI, IDR), utc_us=7, mono_ns=8)
    assert unit is not None
    assert [bytes(nal) for nal in unit.nal_units()] == [SPS, PPS, SEI, IDR]
    assert (unit.key_frame, unit.utc_us, unit.mono_ns) == (True, 7, 8)
    assert (unit.format.codec, unit.format.width, unit.format.height) == (Codec.H264, 1280, 720)
    assert (unit.format.frame_rate, unit.format.parameter_sets) == (25.0, (SPS, PPS))


def test_delimiters_and_filler_are_dropped() -> None:
    assembler = AccessUnitAssembler(25.0)
    parts(assembler, SPS, PPS, IDR)
    assert parts(assembler, DELIMITER, SLICE, b"\x0c\xff\xff\x80") == ([SLICE], False)


def test_a_key_frame_without_parameter_sets_gets_the_last_known() -> None:
    assembler = AccessUnitAssembler(25.0)
    parts(assembler, SPS, PPS, IDR)
    assert parts(assembler, IDR) == ([SPS, PPS, IDR], True)


def test_parameter_sets_in_a_buffer_of_their_own_join_the_next_key_frame() -> None:
    assembler = AccessUnitAssembler(25.0)
    assert parts(assembler, SPS, PPS) is None
    assert parts(assembler, IDR) == ([SPS, PPS, IDR], True)


def test_a_picture_parameter_set_that_comes_alone_joins_the_known_sequence() -> None:
    assembler = AccessUnitAssembler(25.0)
    assert parts(assembler, PPS) is None
    parts(assembler, SPS)
    parts(assembler, PPS)
    assert parts(assembler, IDR) == ([SPS, PPS, IDR], True)


def test_pictures_before_the_first_parameter_sets_are_left_out() -> None:
    assembler = AccessUnitAssembler(25.0)
    assert parts(assembler, SLICE) is None
    assert parts(assembler, IDR) is None


def test_repeated_parameter_sets_appear_once() -> None:
    assert parts(AccessUnitAssembler(25.0), SPS, PPS, SPS, PPS, IDR) == ([SPS, PPS, IDR], True)


def test_the_format_stays_the_same_object_until_the_picture_changes() -> None:
    assembler = AccessUnitAssembler(25.0)
    stream = [byte_stream(SPS, PPS, IDR), byte_stream(SPS, PPS, IDR), byte_stream(sps(640, 360), PPS, IDR)]
    units = [assembler.assemble(data, utc_us=n, mono_ns=n) for n, data in enumerate(stream)]
    formats = [unit.format for unit in units if unit]
    assert formats[0] is formats[1]
    assert (formats[2].width, formats[2].height) == (640, 360)


def test_a_senseless_parameter_set_is_an_error() -> None:
    with pytest.raises(ValueError):
        AccessUnitAssembler(25.0).assemble(byte_stream(b"\x67\x42\xc0", PPS, IDR), utc_us=0, mono_ns=0)


@given(st.lists(st.one_of(st.sampled_from([SPS, PPS, IDR, SLICE, SEI, DELIMITER]), NALS), max_size=6))
def test_whatever_an_encoder_emits_key_frames_are_decodable(nals: list[bytes]) -> None:
    assembler = AccessUnitAssembler(25.0)
    try:
        unit = assembler.assemble(byte_stream(*nals, long=False), utc_us=0, mono_ns=0)
    except ValueError:
        return
    if unit is not None:
        kinds = [nal[0] & 31 for nal in unit.nal_units()]
        assert unit.key_frame == (5 in kinds)
        assert not unit.key_frame or (kinds[0], 8 in kinds) == (7, True)
