"""RTCP packets."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.rtsp.rtcp import decode_receiver_reports, encode_goodbye, encode_sender_report

REPORT = struct.pack(">BBHIIIIIII", 0x81, 201, 7, 0xAAAA, 0xBBBB, 0x40000001, 70_000, 12, 0, 0)


def packets(compound: bytes) -> list[tuple[int, bytes]]:
    found = []
    while compound:
        assert compound[0] & 0xE0 == 0x80
        size = 4 + 4 * int.from_bytes(compound[2:4], "big")
        found.append((compound[1], compound[:size]))
        compound = compound[size:]
    return found


def test_a_sender_report_ties_ntp_to_rtp_and_names_its_source() -> None:
    compound = encode_sender_report(ssrc=1, ntp=2 << 32 | 3, rtp_timestamp=4, packets=5, octets=6, cname="camera")
    (kind, report), (described, description) = packets(compound)
    assert (kind, described) == (200, 202)
    assert struct.unpack(">IIIIII", report[4:]) == (1, 2, 3, 4, 5, 6)
    assert description[4:] == b"\x00\x00\x00\x01\x01\x06camera\x00\x00\x00\x00"


@given(st.text(max_size=300))
def test_any_name_makes_a_whole_number_of_words_with_an_end_mark(cname: str) -> None:
    for _, packet in packets(encode_goodbye(ssrc=1, cname=cname)):
        assert len(packet) % 4 == 0


def test_a_goodbye_names_the_stream_that_ends() -> None:
    assert packets(encode_goodbye(ssrc=7, cname="c"))[-1] == (203, struct.pack(">BBHI", 0x81, 203, 1, 7))


def test_a_receiver_report_is_found_in_a_compound_packet() -> None:
    [report] = decode_receiver_reports(encode_goodbye(ssrc=9, cname="c")[8:] + REPORT)
    assert report.ssrc == 0xAAAA
    [block] = report.blocks
    assert (block.ssrc, block.lost_fraction, block.highest_sequence, block.jitter) == (0xBBBB, 0x40, 70_000, 12)


@pytest.mark.parametrize("data", [b"\x80", b"\x00" * 8, REPORT[:-1], REPORT + b"\x80", b"\x9f\xc9\x00\x01" + bytes(4)])
def test_what_is_no_compound_packet_raises_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode_receiver_reports(data)


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: REPORT[:4] + tail)))
def test_any_bytes_are_reports_or_value_error(data: bytes) -> None:
    try:
        decode_receiver_reports(data)
    except ValueError:
        return
