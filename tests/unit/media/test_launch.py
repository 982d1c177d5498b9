"""Pipelines contain what the settings ask for and no step that is not needed."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from argus.base.tokens import ProfileToken, VideoSourceToken
from argus.linux.v4l2 import Mode
from argus.media.encoders import candidates
from argus.media.launch import (
    CapturePlan,
    EncodedStream,
    capture_launch,
    clip_launch,
    self_test_launch,
    still_launch,
)
from argus.media.settings import SourceKind, StreamSettings, VideoSourceSettings

SOURCE = VideoSourceSettings(token=VideoSourceToken("cam"), name="Camera")
MAIN = StreamSettings(token=ProfileToken("main"), name="Main")
SUB = StreamSettings(token=ProfileToken("sub"), name="Sub", width=640, height=360, frame_rate=12.5, bitrate_bps=512_000)
THIN = "videorate drop-only=true skip-to-first=true"
WEBCAM = replace(SOURCE, kind=SourceKind.V4L2, device="/dev/video0")


def encoded(stream: StreamSettings) -> EncodedStream:
    return EncodedStream(settings=stream, encoder=candidates(stream, frozenset({"x264enc"}))[0])


def camera(fourcc: str, width: int, height: int, interval: Fraction | None) -> str:
    mode = Mode(fourcc=fourcc, width=width, height=height, frame_interval=interval)
    plan = CapturePlan(source=WEBCAM, streams=(encoded(MAIN),), device=Path("/dev/video0"), mode=mode)
    return capture_launch(plan)


def test_a_stream_like_the_sensor_is_neither_scaled_nor_thinned() -> None:
    text = capture_launch(CapturePlan(source=SOURCE, streams=(encoded(MAIN),)))
    assert "videoscale" not in text
    assert "videorate" not in text
    assert "name=stream0" in text


def test_a_smaller_slower_stream_is_thinned_before_it_is_scaled() -> None:
    text = capture_launch(CapturePlan(source=SOURCE, streams=(encoded(MAIN), encoded(SUB))))
    branch = text.split("frames. ! ")[-1]
    assert branch.index(f"{THIN} ! video/x-raw,framerate=25/2") < branch.index("videoscale")
    assert "width=640,height=360" in branch
    assert "name=encoder1" in branch
    assert branch.endswith("name=stream1 emit-signals=true")


def test_simulated_sensors_say_which_colours_they_have() -> None:
    assert "colorimetry=bt709" in capture_launch(CapturePlan(source=SOURCE, streams=()))
    assert "colorimetry=bt709" in clip_launch(SOURCE)


def test_a_camera_at_the_right_pace_keeps_every_picture() -> None:
    text = camera("YUYV", 1280, 720, Fraction(1, 25))
    assert "v4l2src name=sensor ! video/x-raw,format=YUY2,width=1280,height=720,framerate=25/1 ! videoconvert" in text
    assert "videorate" not in text
    assert "jpegdec" not in text


def test_a_faster_camera_is_thinned_and_mjpeg_decoded() -> None:
    text = camera("MJPG", 1920, 1080, Fraction(1, 30))
    assert "image/jpeg,width=1920,height=1080,framerate=30/1 ! jpegdec ! videoconvert ! videoscale" in text
    assert f"{THIN} ! video/x-raw,format=I420,width=1280,height=720,framerate=25/1" in text


def test_a_camera_that_does_not_tell_its_pace_is_not_asked_for_one() -> None:
    text = camera("NV12", 1280, 720, None)
    assert "format=NV12,width=1280,height=720 !" in text
    assert "videorate drop-only=true" in text


def test_the_self_test_has_no_regular_key_frame_but_the_first() -> None:
    assert "key-int-max=1500" in self_test_launch(encoded(MAIN).encoder, MAIN)


def test_a_still_has_the_size_of_its_stream() -> None:
    assert "width=640,height=360,colorimetry=1:4:0:0 ! jpegenc" in still_launch(SUB)
