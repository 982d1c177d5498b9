"""RTCP packets."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.rtsp.rtcp import (
    ReportBlock,
    SenderReport,
    decode_receiver_reports,
    decode_sender_packets,
    encode_goodbye,
    encode_picture_loss,
    encode_receiver_report,
    encode_sender_report,
)

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


def test_a_receiver_report_is_read_as_it_was_written() -> None:
    block = ReportBlock(
        ssrc=7, lost_fraction=3, lost=-2, highest_sequence=1 << 16 | 5, jitter=11, last_report=13, report_age=17
    )
    compound = encode_receiver_report(ssrc=1, block=block, cname="c")
    assert [kind for kind, _ in packets(compound)] == [201, 202]
    assert struct.unpack(">IIIIIII", compound[4:32]) == (1, 7, 3 << 24 | 0xFFFFFE, 1 << 16 | 5, 11, 13, 17)
    [report] = decode_receiver_reports(compound)
    assert (report.ssrc, report.blocks[0].highest_sequence) == (1, 1 << 16 | 5)


def test_a_picture_loss_names_the_stream_that_lacks_a_key_frame() -> None:
    compound = encode_picture_loss(ssrc=1, media_ssrc=2, cname="c")
    assert packets(compound)[-1] == (206, struct.pack(">BBHII", 0x81, 206, 2, 1, 2))
    assert [report.ssrc for report in decode_receiver_reports(compound)] == [1]


def test_what_a_sender_tells_is_found_in_a_compound_packet() -> None:
    compound = encode_sender_report(ssrc=1, ntp=2 << 32 | 3, rtp_timestamp=4, packets=5, octets=6, cname="camera")
    reports, ended = decode_sender_packets(compound + encode_goodbye(ssrc=9, cname="c"))
    assert reports == (SenderReport(ssrc=1, ntp=2 << 32 | 3, rtp_timestamp=4),)
    assert ended == {9}


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: b"\x9f\xcb\x00\x02" + tail)))
def test_any_bytes_are_sender_packets_or_value_error(data: bytes) -> None:
    try:
        decode_sender_packets(data)
    except ValueError:
        return
