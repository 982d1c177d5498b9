"""The mode that is negotiated is the one with the least work among those that serve."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.linux.capability_tables import BARE_SENSOR, BCM2835, HDMI_BRIDGE, UVC_WEBCAM, VIVID

from argus.base.errors import NotFound, NotSupported
from argus.linux.v4l2 import (
    USABLE_FOURCCS,
    Capability,
    CapabilityTable,
    FrameSizes,
    Mode,
    SimulatedVideoDevices,
    VideoDevice,
    Wish,
    negotiate,
)


def wish(width: int, height: int, rate: float) -> Wish:
    return Wish(width=width, height=height, frame_interval=1 / Fraction(rate).limit_denominator(1_001))


def mode(fourcc: str, width: int, height: int, rate: float | None) -> Mode:
    interval = None if rate is None else 1 / Fraction(rate).limit_denominator(1_001)
    return Mode(fourcc=fourcc, width=width, height=height, frame_interval=interval)


@pytest.mark.parametrize(
    ("table", "wanted", "expected"),
    [
        pytest.param(UVC_WEBCAM, wish(640, 480, 30), mode("YUYV", 640, 480, 30), id="raw before mjpeg"),
        pytest.param(UVC_WEBCAM, wish(1280, 720, 30), mode("MJPG", 1280, 720, 30), id="mjpeg where raw is slow"),
        pytest.param(UVC_WEBCAM, wish(1280, 720, 10), mode("YUYV", 1280, 720, 10), id="raw where it is fast enough"),
        pytest.param(UVC_WEBCAM, wish(1280, 720, 25), mode("MJPG", 1280, 720, 30), id="the nearest faster pace"),
        pytest.param(UVC_WEBCAM, wish(704, 576, 20), mode("YUYV", 800, 600, 20), id="the nearest larger size"),
        pytest.param(UVC_WEBCAM, wish(1024, 576, 15), mode("MJPG", 1280, 720, 15), id="size before format"),
        pytest.param(BCM2835, wish(1280, 720, 25), mode("NV12", 1280, 720, 25), id="planar before packed"),
        pytest.param(BCM2835, wish(648, 486, 12.5), mode("NV12", 648, 486, 12.5), id="any size of a range"),
        pytest.param(BCM2835, wish(64, 64, 100 / 101), mode("NV12", 64, 64, 1), id="the slowest pace there is"),
        pytest.param(VIVID, wish(1280, 720, 25), mode("NV12", 1280, 720, 25), id="vivid"),
        pytest.param(VIVID, wish(640, 360, 15), mode("NV12", 640, 360, 15), id="vivid slower"),
        pytest.param(HDMI_BRIDGE, wish(1920, 1080, 30), mode("UYVY", 1920, 1080, None), id="a pace that is not told"),
        pytest.param(HDMI_BRIDGE, wish(1280, 720, 25), mode("UYVY", 1920, 1080, None), id="one size for all"),
    ],
)
def test_the_mode_serves_with_the_least_work(table: CapabilityTable, wanted: Wish, expected: Mode) -> None:
    assert negotiate(table, wanted) == expected


@pytest.mark.parametrize(
    ("table", "wanted", "offer"),
    [
        (UVC_WEBCAM, wish(3840, 2160, 15), "YUYV 1280x720 @ 10, 7.5, 5"),
        (UVC_WEBCAM, wish(640, 480, 60), "MJPG 640x480 @ 30, 24, 20, 15, 10, 7.5, 5"),
        (BCM2835, wish(3840, 2160, 15), "YU12 32x32 to 3280x2464 @ 90 to 1"),
        (BARE_SENSOR, wish(1920, 1080, 30), "pBAA 1920x1080 @ ?"),
        (VIVID, wish(320, 180, 31), "and 4 more"),
        (CapabilityTable(card="loopback", driver="v4l2loopback", capabilities=()), wish(640, 480, 30), "nothing"),
    ],
)
def test_a_device_that_cannot_serve_is_told_with_its_offers(table: CapabilityTable, wanted: Wish, offer: str) -> None:
    with pytest.raises(NotSupported) as raised:
        negotiate(table, wanted)
    assert raised.value.subject == "video device"
    assert table.card in str(raised.value)
    assert offer in str(raised.value)


SIZES = st.builds(
    lambda low, more, step: FrameSizes(
        min_width=low,
        max_width=low + more * step,
        min_height=low,
        max_height=low + more * step,
        step_width=step,
        step_height=step,
    ),
    st.integers(1, 2_000),
    st.integers(0, 50),
    st.integers(0, 32),
)
INTERVALS = st.lists(st.fractions(Fraction(1, 240), 10), max_size=4).map(tuple)
CAPABILITIES = st.builds(
    lambda fourcc, sizes, intervals, continuous: Capability(
        fourcc=fourcc, sizes=sizes, frame_intervals=intervals, continuous=continuous and bool(intervals)
    ),
    st.sampled_from([*USABLE_FOURCCS, "H264", "RGB3"]),
    SIZES,
    INTERVALS,
    st.booleans(),
)


@given(
    st.lists(CAPABILITIES, max_size=8),
    st.integers(1, 3_000),
    st.integers(1, 3_000),
    st.fractions(Fraction(1, 240), 10),
)
def test_a_negotiated_mode_is_always_offered_and_large_and_fast_enough(
    capabilities: list[Capability], width: int, height: int, interval: Fraction
) -> None:
    table = CapabilityTable(card="any", driver="any", capabilities=tuple(capabilities))
    try:
        chosen = negotiate(table, Wish(width=width, height=height, frame_interval=interval))
    except NotSupported:
        return
    assert chosen.width >= width
    assert chosen.height >= height
    assert chosen.frame_interval is None or chosen.frame_interval <= interval
    assert any(
        capability.fourcc == chosen.fourcc
        and capability.sizes.min_width <= chosen.width <= capability.sizes.max_width
        and (
            chosen.frame_interval in capability.frame_intervals
            or (chosen.frame_interval is None and not capability.frame_intervals)
            or capability.continuous
        )
        for capability in capabilities
    )


def test_simulated_devices_are_found_by_path_and_by_card() -> None:
    webcam = VideoDevice(path=Path("/dev/video0"), table=UVC_WEBCAM)
    devices = SimulatedVideoDevices((webcam,))
    assert devices.find("/dev/video0") is webcam
    assert devices.find("c920") is webcam
    with pytest.raises(NotFound):
        devices.find("/dev/video1")
