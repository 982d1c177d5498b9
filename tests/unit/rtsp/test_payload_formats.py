"""How codecs other than H.264 travel in RTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.access_unit import Codec, StreamFormat, join_nal_units
from argus.base.errors import NotSupported
from argus.rtsp import aac, h265, jpeg, metadata
from argus.rtsp.jpeg_file import JpegPicture, decode_jfif, encode_jfif, quantization_tables
from argus.rtsp.payload import Packetize, can_be_sent, payload_format

AAC_CONFIG = bytes.fromhex("1408")
PICTURE = JpegPicture(
    width=2_040,
    height=1_080,
    halved_rows=True,
    tables=quantization_tables(80),
    restart_interval=0,
    scan=memoryview(b"scan" * 900),
)
FORMATS = {
    "H265": StreamFormat(codec=Codec.H265, parameter_sets=(b"\x40\x01v", b"\x42\x01s", b"\x44\x01p")),
    "JPEG": StreamFormat(codec=Codec.JPEG, width=1_920, height=1_080),
    "PCMU": StreamFormat(codec=Codec.PCMU, clock_hz=8_000),
    "PCMA": StreamFormat(codec=Codec.PCMA, clock_hz=8_000),
    "PCMU wide": StreamFormat(codec=Codec.PCMU, clock_hz=16_000),
    "AAC": StreamFormat(codec=Codec.AAC, clock_hz=16_000, parameter_sets=(AAC_CONFIG,)),
    "Metadata": StreamFormat(codec=Codec.METADATA),
}


@pytest.mark.parametrize(
    ("name", "payload_type", "rtpmap", "fmtp"),
    [
        ("H265", 98, "H265/90000", "sprop-vps=QAF2; sprop-sps=QgFz; sprop-pps=RAFw"),
        ("JPEG", 26, "JPEG/90000", ""),
        ("PCMU", 0, "PCMU/8000", ""),
        ("PCMA", 8, "PCMA/8000", ""),
        ("PCMU wide", 99, "PCMU/16000", ""),
        (
            "AAC",
            97,
            "mpeg4-generic/16000/1",
            "streamtype=5; profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; "
            "config=1408",
        ),
        ("Metadata", 107, "vnd.onvif.metadata/90000", ""),
    ],
)
def test_each_codec_has_its_lines_in_the_description(name: str, payload_type: int, rtpmap: str, fmtp: str) -> None:
    known = payload_format(FORMATS[name])
    assert (known.payload_type, known.rtpmap, known.fmtp) == (payload_type, rtpmap, fmtp)
    assert known.marked is (FORMATS[name].codec not in (Codec.PCMU, Codec.PCMA))


@pytest.mark.parametrize(
    "stream",
    [
        StreamFormat(codec=Codec.AAC, clock_hz=16_000),
        StreamFormat(codec=Codec.AAC, clock_hz=16_000, parameter_sets=(b"\x00",)),
        StreamFormat(codec=Codec.JPEG, width=2_560, height=1_440),
    ],
)
def test_what_no_receiver_could_decode_is_not_sent(stream: StreamFormat) -> None:
    assert not can_be_sent(stream)
    with pytest.raises(NotSupported):
        payload_format(stream)


@given(st.lists(st.binary(min_size=2, max_size=120), min_size=1, max_size=4), st.integers(10, 60))
def test_h265_payloads_are_bounded_and_fragments_begin_and_end(nals: list[bytes], max_payload_bytes: int) -> None:
    payloads = [prefix + bytes(body) for prefix, body in h265.packetize(join_nal_units(nals), max_payload_bytes)]
    assert all(0 < len(payload) <= max_payload_bytes for payload in payloads)
    if len(nals) == 1 and len(nals[0]) > max_payload_bytes:
        edges = [payload[2] & 0xC0 for payload in payloads]
        assert edges == [0x80, *[0] * (len(edges) - 2), 0x40]
        assert b"".join(payload[3:] for payload in payloads) == nals[0][2:]


@given(st.binary(max_size=60), st.sampled_from([h265.packetize, aac.packetize, jpeg.packetize, metadata.packetize]))
def test_malformed_data_raises_value_error_only(data: bytes, packetize: Packetize) -> None:
    try:
        packetize(data, 400)
    except ValueError:
        return


def test_a_jpeg_picture_is_sent_with_its_tables_once() -> None:
    payloads = [prefix + bytes(body) for prefix, body in jpeg.packetize(encode_jfif(PICTURE), 1_400)]
    assert [len(payload) for payload in payloads] == [1_400, 1_400, 8 + 3_600 - (1_400 - 140) - (1_400 - 8)]
    assert payloads[0][:12] == bytes((0, 0, 0, 0, 1, 255, 255, 135, 0, 0, 0, 128))
    assert payloads[0][12:140] == b"".join(PICTURE.tables)
    assert int.from_bytes(payloads[1][:4], "big") == 1_400 - 140


def test_jpeg_pictures_that_rtp_cannot_carry_are_refused() -> None:
    wide = JpegPicture(
        width=2_048, height=8, halved_rows=True, tables=PICTURE.tables, restart_interval=0, scan=memoryview(b"s")
    )
    with pytest.raises(ValueError, match="does not fit"):
        jpeg.packetize(encode_jfif(wide), 1_400)
    good = encode_jfif(PICTURE)
    progressive = good.replace(b"\xff\xc0", b"\xff\xc2")
    own_tables = good.replace(b"\xff\xc4\x00\x1f\x00\x00\x01", b"\xff\xc4\x00\x1f\x00\x01\x00")
    grey = good.replace(b"\x03\x01\x22", b"\x01\x01\x22")
    unusual = good.replace(b"\x03\x01\x22", b"\x03\x01\x44")
    for data in (progressive, own_tables, grey, unusual, good[:200], good[2:], good[:2], b""):
        with pytest.raises(ValueError, match=r"\w"):
            decode_jfif(data)


@given(st.data())
def test_any_bytes_are_a_jpeg_picture_or_refused(data: st.DataObject) -> None:
    good = encode_jfif(PICTURE)[:700]
    place = data.draw(st.integers(0, len(good)))
    damaged = good[:place] + data.draw(st.binary(max_size=8)) + good[place + data.draw(st.integers(0, 8)) :]
    try:
        decode_jfif(damaged)
    except ValueError:
        return


def test_a_frame_of_aac_is_refused_where_its_size_does_not_fit() -> None:
    for data in (b"", bytes(8_192)):
        with pytest.raises(ValueError, match="AAC frame"):
            aac.packetize(data, 1_400)
