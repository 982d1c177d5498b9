"""The encoder drivers: one row per GStreamer element, and the choice among those installed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from argus.base.access_unit import Codec
from argus.base.errors import NotSupported
from argus.media.settings import AUTO, H264Profile, StreamSettings


class KeyFrameRequest(Enum):
    """How an encoder is made to code its next picture as a key frame."""

    FORCE_KEY_UNIT = "the upstream event GstForceKeyUnit"
    # v4l2h264enc of GStreamer 1.22 ignores GstForceKeyUnit: its binary does not know the control's id.
    V4L2_CONTROL = "force_key_frame=1 in the property extra-controls"
    ACTION_SIGNAL = "the action signal force-IDR"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderDriver:
    """What sets one encoder element apart.

    `pattern` matches the element's name: V4L2 names a second encoder of one codec v4l2video12h264enc. `priority`
    orders what is installed, lowest first. `bitrate_unit` is bits per unit of the property or V4L2 control
    `bitrate`; `gov_length` is the one that holds the distance of key frames in frames. Encoders whose settings are
    V4L2 controls have `controls`: then bit rate, GOV length and `fixed` go into the property extra-controls.
    `profile_options` are set beside the profile in the caps. `package` is what to install.
    """

    pattern: str
    codec: Codec
    priority: int
    bitrate: str
    bitrate_unit: int
    gov_length: str
    key_frame_request: KeyFrameRequest
    fixed: tuple[tuple[str, str], ...]
    controls: bool = False
    before: str = "videoconvert"
    sink_caps: str = "video/x-raw,format=I420"
    level: str = ""
    profile_options: tuple[tuple[H264Profile, tuple[tuple[str, str], ...]], ...] = ()
    package: str

    @property
    def usual_element(self) -> str:
        """The name of the first such element on a machine."""
        return re.sub(r"\(.*?\)\?", "", self.pattern)

    def matches(self, element: str) -> bool:
        return re.fullmatch(self.pattern, element) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """An installed element and its driver row."""

    element: str
    driver: EncoderDriver


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """What an encoder did when it was tried with a few frames. `detail` is a sentence for log and health."""

    element: str
    key_frame_first: bool
    parameter_sets: bool
    key_frame_on_request: bool
    took_ms: int
    detail: str

    @property
    def usable(self) -> bool:
        """Streams can be made of it; without key frames on request clients wait for the next regular one."""
        return self.key_frame_first and self.parameter_sets


_HARDWARE, _OPTIMIZED, _SOFTWARE = 10, 20, 30
DRIVERS = (
    EncoderDriver(
        pattern="nvv4l2h264enc",
        codec=Codec.H264,
        priority=_HARDWARE,
        bitrate="bitrate",
        bitrate_unit=1,
        gov_length="iframeinterval",
        key_frame_request=KeyFrameRequest.ACTION_SIGNAL,
        # maxperf-enable would hold the clock up; idrinterval 1 makes every I frame an IDR frame
        fixed=(("idrinterval", "1"), ("control-rate", "1"), ("insert-sps-pps", "true"), ("num-B-Frames", "0")),
        before="nvvidconv",
        sink_caps="video/x-raw(memory:NVMM),format=NV12",
        package="the multimedia packages of NVIDIA L4T",
    ),
    EncoderDriver(
        pattern="mpph264enc",
        codec=Codec.H264,
        priority=_HARDWARE,
        bitrate="bps",
        bitrate_unit=1,
        gov_length="gop",
        key_frame_request=KeyFrameRequest.FORCE_KEY_UNIT,
        fixed=(("rc-mode", "cbr"), ("header-mode", "each-idr")),
        sink_caps="video/x-raw,format=NV12",
        package="gstreamer-rockchip",
    ),
    EncoderDriver(
        pattern="vpuenc_h264",
        codec=Codec.H264,
        priority=_HARDWARE,
        bitrate="bitrate",
        bitrate_unit=1_000,
        gov_length="gop-size",
        key_frame_request=KeyFrameRequest.FORCE_KEY_UNIT,
        fixed=(),
        sink_caps="video/x-raw,format=NV12",
        package="imx-gst1.0-plugin of the NXP BSP",
    ),
    EncoderDriver(
        pattern=r"v4l2(video\d+)?h264enc",
        codec=Codec.H264,
        priority=_HARDWARE + 1,  # after the vendors' own elements, which know their hardware better
        bitrate="video_bitrate",
        bitrate_unit=1,
        gov_length="h264_i_frame_period",
        key_frame_request=KeyFrameRequest.V4L2_CONTROL,
        # video_bitrate_mode 1 is constant bit rate
        fixed=(("video_bitrate_mode", "1"), ("repeat_sequence_header", "1")),
        controls=True,
        sink_caps="video/x-raw,format=(string){I420,NV12}",
        level="4",  # bcm2835-codec: caps without a level end in not-negotiated
        package="a kernel with a V4L2 memory-to-memory encoder",
    ),
    EncoderDriver(
        pattern="vah264enc",
        codec=Codec.H264,
        priority=_HARDWARE + 2,
        bitrate="bitrate",
        bitrate_unit=1_000,
        gov_length="key-int-max",
        key_frame_request=KeyFrameRequest.FORCE_KEY_UNIT,
        fixed=(("rate-control", "cbr"), ("b-frames", "0"), ("aud", "false")),
        sink_caps="video/x-raw,format=NV12",
        package="gstreamer1.0-plugins-bad and a VA-API driver",
    ),
    EncoderDriver(
        pattern="x264enc",
        codec=Codec.H264,
        priority=_OPTIMIZED,
        bitrate="bitrate",
        bitrate_unit=1_000,
        gov_length="key-int-max",
        key_frame_request=KeyFrameRequest.FORCE_KEY_UNIT,
        # one thread: zerolatency would make every thread a slice, and frame threads would delay
        fixed=(("tune", "zerolatency"), ("speed-preset", "ultrafast"), ("threads", "1"), ("aud", "false")),
        # ultrafast leaves these out, and the SPS would say Baseline whatever the caps say
        profile_options=(
            (H264Profile.MAIN, (("cabac", "true"),)),
            (H264Profile.HIGH, (("cabac", "true"), ("dct8x8", "true"))),
        ),
        package="gstreamer1.0-plugins-ugly",
    ),
    EncoderDriver(
        pattern="openh264enc",
        codec=Codec.H264,
        priority=_SOFTWARE,
        bitrate="bitrate",
        bitrate_unit=1,
        gov_length="gop-size",
        key_frame_request=KeyFrameRequest.FORCE_KEY_UNIT,
        fixed=(
            ("rate-control", "bitrate"),
            ("complexity", "low"),
            ("slice-mode", "n-slices"),
            ("num-slices", "1"),
            ("multi-thread", "1"),
        ),
        package="gstreamer1.0-plugins-bad",
    ),
)


def candidates(stream: StreamSettings, installed: frozenset[str]) -> tuple[Encoder, ...]:
    """The encoders that may serve the stream, best first: the one it names, or all that are installed.

    Raises:
        NotSupported: subject "encoder": none is installed, or the one named is not, or is unknown; the message says
            what was looked for and what to install.
    """
    rows = [driver for driver in DRIVERS if driver.codec is stream.codec]
    wanted = stream.encoder.element
    if wanted != AUTO:
        rows = [driver for driver in rows if driver.matches(wanted)]
        if not rows:
            known = ", ".join(driver.usual_element for driver in DRIVERS)
            raise NotSupported("encoder", f"stream {stream.token!r}: {wanted!r} is no known encoder; known are {known}")
        installed &= {wanted}
    found = [
        Encoder(element=element, driver=driver)
        for driver in sorted(rows, key=lambda row: row.priority)
        for element in sorted(installed, key=lambda name: (len(name), name))
        if driver.matches(element)
    ]
    if not found:
        remedies = "; ".join(f"{driver.usual_element} ({driver.package})" for driver in rows)
        raise NotSupported(
            "encoder", f"stream {stream.token!r}: no {stream.codec} encoder is installed; install one of: {remedies}"
        )
    return tuple(found)


def element_launch(encoder: Encoder, stream: StreamSettings, name: str) -> str:
    """The element with all its settings, as gst-launch text."""
    driver = encoder.driver
    settings = [*driver.fixed, *_profile_options(encoder, stream)]
    rates = [
        (driver.bitrate, str(stream.bitrate_bps // driver.bitrate_unit)),
        (driver.gov_length, str(stream.gov_length)),
    ]
    if driver.controls:
        return f'{encoder.element} name={name} extra-controls="{controls_text(encoder, stream)}"'
    return " ".join([encoder.element, f"name={name}", *(f"{key}={value}" for key, value in settings + rates)])


def controls_text(encoder: Encoder, stream: StreamSettings, *, force_key_frame: bool = False) -> str:
    """The structure for extra-controls. Always the full set: GStreamer applies the last one again at each reopen."""
    driver = encoder.driver
    controls = [
        *driver.fixed,
        (driver.bitrate, str(stream.bitrate_bps // driver.bitrate_unit)),
        (driver.gov_length, str(stream.gov_length)),
        *([("force_key_frame", "1")] if force_key_frame else []),
    ]
    return "controls," + ",".join(f"{key}=(int){value}" for key, value in controls)


def output_caps(encoder: Encoder, stream: StreamSettings) -> str:
    """Caps behind the encoder: byte stream in whole access units, the profile, and a level where one is needed."""
    profile = {H264Profile.BASELINE: "constrained-baseline"}.get(stream.profile, stream.profile.lower())
    level = f",level=(string){encoder.driver.level}" if encoder.driver.level else ""
    return f"video/x-h264,stream-format=byte-stream,alignment=au,profile={profile}{level}"


def _profile_options(encoder: Encoder, stream: StreamSettings) -> tuple[tuple[str, str], ...]:
    return dict(encoder.driver.profile_options).get(stream.profile, ())
