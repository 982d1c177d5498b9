"""H.264 out of RTP."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.depacketize.streams import (
    ANYTHING,
    Packet,
    SentUnit,
    assert_whole_and_decodable,
    losses,
    packets_of,
    push_anything,
    receive,
    told,
    video,
)
from tests.unit.rtsp.twins import PPS, SPS

from argus.base.access_unit import Codec, join_nal_units
from argus.base.errors import NotSupported
from argus.rtsp.depacketize import depacketizer
from argus.rtsp.depacketize.coded_unit import MAX_UNIT_BYTES
from argus.rtsp.depacketize.h264 import H264Depacketizer
from argus.rtsp.h264 import packetize

OTHER_PPS = bytes.fromhex("68ce3c80")
DELIMITER, FILLER = b"\x09\xf0", b"\x0c\xff\xff\x80"
SPROP = ",".join(b64encode(nal).decode() for nal in (SPS, PPS))
RECOVERY_POINT = bytes.fromhex("06060180" + "80")
GRADUAL = bytes.fromhex("06060140" + "80")

BODY = st.binary(min_size=1, max_size=120)
IDR = BODY.map(lambda body: b"\x65" + body)
SLICE = st.builds(lambda head, body: bytes((head,)) + body, st.sampled_from([0x41, 0x01, 0x21]), BODY)
# One message of user data of exactly this size: what follows a shorter one could be a recovery point.
SEI = BODY.map(lambda body: bytes((0x06, 0x05, len(body))) + body)


@st.composite
def streams(draw: st.DrawFn) -> list[SentUnit]:
    kinds = [True, *draw(st.lists(st.booleans(), max_size=8))]
    units = []
    for place, key_frame in enumerate(kinds):
        nals = [SPS, PPS] if key_frame else []
        nals += draw(st.lists(SEI, max_size=1)) + draw(st.lists(IDR if key_frame else SLICE, min_size=1, max_size=3))
        units.append(SentUnit(data=join_nal_units(nals), timestamp=place * 3_600, key_frame=key_frame))
    return units


def packet(payload: bytes, timestamp: int = 0, *, marker: bool = True) -> Packet:
    return Packet(payload=payload, marker=marker, timestamp=timestamp)


@given(streams(), st.integers(10, 60))
def test_what_was_sent_comes_out(units: list[SentUnit], max_payload_bytes: int) -> None:
    reader = H264Depacketizer(video("H264"))
    assert told(receive(reader, packets_of(units, packetize, max_payload_bytes))) == units
    assert reader.format is not None
    assert (reader.format.codec, reader.format.width, reader.format.height) == (Codec.H264, 640, 360)
    assert reader.format.parameter_sets == (SPS, PPS)
    assert reader.dropped_units == 0


@given(streams(), st.data())
def test_with_losses_only_whole_units_come_out(units: list[SentUnit], data: st.DataObject) -> None:
    packets = packets_of(units, packetize)
    reader = H264Depacketizer(video("H264"))
    assert_whole_and_decodable(receive(reader, packets, data.draw(losses(len(packets)))), units)


@given(streams(), st.data())
def test_without_markers_units_end_where_another_time_begins(units: list[SentUnit], data: st.DataObject) -> None:
    packets = [packet(sent.payload, sent.timestamp, marker=False) for sent in packets_of(units, packetize)]
    assert told(receive(H264Depacketizer(video("H264")), packets)) == units[:-1]
    lost = data.draw(losses(len(packets)))
    assert_whole_and_decodable(receive(H264Depacketizer(video("H264")), packets, lost), units)


@given(ANYTHING)
def test_anything_else_is_dropped(arrived: list[tuple[bytes, bool, int, bool]]) -> None:
    for unit in push_anything(H264Depacketizer(video("H264", sprop_parameter_sets=SPROP)), arrived):
        assert unit.data.startswith(join_nal_units([SPS, PPS])[:4]) or not unit.key_frame


def test_parameter_sets_of_the_description_begin_each_key_frame() -> None:
    reader = H264Depacketizer(video("H264", sprop_parameter_sets=SPROP))
    assert reader.format is not None
    assert reader.format.frame_rate == 25.0
    [first, second] = receive(reader, [packet(b"\x65key"), packet(b"\x41next", 3_600)])
    assert (first.key_frame, first.data) == (True, join_nal_units([SPS, PPS, b"\x65key"]))
    assert (second.key_frame, second.data) == (False, join_nal_units([b"\x41next"]))


def test_parameter_sets_in_the_stream_replace_those_with_their_number() -> None:
    reader = H264Depacketizer(video("H264", sprop_parameter_sets=SPROP))
    [unit] = receive(reader, [packet(OTHER_PPS, marker=False), packet(b"\x65key")])
    assert unit.data == join_nal_units([SPS, OTHER_PPS, b"\x65key"])
    assert unit.format.parameter_sets == (SPS, OTHER_PPS)


def test_a_set_that_makes_no_sense_does_not_hide_the_one_before_it() -> None:
    reader = H264Depacketizer(video("H264", sprop_parameter_sets=SPROP))
    damaged = [packet(OTHER_PPS, 0, marker=False), packet(b"\x67", 0, marker=False), packet(b"\x65key", 0)]
    [unit] = receive(reader, [*damaged, packet(OTHER_PPS, 1, marker=False), packet(b"\x65key", 1)])
    assert unit.data == join_nal_units([SPS, OTHER_PPS, b"\x65key"])


def test_parameter_sets_with_a_marker_and_time_of_their_own_are_kept_for_the_picture() -> None:
    packets = [packet(SPS, 0), packet(PPS, 1), packet(b"\x65key", 2)]
    [unit] = receive(H264Depacketizer(video("H264")), packets)
    assert (unit.data, unit.rtp_timestamp) == (join_nal_units([SPS, PPS, b"\x65key"]), 2)


def test_an_aggregation_packet_is_taken_apart_and_delimiters_and_filler_are_left_out() -> None:
    nals = [DELIMITER, SPS, PPS, b"\x65key", FILLER]
    payload = b"\x78" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
    [unit] = receive(H264Depacketizer(video("H264")), [packet(payload)])
    assert unit.data == join_nal_units([SPS, PPS, b"\x65key"])


def test_parameter_sets_may_come_in_fragments() -> None:
    parts = [b"\x7c\x87" + SPS[1:9], b"\x7c\x47" + SPS[9:]]
    packets = [packet(part, marker=False) for part in parts] + [packet(PPS, marker=False), packet(b"\x65key")]
    [unit] = receive(H264Depacketizer(video("H264")), packets)
    assert unit.data == join_nal_units([SPS, PPS, b"\x65key"])


def test_a_stream_without_idr_pictures_starts_at_an_exact_recovery_point() -> None:
    gradual = [packet(GRADUAL, 0, marker=False), packet(b"\x41\xe0slow", 0)]
    exact = [packet(RECOVERY_POINT, 1, marker=False), packet(b"\x41\x88key", 1)]
    reader = H264Depacketizer(video("H264", sprop_parameter_sets=SPROP))
    [unit] = receive(reader, gradual + exact)
    assert (unit.key_frame, unit.rtp_timestamp) == (True, 1)


def test_an_i_picture_that_brings_parameter_sets_is_a_start() -> None:
    predicted = [packet(SPS, 0, marker=False), packet(PPS, 0, marker=False), packet(b"\x41\x9a\x11", 0)]
    intra = [packet(SPS, 1, marker=False), packet(PPS, 1, marker=False), packet(b"\x41\x88\x11", 1)]
    [unit] = receive(H264Depacketizer(video("H264")), predicted + intra)
    assert (unit.key_frame, unit.rtp_timestamp) == (True, 1)


def test_a_key_frame_right_after_a_loss_counts_where_its_beginning_is_seen() -> None:
    gop = [packet(SPS, 9, marker=False), packet(PPS, 9, marker=False), packet(b"\x65key", 9)]
    before = [packet(b"\x41one", 0), packet(b"\x41two", 1)]
    reader = H264Depacketizer(video("H264", sprop_parameter_sets=SPROP))
    assert [unit.rtp_timestamp for unit in receive(reader, before + gop, {1})] == [9]
    reader = H264Depacketizer(video("H264", sprop_parameter_sets=SPROP))
    assert receive(reader, before + gop, {1, 2}) == []


def test_a_unit_without_end_is_dropped_and_forgotten() -> None:
    reader = H264Depacketizer(video("H264", sprop_parameter_sets=SPROP))
    fragments = [packet(b"\x7c\x85" + bytes(60_000), marker=False)]
    fragments += [packet(b"\x7c\x05" + bytes(60_000), marker=False)] * (MAX_UNIT_BYTES // 60_000 + 2)
    assert receive(reader, fragments) == []
    assert reader.dropped_units == 1
    [unit] = receive(reader, [packet(b"\x65key", 3_600)])
    assert unit.key_frame


def test_the_interleaved_mode_is_refused() -> None:
    with pytest.raises(NotSupported):
        depacketizer(video("H264", packetization_mode="2"))
