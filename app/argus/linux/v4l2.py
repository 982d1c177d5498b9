"""V4L2 capture devices as values: what one offers, and which of its modes serves a wish best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from argus.base.errors import NotFound, NotSupported

# Best first: raw pictures cost no decoding, packed ones one conversion more than planar ones, MJPEG a decoder.
USABLE_FOURCCS = ("NV12", "YU12", "YUYV", "UYVY", "MJPG", "JPEG")
_LISTED_ROWS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSizes:
    """Sizes in pixels. A discrete size has equal bounds; a stepwise range grows in steps from the lower bound."""

    min_width: int
    max_width: int
    min_height: int
    max_height: int
    step_width: int = 1
    step_height: int = 1

    @classmethod
    def discrete(cls, width: int, height: int) -> FrameSizes:
        return cls(min_width=width, max_width=width, min_height=height, max_height=height)

    def smallest_holding(self, width: int, height: int) -> tuple[int, int] | None:
        """The smallest size at least that wide and high; None where all are smaller."""
        if width > self.max_width or height > self.max_height:
            return None
        return (
            _step_up(width, self.min_width, self.max_width, self.step_width),
            _step_up(height, self.min_height, self.max_height, self.step_height),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One pixel format in one range of sizes.

    `frame_intervals` are seconds: single ones, or, with `continuous`, the shortest and the longest. A driver that
    does not tell has none; its pace is its own.
    """

    fourcc: str
    sizes: FrameSizes
    frame_intervals: tuple[Fraction, ...] = ()
    continuous: bool = False

    def longest_interval_within(self, limit: Fraction) -> Fraction | None:
        """The slowest pace that is not slower than asked, as frame interval; None where all are slower."""
        if self.continuous:
            shortest, longest = min(self.frame_intervals), max(self.frame_intervals)
            return min(limit, longest) if limit >= shortest else None
        return max((interval for interval in self.frame_intervals if interval <= limit), default=None)

    def text(self) -> str:
        """`YUYV 640x480 @ 30, 15`."""
        size = f"{self.sizes.max_width}x{self.sizes.max_height}"
        if (self.sizes.min_width, self.sizes.min_height) != (self.sizes.max_width, self.sizes.max_height):
            size = f"{self.sizes.min_width}x{self.sizes.min_height} to {size}"
        rates = (" to " if self.continuous else ", ").join(f"{float(1 / i):g}" for i in self.frame_intervals)
        return f"{self.fourcc} {size} @ {rates or '?'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityTable:
    """Everything a capture device offers, in the driver's order."""

    card: str
    driver: str
    capabilities: tuple[Capability, ...]

    def text(self) -> str:
        """What is offered, for a message to people; long tables are cut."""
        rows = [capability.text() for capability in self.capabilities]
        rest = [f"and {len(rows) - _LISTED_ROWS} more"] if len(rows) > _LISTED_ROWS else []
        return "; ".join(rows[:_LISTED_ROWS] + rest) or "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The picture that is wanted, `frame_interval` in seconds."""

    width: int
    height: int
    frame_interval: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """What the device is asked to deliver. `frame_interval` None leaves the pace to the device."""

    fourcc: str
    width: int
    height: int
    frame_interval: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoDevice:
    """A capture device that was found."""

    path: Path
    table: CapabilityTable


class VideoDevices(Protocol):
    """Where capture devices are found: those of the machine (`video_devices.py`), or simulated ones."""

    def find(self, match: str) -> VideoDevice:
        """The device by path, by-id name or card name. Blocks.

        Raises:
            NotFound: subject "video device".
            Unavailable: subject "video device": it is there and does not answer.
        """


class SimulatedVideoDevices:
    """Capture devices that exist as tables only; the twin of `SystemVideoDevices`."""

    def __init__(self, devices: tuple[VideoDevice, ...] = ()) -> None:
        self.devices = devices

    def find(self, match: str) -> VideoDevice:
        for device in self.devices:
            if match == str(device.path) or match.casefold() in device.table.card.casefold():
                return device
        raise NotFound("video device", match)


def negotiate(table: CapabilityTable, wish: Wish) -> Mode:
    """The mode that serves the wish with the least work.

    In this order: the wished size, else the nearest larger one (it is scaled down); the wished pace, else the nearest
    faster one (frames are dropped), else a pace the driver does not tell; raw formats, else MJPEG. Nothing is ever
    scaled up or repeated: a board file that asks for more than the camera has is wrong.

    Raises:
        NotSupported: subject "video device": nothing offered is large and fast enough; the message lists the offers.
    """
    modes = list(_candidates(table, wish))
    if not modes:
        wanted = f"{wish.width}x{wish.height} @ {float(1 / wish.frame_interval):g}"
        raise NotSupported(
            "video device",
            f"{table.card} cannot deliver {wanted} as any of {', '.join(USABLE_FOURCCS)}; it offers {table.text()}",
        )
    return min(modes, key=lambda mode: _cost(mode, wish))


def _candidates(table: CapabilityTable, wish: Wish) -> Iterator[Mode]:
    for capability in table.capabilities:
        size = capability.sizes.smallest_holding(wish.width, wish.height)
        interval = capability.longest_interval_within(wish.frame_interval)
        too_slow = interval is None and capability.frame_intervals
        if capability.fourcc in USABLE_FOURCCS and size is not None and not too_slow:
            yield Mode(fourcc=capability.fourcc, width=size[0], height=size[1], frame_interval=interval)


def _cost(mode: Mode, wish: Wish) -> tuple[int, Fraction, int]:
    """Surplus pixels, surplus frames per second, rank of the format. An untold pace is worse than any told one."""
    surplus = Fraction(10**6) if mode.frame_interval is None else 1 / mode.frame_interval - 1 / wish.frame_interval
    return mode.width * mode.height, surplus, USABLE_FOURCCS.index(mode.fourcc)


def _step_up(value: int, lowest: int, highest: int, step: int) -> int:
    steps = -(-max(0, value - lowest) // max(1, step))
    return min(lowest + steps * max(1, step), highest)
