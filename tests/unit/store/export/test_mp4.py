"""What the muxer writes, read back box by box."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.store.boxes import Sample, boxes, samples

from argus.base.access_unit import AccessUnit, Codec, StreamFormat, join_nal_units
from argus.base.errors import NotSupported
from argus.store.export.mp4 import Mp4Writer
from argus.store.export.mp4_parameter_sets import configuration_record

START_US = 1_767_225_600_123_456
SPS = bytes.fromhex("674d401eda0280bfe5c05a808080a0000003002000000651e2c5d4")
PPS = bytes.fromhex("68ee3c80")
VIDEO = StreamFormat(codec=Codec.H264, width=640, height=360, frame_rate=25, parameter_sets=(SPS, PPS))
SMALL = StreamFormat(codec=Codec.H264, width=320, height=176, frame_rate=25, parameter_sets=(SPS, PPS))
AUDIO = StreamFormat(codec=Codec.PCMU, clock_hz=8000)
FIRST = 1


def unit(time_us: int, data: bytes, *, key: bool = False, stream_format: StreamFormat = VIDEO) -> AccessUnit:
    return AccessUnit(format=stream_format, data=data, key_frame=key, utc_us=START_US + time_us, mono_ns=0)


def written(*groups: tuple[list[AccessUnit], int | None, bool]) -> tuple[bytes, Mp4Writer]:
    return written_with((VIDEO,), *groups)


def written_with(
    formats: tuple[StreamFormat, ...], *groups: tuple[list[AccessUnit], int | None, bool]
) -> tuple[bytes, Mp4Writer]:
    file = io.BytesIO()
    writer = Mp4Writer(file, {FIRST: formats}, START_US)
    for units, next_us, gap in groups:
        writer.write(FIRST, units, next_us, gap=gap)
    writer.finish()
    return file.getvalue(), writer


def durations(found: list[Sample]) -> list[int]:
    return [sample.duration for sample in found]


@given(
    times=st.lists(st.integers(0, 10**12), min_size=1, max_size=12, unique=True).map(sorted),
    data=st.data(),
)
def test_every_sample_lies_where_the_boxes_say_at_its_capture_time(times: list[int], data: st.DataObject) -> None:
    payloads = [data.draw(st.binary(max_size=300)) for _ in times]
    units = [unit(time, payload) for time, payload in zip(times, payloads, strict=True)]
    groups = [([one], after.utc_us, False) for one, after in pairwise(units)]
    file, _ = written(*groups, ([units[-1]], None, False))
    found = samples(file)
    assert [sample.data for sample in found] == payloads
    assert [sample.time for sample in found] == times


def test_a_group_of_pictures_is_one_fragment_and_a_gap_is_kept() -> None:
    first = [unit(0, b"a", key=True), unit(40_000, b"b"), unit(80_007, b"c")]
    second = [unit(9_000_000, b"d", key=True), unit(9_040_000, b"e")]
    file, writer = written((first, second[0].utc_us, True), (second, None, False))
    assert [box.kind for box in boxes(file)] == [b"ftyp", b"moov", *[b"prft", b"moof", b"mdat"] * 2, b"mfra"]
    assert durations(samples(file)) == [40_000, 40_007, 40_007, 40_000, 40_000]
    assert writer.duration_us == 9_080_000
    assert [sample.key for sample in samples(file)] == [True, False, False, True, False]
    moov = next(box for box in boxes(file) if box.kind == b"moov")
    assert struct.unpack(">IQ", moov.find(b"mvex", b"mehd").content) == (1 << 24, 9_080_000)


def test_before_a_short_gap_the_last_unit_ends_where_the_next_begins() -> None:
    first = [unit(0, b"a", key=True), unit(40_000, b"b")]
    file, _ = written((first, START_US + 41_000, True), ([unit(41_000, b"c", key=True)], None, False))
    assert durations(samples(file)) == [40_000, 1_000, 40_000]


def test_the_start_in_utc_is_told_to_the_second_the_millisecond_and_exactly() -> None:
    file, _ = written(([unit(500_000, b"a", key=True)], None, False))
    moov, prft = (next(box for box in boxes(file) if box.kind == kind) for kind in (b"moov", b"prft"))
    (created,) = struct.unpack_from(">Q", moov.find(b"mvhd").content, 4)
    assert created - 2_082_844_800 == START_US // 1_000_000
    assert b"2026-01-01T00:00:00.123Z" in moov.find(b"udta").content
    _, track, ntp, time = struct.unpack(">IIQQ", prft.content)
    assert (track, time) == (1, 500_000)
    assert ((ntp & 0xFFFFFFFF) * 1_000_000 + (1 << 31)) >> 32 == 623_456


def test_fragments_are_listed_at_the_end_of_the_file() -> None:
    units = [unit(second * 1_000_000, b"x", key=True) for second in range(3)]
    file, _ = written(*(([one], None, False) for one in units))
    mfra = list(boxes(file))[-1]
    tfra = mfra.find(b"tfra").content
    rows = [struct.unpack_from(">QQ", tfra, 16 + 19 * number) for number in range(3)]
    assert [time for time, _ in rows] == [0, 1_000_000, 2_000_000]
    assert all(file[offset + 4 : offset + 8] == b"prft" for _, offset in rows)
    assert int.from_bytes(file[-4:], "big") == len(mfra.content) + 8


def test_parameter_sets_stand_in_the_head_and_not_in_the_samples() -> None:
    other_pps = b"\x68other"
    data = join_nal_units([SPS, PPS, other_pps, b"\x65slice"])
    file, _ = written(([unit(0, data, key=True)], None, False))
    assert samples(file)[0].data == join_nal_units([other_pps, b"\x65slice"])
    head = file[: file.index(b"prft")]
    assert SPS in head
    assert PPS in head


def test_a_change_of_format_begins_a_fragment_that_says_so() -> None:
    data = join_nal_units([SPS, PPS, b"\x65slice"])
    units = [unit(0, data, key=True), unit(40_000, data, key=True, stream_format=SMALL)]
    file, _ = written_with((VIDEO, SMALL), (units, None, False))
    assert [(sample.entry, sample.duration) for sample in samples(file)] == [(1, 40_000), (2, 40_000)]
    assert {sample.data for sample in samples(file)} == {data}
    assert file.count(b"avc3") == 2
    with pytest.raises(NotSupported):
        written(([unit(0, b"a", stream_format=AUDIO)], None, False))


def test_the_head_has_one_length_whatever_the_duration() -> None:
    file, _ = written(([unit(0, b"a", key=True), unit(10**12, b"b")], None, False))
    assert [sample.data for sample in samples(file)] == [b"a", b"b"]


@pytest.mark.parametrize("codec", [Codec.METADATA, Codec.AAC])
def test_formats_without_a_place_in_the_file_are_refused(codec: Codec) -> None:
    with pytest.raises(NotSupported):
        Mp4Writer(io.BytesIO(), {1: [StreamFormat(codec=codec)]}, START_US)


def test_the_record_of_h264_tells_profile_and_chroma() -> None:
    record = configuration_record(VIDEO)
    assert record[:6] == bytes((1, 0x4D, 0x40, 0x1E, 0xFF, 0xE1))
    assert record.endswith(bytes((1, 0, len(PPS))) + PPS)
    high = bytes.fromhex("6764000cacd94141fb016a020202800000030080000019078a14cb")
    record = configuration_record(StreamFormat(codec=Codec.H264, parameter_sets=(high, PPS)))
    assert record.endswith(bytes((0xFD, 0xF8, 0xF8, 0)))


@given(
    codec=st.sampled_from([Codec.H264, Codec.H265]),
    sets=st.lists(
        st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda tail: SPS[:4] + tail)), max_size=4
    ),
)
def test_any_parameter_sets_make_a_record_or_a_refusal(codec: Codec, sets: list[bytes]) -> None:
    stream_format = StreamFormat(codec=codec, parameter_sets=tuple(sets))
    with suppress(NotSupported):
        assert configuration_record(stream_format)[0] == 1
