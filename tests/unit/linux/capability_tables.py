"""What real capture devices answer to VIDIOC_ENUM_FMT, _FRAMESIZES and _FRAMEINTERVALS, as tables."""

from fractions import Fraction

from argus.linux.v4l2 import Capability, CapabilityTable, FrameSizes


def rates(*per_second: float) -> tuple[Fraction, ...]:
    return tuple(1 / Fraction(rate).limit_denominator(1_001) for rate in per_second)


def fixed(fourcc: str, width: int, height: int, *per_second: float) -> Capability:
    return Capability(fourcc=fourcc, sizes=FrameSizes.discrete(width, height), frame_intervals=rates(*per_second))


# A UVC webcam on USB 2: raw pictures are slow where they are large.
UVC_WEBCAM = CapabilityTable(
    card="HD Pro Webcam C920",
    driver="uvcvideo",
    capabilities=(
        fixed("YUYV", 640, 480, 30, 24, 20, 15, 10, 7.5, 5),
        fixed("YUYV", 640, 360, 30, 24, 20, 15, 10, 7.5, 5),
        fixed("YUYV", 800, 600, 24, 20, 15, 10, 7.5, 5),
        fixed("YUYV", 1280, 720, 10, 7.5, 5),
        fixed("YUYV", 1920, 1080, 5),
        fixed("H264", 1280, 720, 30, 24, 20, 15, 10, 7.5, 5),
        fixed("H264", 1920, 1080, 30, 24, 20, 15, 10, 7.5, 5),
        fixed("MJPG", 640, 480, 30, 24, 20, 15, 10, 7.5, 5),
        fixed("MJPG", 640, 360, 30, 24, 20, 15, 10, 7.5, 5),
        fixed("MJPG", 1280, 720, 30, 24, 20, 15, 10, 7.5, 5),
        fixed("MJPG", 1920, 1080, 30, 24, 20, 15, 10, 7.5, 5),
    ),
)

_UNICAM_SIZES = FrameSizes(min_width=32, max_width=3280, min_height=32, max_height=2464, step_width=2, step_height=2)
# The legacy camera stack of a Raspberry Pi: any size in steps, any pace in a range.
BCM2835 = CapabilityTable(
    card="mmal service 16.1",
    driver="bm2835 mmal",
    capabilities=tuple(
        Capability(fourcc=fourcc, sizes=_UNICAM_SIZES, frame_intervals=rates(90, 1), continuous=True)
        for fourcc in ("YU12", "YUYV", "RGB3", "JPEG", "H264", "MJPG", "NV12")
    ),
)

# CSI receiver with a bare sensor behind it: Bayer data, which needs an ISP first.
BARE_SENSOR = CapabilityTable(
    card="unicam",
    driver="unicam",
    capabilities=(
        Capability(fourcc="pBAA", sizes=FrameSizes.discrete(3280, 2464)),
        Capability(fourcc="pBAA", sizes=FrameSizes.discrete(1920, 1080)),
    ),
)

# The kernel's virtual driver: every format at the sizes of a webcam, pace as a range.
VIVID = CapabilityTable(
    card="vivid",
    driver="vivid",
    capabilities=tuple(
        Capability(fourcc=fourcc, sizes=FrameSizes.discrete(*size), frame_intervals=rates(limit, 1), continuous=True)
        for fourcc in ("YUYV", "UYVY", "NV12", "YU12", "RGB3")
        for size, limit in (((320, 180), 30), ((640, 360), 30), ((1280, 720), 25), ((1920, 1080), 25))
    ),
)

# An HDMI receiver: one size and a pace it does not tell, both given by what is plugged in.
HDMI_BRIDGE = CapabilityTable(
    card="tc358743",
    driver="unicam",
    capabilities=(Capability(fourcc="UYVY", sizes=FrameSizes.discrete(1920, 1080)),),
)
