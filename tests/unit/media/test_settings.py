"""Settings that no pipeline could serve are refused where they are made."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from argus.base.access_unit import Codec
from argus.base.errors import InvalidValue
from argus.base.tokens import ProfileToken, VideoSourceToken
from argus.media.settings import SourceKind, StreamSettings, VideoSourceSettings, frame_rate_fraction


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 1279},
        {"width": 0},
        {"width": 10_000},
        {"height": 721},
        {"frame_rate": 0.0},
        {"frame_rate": 1_000.0},
        {"kind": SourceKind.FILE},
        {"kind": SourceKind.V4L2},
        {"kind": SourceKind.V4L2, "device": ""},
    ],
)
def test_an_impossible_camera_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as raised:
        VideoSourceSettings(token=VideoSourceToken("cam"), name="Camera", **wrong)
    assert raised.value.subject == "video source"
    assert "'cam'" in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [{"codec": Codec.H265}, {"bitrate_bps": 2_000}, {"key_frame_interval_s": 0.0}, {"width": 12}, {"height": 361}],
)
def test_an_impossible_stream_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as raised:
        StreamSettings(token=ProfileToken("main"), name="Main", **wrong)
    assert raised.value.subject == "stream"


@pytest.mark.parametrize("token", ["", "a b", "cam/1", "x" * 33, "caf\u00e9"])
def test_a_token_that_cannot_stand_in_a_uri_is_refused(token: str) -> None:
    with pytest.raises(InvalidValue):
        StreamSettings(token=ProfileToken(token), name="Main")


def test_a_clip_and_a_device_are_cameras() -> None:
    token = VideoSourceToken("cam")
    VideoSourceSettings(token=token, name="Clip", kind=SourceKind.FILE, path=Path("clip.mp4"))
    VideoSourceSettings(token=token, name="Webcam", kind=SourceKind.V4L2, device="/dev/video0")


@pytest.mark.parametrize(("rate", "interval_s", "frames"), [(25.0, 1.0, 25), (12.5, 2.0, 25), (10.0, 0.05, 1)])
def test_the_key_frame_interval_counts_in_frames(rate: float, interval_s: float, frames: int) -> None:
    stream = StreamSettings(token=ProfileToken("s"), name="S", frame_rate=rate, key_frame_interval_s=interval_s)
    assert stream.gov_length == frames


@pytest.mark.parametrize(
    ("rate", "fraction"), [(25.0, Fraction(25)), (12.5, Fraction(25, 2)), (30_000 / 1_001, Fraction(30_000, 1_001))]
)
def test_frame_rates_become_exact_fractions(rate: float, fraction: Fraction) -> None:
    assert frame_rate_fraction(rate) == fraction
