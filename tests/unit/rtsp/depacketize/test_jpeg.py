"""JPEG out of RTP."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.depacketize.streams import (
    ANYTHING,
    Packet,
    SentUnit,
    losses,
    packets_of,
    push_anything,
    receive,
    told,
    video,
)

from argus.base.access_unit import Codec
from argus.rtsp.depacketize.jpeg import JpegDepacketizer
from argus.rtsp.jpeg import packetize
from argus.rtsp.jpeg_file import JpegPicture, decode_jfif, encode_jfif, quantization_tables

SCAN = st.binary(min_size=1, max_size=600).map(lambda scan: scan.replace(b"\xff", b"\xfe"))
TABLE = st.binary(min_size=64, max_size=64)


@st.composite
def pictures(draw: st.DrawFn) -> bytes:
    return encode_jfif(
        JpegPicture(
            width=draw(st.integers(1, 255)) * 8,
            height=draw(st.integers(1, 255)) * 8,
            halved_rows=draw(st.booleans()),
            tables=(draw(TABLE), draw(st.one_of(TABLE, st.binary(min_size=128, max_size=128)))),
            restart_interval=draw(st.sampled_from([0, 0, 1, 40])),
            scan=memoryview(draw(SCAN)),
        )
    )


def streams() -> st.SearchStrategy[list[SentUnit]]:
    return st.lists(pictures(), min_size=1, max_size=4).map(
        lambda found: [SentUnit(data=data, timestamp=place * 3_600) for place, data in enumerate(found)]
    )


@given(streams(), st.integers(220, 400))
def test_what_was_sent_comes_out(units: list[SentUnit], max_payload_bytes: int) -> None:
    received = receive(JpegDepacketizer(video("JPEG")), packets_of(units, packetize, max_payload_bytes))
    assert told(received) == units
    for unit in received:
        picture = decode_jfif(unit.data)
        assert unit.format.codec is Codec.JPEG
        assert (unit.format.width, unit.format.height) == (picture.width, picture.height)


@given(streams(), st.data(), st.booleans())
def test_with_losses_only_whole_pictures_come_out(units: list[SentUnit], data: st.DataObject, noticed: bool) -> None:
    packets = packets_of(units, packetize, 220)
    lost = data.draw(losses(len(packets)))
    if not noticed:  # even where nobody tells of the hole in the middle of a picture
        lost = {place for place in lost if not packets[place].marker}
        packets = [packet for place, packet in enumerate(packets) if place not in lost]
        lost = set()
    assert all(unit in units for unit in told(receive(JpegDepacketizer(video("JPEG")), packets, lost)))


@given(ANYTHING)
def test_anything_else_is_dropped(arrived: list[tuple[bytes, bool, int, bool]]) -> None:
    push_anything(JpegDepacketizer(video("JPEG")), arrived)


def fragment(quality: int, tables: bytes = b"", scan: bytes = b"scan", eighths: tuple[int, int] = (4, 3)) -> Packet:
    head = bytes((0, 0, 0, 0, 1, quality, *eighths))
    return Packet(payload=head + tables + scan, marker=True, timestamp=quality)


def test_a_quality_stands_for_tables() -> None:
    [unit] = receive(JpegDepacketizer(video("JPEG")), [fragment(50)])
    picture = decode_jfif(unit.data)
    assert picture.tables == quantization_tables(50)
    assert (picture.width, picture.height, bytes(picture.scan)) == (32, 24, b"scan")
    assert list(picture.tables[0][:10]) == [16, 11, 12, 14, 12, 10, 16, 14, 13, 14], "table K.1 in zigzag order"
    assert receive(JpegDepacketizer(video("JPEG")), [fragment(0)]) == []


def test_tables_of_a_quality_are_kept_but_those_of_255_are_told_each_time() -> None:
    tables = b"\x00\x00\x00\x80" + bytes(range(1, 129))
    reader = JpegDepacketizer(video("JPEG"))
    first, again = receive(reader, [fragment(200, tables), fragment(200, bytes(4))])
    assert first.data == again.data
    assert len(receive(reader, [fragment(255, tables), fragment(255, bytes(4)), fragment(201, bytes(4))])) == 1


def test_one_table_may_serve_all_components_and_the_end_marker_may_be_sent() -> None:
    [unit] = receive(JpegDepacketizer(video("JPEG")), [fragment(255, b"\0\0\0\x40" + bytes(64), b"scan\xff\xd9")])
    picture = decode_jfif(unit.data)
    assert picture.tables == (bytes(64), bytes(64))
    assert bytes(picture.scan) == b"scan"


@pytest.mark.parametrize("scan", [b"\xff\xd9", b"\xff\xd9scan"])
def test_a_picture_that_ends_before_it_begins_is_dropped(scan: bytes) -> None:
    reader = JpegDepacketizer(video("JPEG"))
    assert receive(reader, [fragment(50, scan=scan)]) == []
    assert reader.dropped_units == 1


def test_the_description_knows_sizes_that_the_header_cannot_tell() -> None:
    media = replace(video("JPEG"), width=2_560, height=1_440)
    [unit] = receive(JpegDepacketizer(media), [fragment(50, eighths=(0, 180))])
    assert (unit.format.width, unit.format.height) == (2_560, 1_440)
    [unit] = receive(JpegDepacketizer(replace(media, width=30, height=20)), [fragment(50)])
    assert (unit.format.width, unit.format.height) == (30, 20), "the header counts in eighths"
    assert receive(JpegDepacketizer(video("JPEG")), [fragment(50, eighths=(0, 0))]) == []


@pytest.mark.parametrize("kind", [2, 63, 66, 128, 255])
def test_unknown_types_are_dropped(kind: int) -> None:
    packet = fragment(50)
    payload = bytes((*packet.payload[:4], kind)) + packet.payload[5:]
    assert receive(JpegDepacketizer(video("JPEG")), [replace(packet, payload=payload)]) == []
