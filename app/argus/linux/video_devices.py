"""The capture devices of this machine, enumerated through linuxpy."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from linuxpy.video import device as v4l2

from argus.base.errors import NotFound, Unavailable
from argus.linux.v4l2 import Capability, CapabilityTable, FrameSizes, VideoDevice

logger = logging.getLogger(__name__)

BY_ID = Path("/dev/v4l/by-id")
_MAX_CAPABILITIES = 1024
_MAX_DENOMINATOR = 1001  # NTSC's 1001/30000
_CAPTURE = (v4l2.BufferType.VIDEO_CAPTURE, v4l2.BufferType.VIDEO_CAPTURE_MPLANE)


class SystemVideoDevices:
    """Finds and reads the V4L2 devices under /dev. Blocks for some milliseconds per device."""

    def find(self, match: str) -> VideoDevice:
        """The device by path (`/dev/video0`), by name in /dev/v4l/by-id, or by part of its card name.

        Raises:
            NotFound: subject "video device".
            Unavailable: subject "video device": it is there and does not answer.
        """
        for path in (Path(match), BY_ID / match):
            if path.is_absolute() and path.exists() and path != BY_ID:
                return VideoDevice(path=path, table=read_table(path))
        for path in sorted(v4l2.iter_video_files(), key=lambda file: (len(file.name), file.name)):
            try:
                table = read_table(path)
            except Unavailable as error:
                logger.warning("%s", error)
                continue
            if table.capabilities and match.casefold() in table.card.casefold():
                return VideoDevice(path=path, table=table)
        raise NotFound("video device", match)


def read_table(path: Path) -> CapabilityTable:
    """Ask the driver for its formats, sizes and intervals.

    Raises:
        Unavailable: subject "video device": it cannot be opened or does not speak V4L2.
    """
    try:
        with v4l2.Device(path) as device:
            return CapabilityTable(
                card=device.info.card,
                driver=device.info.driver,
                capabilities=tuple(islice(_read(device), _MAX_CAPABILITIES)),
            )
    except (OSError, ValueError) as error:
        raise Unavailable("video device", f"{path} does not answer as a video device: {error}") from error


def _read(device: Any) -> Iterator[Capability]:
    for buffer_type in _CAPTURE:
        if buffer_type not in device.info.buffers:
            continue
        for image_format in device.info.buffer_formats(buffer_type):
            fourcc = v4l2.human_pixel_format(image_format.pixel_format)
            for frame_size in device.info.format_frame_sizes(image_format.pixel_format):
                sizes = _sizes(frame_size)
                intervals = device.info.fps_intervals(image_format.pixel_format, sizes.max_width, sizes.max_height)
                yield _capability(fourcc, sizes, intervals)


def _sizes(frame_size: Any) -> FrameSizes:
    info = frame_size.info
    if frame_size.type == v4l2.FrameSizeType.DISCRETE:
        return FrameSizes.discrete(info.width, info.height)
    return FrameSizes(
        min_width=info.min_width,
        max_width=info.max_width,
        min_height=info.min_height,
        max_height=info.max_height,
        step_width=info.step_width,
        step_height=info.step_height,
    )


def _capability(fourcc: str, sizes: FrameSizes, frame_types: list[Any]) -> Capability:
    """linuxpy tells frame rates, discrete ones as the fraction of a float, and zeros where the driver told nothing."""
    rates = [rate for row in frame_types for rate in dict.fromkeys((row.max_fps, row.min_fps)) if rate]
    intervals = (1 / Fraction(rate).limit_denominator(_MAX_DENOMINATOR) for rate in rates)
    continuous = any(row.type != v4l2.FrameIntervalType.DISCRETE for row in frame_types)
    return Capability(fourcc=fourcc, sizes=sizes, frame_intervals=tuple(sorted(set(intervals))), continuous=continuous)
