"""What the board file says about cameras and streams, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from argus.base.access_unit import Codec
from argus.base.errors import InvalidValue
from argus.base.tokens import AudioStreamToken, ProfileToken, VideoSourceToken

AUTO = "auto"
MAX_WIDTH, MAX_HEIGHT, MAX_FRAME_RATE = 7680, 4320, 240.0
# 8 keeps every plane of I420 free of padding; the encoders want even heights.
WIDTH_STEP, HEIGHT_STEP = 8, 2
# Short enough for the tokens made of it, and fit for the path of a URI.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SourceKind(StrEnum):
    """Where pictures come from."""

    TEST = "test"
    FILE = "file"
    V4L2 = "v4l2"


class H264Profile(StrEnum):
    """tt:H264Profile, as far as encoders offer it."""

    BASELINE = "Baseline"
    MAIN = "Main"
    HIGH = "High"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSettings:
    """Which encoder element a stream uses: `auto` takes the best one installed."""

    element: str = AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSourceSettings:
    """One camera. `path` is the clip of kind `file`; `device` of kind `v4l2` is a path, a by-id name or a card name."""

    token: VideoSourceToken
    name: str
    kind: SourceKind = SourceKind.TEST
    path: Path | None = None
    device: str | None = None
    width: int = 1280
    height: int = 720
    frame_rate: float = 25.0

    def __post_init__(self) -> None:
        check_source("video source", self.token, self.width, self.height, self.frame_rate)
        if self.kind is SourceKind.FILE and self.path is None:
            raise InvalidValue("video source", f"video source {self.token!r} is of kind 'file' and names no path")
        if self.kind is SourceKind.V4L2 and not self.device:
            raise InvalidValue("video source", f"video source {self.token!r} is of kind 'v4l2' and names no device")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """One encoded stream of a camera; its token is the token of the media profile that shows it.

    `audio` is the token of the audio stream that belongs to the profile, and `metadata` tells whether metadata do.
    """

    token: ProfileToken
    name: str
    codec: Codec = Codec.H264
    width: int = 1280
    height: int = 720
    frame_rate: float = 25.0
    bitrate_bps: int = 2_000_000
    key_frame_interval_s: float = 1.0
    profile: H264Profile = H264Profile.MAIN
    encoder: EncoderSettings = EncoderSettings()
    audio: AudioStreamToken | None = None
    metadata: bool = False

    def __post_init__(self) -> None:
        check_source("stream", self.token, self.width, self.height, self.frame_rate)
        if self.codec is not Codec.H264:
            raise InvalidValue("stream", f"stream {self.token!r} asks for {self.codec}; only H264 can be encoded")
        if not 16_000 <= self.bitrate_bps <= 200_000_000:
            raise InvalidValue("stream", f"stream {self.token!r}: {self.bitrate_bps} bit/s is not in 16 k to 200 M")
        if not 0.04 <= self.key_frame_interval_s <= 60:
            raise InvalidValue(
                "stream", f"stream {self.token!r}: a key frame every {self.key_frame_interval_s} s is not in 0.04 to 60"
            )

    @property
    def gov_length(self) -> int:
        """Frames from one key frame to the next."""
        return max(1, round(self.frame_rate * self.key_frame_interval_s))


def frame_rate_fraction(frame_rate: float) -> Fraction:
    """The frame rate as caps write it: 25 is 25/1, 29.97 is 2997/100."""
    return Fraction(frame_rate).limit_denominator(1001)


def check_token(subject: str, token: str) -> None:
    """Raises InvalidValue where no URI could hold the token."""
    if not _TOKEN.fullmatch(token):
        raise InvalidValue(subject, f"{subject} {token!r}: a token here is 1 to 32 letters, digits, '-' or '_'")


def check_source(subject: str, token: str, width: int, height: int, frame_rate: float) -> None:
    """Raises InvalidValue where no pipeline could show such a picture, or no URI could hold the token."""
    check_token(subject, token)
    if not (64 <= width <= MAX_WIDTH and width % WIDTH_STEP == 0):
        raise InvalidValue(
            subject, f"{subject} {token!r}: width {width} is not a multiple of {WIDTH_STEP} from 64 to {MAX_WIDTH}"
        )
    if not (64 <= height <= MAX_HEIGHT and height % HEIGHT_STEP == 0):
        raise InvalidValue(
            subject, f"{subject} {token!r}: height {height} is not a multiple of {HEIGHT_STEP} from 64 to {MAX_HEIGHT}"
        )
    if not 1 <= frame_rate <= MAX_FRAME_RATE:
        raise InvalidValue(subject, f"{subject} {token!r}: {frame_rate} frames/s is not in 1 to {MAX_FRAME_RATE:g}")
