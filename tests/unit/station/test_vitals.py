"""The watchdog bites a station that hangs, and spares one whose camera is away or whose card is slow."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from argus.station.vitals import VideoVital, WriterVital


@dataclass
class Part:
    """A part whose health is set by the test."""

    name: str = "part"
    told: dict[str, object] = field(default_factory=dict)

    def health(self) -> SimpleNamespace:
        return SimpleNamespace(**self.told)


@pytest.mark.parametrize(
    ("failure", "age_s", "stuck"),
    [
        (None, 0.04, None),
        (None, 30.0, None),
        (None, 30.1, "no picture for 30 s"),
        ("there is no camera 'imx219'", 3_600.0, None),
    ],
)
def test_a_camera_is_stuck_only_when_pictures_stay_away_without_a_reason(
    failure: str | None, age_s: float, stuck: str | None
) -> None:
    source = Part("video source cam", {"failure": failure, "frame_age_s": age_s})
    vital = VideoVital(source)  # type: ignore[arg-type]
    assert (vital.name, vital.stuck()) == ("video source cam", stuck)


@pytest.mark.parametrize(
    ("age_s", "stuck"),
    [(0.0, None), (15.0, None), (120.0, None), (121.0, "the writer is in its step 'sync' for 121 s")],
)
def test_a_writer_is_stuck_only_when_one_step_never_ends(age_s: float, stuck: str | None) -> None:
    ring = Part("store", {"step": "sync", "step_age_s": age_s})
    assert WriterVital(ring).stuck() == stuck  # type: ignore[arg-type]
