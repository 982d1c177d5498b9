"""H.265 out of RTP."""

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

from argus.base.access_unit import Codec, join_nal_units
from argus.base.errors import NotSupported
from argus.rtsp.depacketize import depacketizer
from argus.rtsp.depacketize.h265 import H265Depacketizer
from argus.rtsp.h265 import packetize

# 328 by 246, made by x265
VPS = bytes.fromhex("40010c01ffff0408000003009e0800000300003c959809")
SPS = bytes.fromhex("4201010408000003009e0800000300003c90014901f3ef2cacd24995e02dc08080010000030001000003001908")
PPS = bytes.fromhex("4401c172860c4624")
SETS = (VPS, SPS, PPS)
DELIMITER, END_OF_SEQUENCE = b"\x46\x01\x50", b"\x48\x01"
IDR, TRAIL, CRA = b"\x28\x01", b"\x02\x01", b"\x2a\x01"
SPROP = {name: b64encode(nal).decode() for name, nal in zip(("sprop_vps", "sprop_sps", "sprop_pps"), SETS, strict=True)}

BODY = st.binary(min_size=1, max_size=120)


@st.composite
def streams(draw: st.DrawFn) -> list[SentUnit]:
    kinds = [True, *draw(st.lists(st.booleans(), max_size=8))]
    units = []
    for place, key_frame in enumerate(kinds):
        head = draw(st.sampled_from([IDR, CRA, b"\x26\x01"] if key_frame else [TRAIL, b"\x00\x02", b"\x12\x01"]))
        nals = [*SETS] if key_frame else []
        nals += [b"\x4e\x01" + body for body in draw(st.lists(BODY, max_size=1))]
        nals += [head + body for body in draw(st.lists(BODY, min_size=1, max_size=3))]
        units.append(SentUnit(data=join_nal_units(nals), timestamp=place * 3_600, key_frame=key_frame))
    return units


def packet(payload: bytes, timestamp: int = 0, *, marker: bool = True) -> Packet:
    return Packet(payload=payload, marker=marker, timestamp=timestamp)


@given(streams(), st.integers(10, 60))
def test_what_was_sent_comes_out(units: list[SentUnit], max_payload_bytes: int) -> None:
    reader = H265Depacketizer(video("H265"))
    assert told(receive(reader, packets_of(units, packetize, max_payload_bytes))) == units
    assert reader.format is not None
    assert (reader.format.codec, reader.format.width, reader.format.height) == (Codec.H265, 328, 246)
    assert reader.format.parameter_sets == SETS


@given(streams(), st.data())
def test_with_losses_only_whole_units_come_out(units: list[SentUnit], data: st.DataObject) -> None:
    packets = packets_of(units, packetize)
    reader = H265Depacketizer(video("H265"))
    assert_whole_and_decodable(receive(reader, packets, data.draw(losses(len(packets)))), units)


@given(ANYTHING)
def test_anything_else_is_dropped(arrived: list[tuple[bytes, bool, int, bool]]) -> None:
    push_anything(H265Depacketizer(video("H265", **SPROP)), arrived)


def test_parameter_sets_of_the_description_begin_each_key_frame() -> None:
    reader = H265Depacketizer(video("H265", **SPROP))
    assert reader.format is not None
    [unit] = receive(reader, [packet(IDR + b"key")])
    assert unit.data == join_nal_units([*SETS, IDR + b"key"])


def test_an_aggregation_packet_is_taken_apart() -> None:
    nals = [DELIMITER, *SETS, CRA + b"key"]
    payload = b"\x60\x01" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
    [unit] = receive(H265Depacketizer(video("H265")), [packet(payload)])
    assert (unit.key_frame, unit.data) == (True, join_nal_units([*SETS, CRA + b"key"]))


def test_the_mark_of_a_sequences_end_is_no_damage() -> None:
    reader = H265Depacketizer(video("H265", **SPROP))
    packets = [packet(IDR + b"key", marker=False), packet(END_OF_SEQUENCE)]
    [unit] = receive(reader, packets)
    assert unit.data == join_nal_units([*SETS, IDR + b"key", END_OF_SEQUENCE])


def test_packets_out_of_decoding_order_are_refused() -> None:
    with pytest.raises(NotSupported):
        depacketizer(video("H265", sprop_max_don_diff="2"))
