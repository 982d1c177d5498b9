"""Pipelines as gst-launch text, made from settings. Pure: nothing here needs GStreamer.

Names of elements are how `pipeline` finds them: `sensor`, `clip`, `frames`, `still`, `stream0`, `encoder0`...
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from argus.linux.v4l2 import Mode
from argus.media.encoders import Encoder, element_launch, output_caps
from argus.media.settings import SourceKind, StreamSettings, VideoSourceSettings, frame_rate_fraction

# Raw pictures waiting for an encoder. Full queues slow the source down: nothing is lost behind the sensor.
_QUEUE = "queue max-size-buffers=1 max-size-bytes=0 max-size-time=0"
# drop-only keeps the time of capture on every picture that passes; without skip-to-first it would take the time since
# boot for a hole and let everything pass
_THIN = "videorate drop-only=true skip-to-first=true"
_SINK = "appsink sync=false async=false"
JPEG_QUALITY = 85
_CAPS_OF_FOURCC = {
    "NV12": "video/x-raw,format=NV12",
    "YU12": "video/x-raw,format=I420",
    "YUYV": "video/x-raw,format=YUY2",
    "UYVY": "video/x-raw,format=UYVY",
    "MJPG": "image/jpeg",
    "JPEG": "image/jpeg",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedStream:
    """A stream and the encoder that was chosen for it."""

    settings: StreamSettings
    encoder: Encoder


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePlan:
    """All that is decided before a pipeline is built. `device` and `mode` belong to kind `v4l2`."""

    source: VideoSourceSettings
    streams: tuple[EncodedStream, ...]
    device: Path | None = None
    mode: Mode | None = None


def raw_caps(width: int, height: int, frame_rate: float) -> str:
    """The raw picture of simulated sensors: I420, progressive, square pixels, colours of HD.

    Colours are spelled out: where caps are silent, GStreamer takes 640x360 for SD and converts the colour matrix
    while scaling, which costs seven times as much as scaling alone.
    """
    rate = _rate(frame_rate_fraction(frame_rate))
    return (
        f"video/x-raw,format=I420,width={width},height={height},framerate={rate},"
        "pixel-aspect-ratio=1/1,interlace-mode=progressive,colorimetry=bt709,chroma-site=mpeg2"
    )


def capture_launch(plan: CapturePlan) -> str:
    """Source, tee, the newest picture for snapshots, and one branch per stream."""
    branches = "".join(f" frames. ! {_branch(plan, index)}" for index in range(len(plan.streams)))
    return f"{_head(plan)} ! tee name=frames frames. ! fakesink name=still sync=false async=false{branches}"


def clip_launch(source: VideoSourceSettings) -> str:
    """Decoded pictures of a video file in the sensor's size and rate, as fast as they are taken.

    Other shapes of picture get black borders.
    """
    caps = raw_caps(source.width, source.height, source.frame_rate)
    return (
        'filesrc name=clip ! decodebin expose-all-streams=false caps="video/x-raw(ANY)" ! videorate'
        f" ! videoconvert ! videoscale ! {caps} ! appsink name=pictures sync=false max-buffers=2"
    )


def still_launch(stream: StreamSettings) -> str:
    """Raw pictures in, JPEG in the stream's size and in JFIF's colours (full range, matrix of BT.601) out.

    jpegenc would take colours as they are, and viewers would show video's narrower range as a pale picture.
    """
    return (
        "appsrc name=picture format=time ! videoscale ! videoconvert"
        f" ! video/x-raw,format=I420,width={stream.width},height={stream.height},colorimetry=1:4:0:0"
        f" ! jpegenc quality={JPEG_QUALITY} ! {_SINK} name=jpeg max-buffers=1"
    )


def self_test_launch(encoder: Encoder, stream: StreamSettings) -> str:
    """A moving picture through the encoder, with no key frame due within the test but the first."""
    patient = replace(stream, key_frame_interval_s=60.0)
    caps = raw_caps(stream.width, stream.height, stream.frame_rate)
    return f"videotestsrc pattern=ball ! {caps} ! {_encoder(encoder, patient, 0)} ! {_SINK} name=stream0 max-buffers=1"


def _head(plan: CapturePlan) -> str:
    source = plan.source
    if source.kind is not SourceKind.V4L2:
        caps = raw_caps(source.width, source.height, source.frame_rate)
        return f'appsrc name=sensor is-live=true format=time block=true max-buffers=1 max-bytes=0 caps="{caps}"'
    rate = frame_rate_fraction(source.frame_rate)
    assert plan.mode is not None  # a plan of kind v4l2 is made of a negotiated mode
    mode = plan.mode
    delivered = f"{_CAPS_OF_FOURCC[mode.fourcc]},width={mode.width},height={mode.height}"
    if mode.frame_interval is not None:
        delivered += f",framerate={_rate(1 / mode.frame_interval)}"
    decode = "! jpegdec " if mode.fourcc in ("MJPG", "JPEG") else ""
    # a source that has the right pace already is left alone: its jitter would be taken for a surplus
    pace = "" if mode.frame_interval == 1 / rate else f"! {_THIN} "
    # the camera's own colours are kept: converting them would cost more than encoding
    caps = f"video/x-raw,format=I420,width={source.width},height={source.height},framerate={_rate(rate)}"
    return f"v4l2src name=sensor ! {delivered} {decode}! videoconvert ! videoscale {pace}! {caps}"


def _branch(plan: CapturePlan, index: int) -> str:
    source, stream = plan.source, plan.streams[index]
    settings = stream.settings
    steps = [_QUEUE]
    if settings.frame_rate < source.frame_rate:
        steps += [
            _THIN,
            f"video/x-raw,framerate={_rate(frame_rate_fraction(settings.frame_rate))}",
        ]
    if (settings.width, settings.height) != (source.width, source.height):
        steps += ["videoscale", f"video/x-raw,width={settings.width},height={settings.height}"]
    steps += [_encoder(stream.encoder, settings, index), f"{_SINK} name=stream{index} emit-signals=true"]
    return " ! ".join(steps)


def _encoder(encoder: Encoder, stream: StreamSettings, index: int) -> str:
    driver = encoder.driver
    element = element_launch(encoder, stream, f"encoder{index}")
    return f"{driver.before} ! {driver.sink_caps} ! {element} ! {output_caps(encoder, stream)}"


def _rate(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
