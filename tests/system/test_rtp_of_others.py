"""RTP as GStreamer's payloaders write it, put together by our depacketizers."""

import struct
import subprocess
from itertools import pairwise

import pytest
from tests.harness.pictures import probe

from argus.base.access_unit import Codec, MediaKind, split_nal_units
from argus.rtsp.depacketize import CodedUnit, depacketizer
from argus.rtsp.protocol.sdp_reader import OfferedMedia

FRAMES = 30
PICTURES = (
    f"videotestsrc num-buffers={FRAMES} pattern=ball ! video/x-raw,format=I420,width=328,height=246,framerate=25/1"
)
SOUND = "audiotestsrc num-buffers=40 samplesperbuffer=800 ! audio/x-raw,rate={rate},channels=1"
H264 = "x264enc tune=zerolatency key-int-max=10 sliced-threads=true threads=2 ! h264parse"
H265 = "x265enc key-int-max=10 tune=zerolatency speed-preset=ultrafast ! h265parse"


def received(pipeline: str, media: OfferedMedia) -> list[CodedUnit]:
    """The units of the packets that the pipeline writes."""
    command = ["gst-launch-1.0", "-q", *pipeline.split(), "!", "rtpstreampay", "!", "fdsink", "fd=1"]
    stream = memoryview(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    reader, units, position = depacketizer(media), [], 0
    while position < len(stream):
        size = int.from_bytes(stream[position : position + 2], "big")
        packet = stream[position + 2 : position + 2 + size]
        flags, typed, _, timestamp = struct.unpack(">BBHI", packet[:8])
        assert flags == 0x80
        units += reader.push(packet[12:], marker=typed > 127, rtp_timestamp=timestamp, lost=False)
        position += 2 + size
    assert reader.dropped_units == 0
    return units


def video(encoding: str) -> OfferedMedia:
    return OfferedMedia(kind=MediaKind.VIDEO, payload_type=96, encoding=encoding, clock_hz=90_000)


def audio(encoding: str, clock_hz: int, **fmtp: str) -> OfferedMedia:
    return OfferedMedia(kind=MediaKind.AUDIO, payload_type=96, encoding=encoding, clock_hz=clock_hz, fmtp=fmtp)


def byte_stream(units: list[CodedUnit]) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + bytes(nal) for unit in units for nal in split_nal_units(unit.data))


@pytest.mark.parametrize(
    ("encoding", "codec", "pipeline"),
    [
        ("H264", Codec.H264, f"{H264} ! rtph264pay config-interval=-1 aggregate-mode=zero-latency mtu=600"),
        ("H264", Codec.H264, f"{H264} ! rtph264pay config-interval=-1 aggregate-mode=none"),
        ("H265", Codec.H265, f"{H265} ! rtph265pay config-interval=-1 aggregate-mode=zero-latency mtu=600"),
    ],
)
def test_every_picture_comes_out(encoding: str, codec: Codec, pipeline: str) -> None:
    units = received(f"{PICTURES} ! {pipeline}", video(encoding))
    assert len(units) == FRAMES
    assert [place for place, unit in enumerate(units) if unit.key_frame] == [0, 10, 20]
    assert (units[0].format.codec, units[0].format.width, units[0].format.height) == (codec, 328, 246)
    assert {(after.rtp_timestamp - before.rtp_timestamp) % 2**32 for before, after in pairwise(units)} == {3_600}
    container = "h264" if codec is Codec.H264 else "hevc"
    assert int(probe(byte_stream(units), "-f", container, "-count_frames")["nb_read_frames"]) == FRAMES


def test_every_jpeg_picture_comes_out() -> None:
    units = received(f"{PICTURES} ! jpegenc quality=70 ! rtpjpegpay", video("JPEG"))
    assert len(units) == FRAMES
    assert {(unit.format.width, unit.format.height) for unit in units} == {(328, 248)}, "sizes travel in eighths"
    whole = b"".join(unit.data for unit in units)
    assert int(probe(whole, "-f", "mjpeg", "-count_frames")["nb_read_frames"]) == FRAMES


@pytest.mark.parametrize(("law", "encoding"), [("mulaw", "PCMU"), ("alaw", "PCMA")])
def test_every_sample_comes_out(law: str, encoding: str) -> None:
    units = received(f"{SOUND.format(rate=8_000)} ! {law}enc ! rtp{encoding.lower()}pay", audio(encoding, 8_000))
    assert 39 * 800 <= sum(len(unit.data) for unit in units) <= 40 * 800
    assert all(
        after.rtp_timestamp - before.rtp_timestamp == len(before.data)
        for before, after in pairwise(units)
        if after.rtp_timestamp > before.rtp_timestamp
    )


def test_every_aac_frame_comes_out() -> None:
    media = audio("MPEG4-GENERIC", 16_000, config="1408", mode="AAC-hbr", sizelength="13")
    units = received(f"{SOUND.format(rate=16_000)} ! avenc_aac ! aacparse ! rtpmp4gpay", media)
    assert len(units) >= 31
    assert {(after.rtp_timestamp - before.rtp_timestamp) % 2**32 for before, after in pairwise(units)} == {1_024}
