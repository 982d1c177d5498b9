"""What linuxpy tells about a device becomes a table without losing or inventing anything."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from linuxpy.video import device as v4l2
from tests.unit.linux.capability_tables import UVC_WEBCAM, VIVID

from argus.base.errors import NotFound, Unavailable
from argus.linux import video_devices
from argus.linux.v4l2 import Capability, CapabilityTable, FrameSizes
from argus.linux.video_devices import SystemVideoDevices, read_table

DISCRETE, STEPWISE = v4l2.FrameIntervalType.DISCRETE, v4l2.FrameIntervalType.STEPWISE
YUYV = v4l2.PixelFormat.YUYV


def interval(kind: Any, slowest: object, fastest: object) -> Any:
    return v4l2.FrameType(type=kind, pixel_format=YUYV, width=1, height=1, min_fps=slowest, max_fps=fastest, step_fps=0)


class FakeDevice:
    """What `linuxpy.video.device.Device` shows of one capture device."""

    sizes: tuple[Any, ...] = ()
    intervals: tuple[Any, ...] = ()

    def __init__(self, path: Path) -> None:
        if path.name != "video0":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        self.info = self
        self.card, self.driver = "USB Camera", "uvcvideo"
        self.buffers = [v4l2.BufferType.VIDEO_CAPTURE]

    def __enter__(self) -> "FakeDevice":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def buffer_formats(self, buffer_type: Any) -> list[Any]:
        return [SimpleNamespace(pixel_format=YUYV)]

    def format_frame_sizes(self, pixel_format: Any) -> list[Any]:
        return list(self.sizes)

    def fps_intervals(self, pixel_format: Any, width: int, height: int) -> list[Any]:
        return list(self.intervals)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    monkeypatch.setattr(v4l2, "Device", FakeDevice)
    size = SimpleNamespace(width=640, height=480)
    monkeypatch.setattr(FakeDevice, "intervals", ())
    monkeypatch.setattr(FakeDevice, "sizes", (SimpleNamespace(type=v4l2.FrameSizeType.DISCRETE, info=size),))
    return FakeDevice


def capability() -> Capability:
    (only,) = read_table(Path("/dev/video0")).capabilities
    return only


def test_discrete_sizes_and_intervals_are_read(device: type[FakeDevice]) -> None:
    # linuxpy makes discrete rates of a float; 29.97 must become 30000/1001 again
    device.intervals = (
        interval(DISCRETE, Fraction(30.0), Fraction(30.0)),
        interval(DISCRETE, 29.97002997, 29.97002997),
    )
    assert capability() == Capability(
        fourcc="YUYV",
        sizes=FrameSizes.discrete(640, 480),
        frame_intervals=(Fraction(1, 30), Fraction(1_001, 30_000)),
    )


def test_ranges_are_read(device: type[FakeDevice]) -> None:
    info = SimpleNamespace(min_width=32, max_width=3280, step_width=2, min_height=32, max_height=2464, step_height=2)
    device.sizes = (SimpleNamespace(type=v4l2.FrameSizeType.STEPWISE, info=info),)
    device.intervals = (interval(STEPWISE, Fraction(90), Fraction(1)),)
    read = capability()
    assert (read.continuous, read.frame_intervals) == (True, (Fraction(1, 90), Fraction(1)))
    assert (read.sizes.max_width, read.sizes.step_height) == (3280, 2)


def test_intervals_that_are_not_told_are_not_invented(device: type[FakeDevice]) -> None:
    device.intervals = (interval(DISCRETE, 0, 0),)
    assert capability().frame_intervals == ()


def test_a_missing_device_is_unavailable(device: type[FakeDevice]) -> None:
    with pytest.raises(Unavailable, match="/dev/video7"):
        read_table(Path("/dev/video7"))


def test_a_file_that_is_no_device_is_unavailable(tmp_path: Path) -> None:
    plain = tmp_path / "video0"
    plain.write_bytes(b"not a camera")
    with pytest.raises(Unavailable, match="does not answer as a video device"):
        read_table(plain)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A /dev with two cameras and a node that does not answer."""
    tables: dict[str, CapabilityTable] = {"video0": UVC_WEBCAM, "video10": VIVID}
    for name in ("video0", "video2", "video10"):
        (tmp_path / name).touch()
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-Logitech-index0").symlink_to(tmp_path / "video0")

    def read(path: Path) -> CapabilityTable:
        table = tables.get(path.resolve().name)
        if table is None:
            raise Unavailable("video device", f"{path} is asleep")
        return table

    monkeypatch.setattr(video_devices, "read_table", read)
    monkeypatch.setattr(video_devices, "BY_ID", by_id)
    monkeypatch.setattr(v4l2, "iter_video_files", lambda: tmp_path.glob("video*"))
    return tmp_path


@pytest.mark.parametrize(
    ("match", "name"), [("usb-Logitech-index0", "usb-Logitech-index0"), ("VIVID", "video10"), ("webcam", "video0")]
)
def test_devices_are_found_by_id_and_card_past_those_that_do_not_answer(machine: Path, match: str, name: str) -> None:
    assert SystemVideoDevices().find(match).path.name == name


def test_a_device_is_found_by_its_path(machine: Path) -> None:
    assert SystemVideoDevices().find(str(machine / "video0")).table is UVC_WEBCAM


def test_what_matches_nothing_is_not_found(machine: Path) -> None:
    with pytest.raises(NotFound):
        SystemVideoDevices().find("thermal")
