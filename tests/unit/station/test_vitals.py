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
    ("state", "step", "age_s", "stuck"),
    [
        ("OK", "flush", 0.0, None),
        ("FAILED", "flush", 15.0, None),
        ("FAILED", "flush", 120.0, None),
        ("FAILED", "flush", 121.0, "the writer is in its step 'flush' for 121 s"),
        ("FAILED", "idle", 5.0, None),
        ("OK", "idle", 121.0, "the writer has not moved for 121 s"),
        ("FAILED", "absent", 3_600.0, None),
        ("ABSENT", "absent", 3_600.0, None),
        ("READ_ONLY", "idle", 3_600.0, None),
        ("FOREIGN", "idle", 3_600.0, None),
    ],
)
def test_a_writer_is_stuck_only_when_one_step_never_ends_or_none_begins(
    state: str, step: str, age_s: float, stuck: str | None
) -> None:
    storage = Part("store", {"state": state, "step": step, "step_age_s": age_s})
    assert WriterVital(storage).stuck() == stuck
