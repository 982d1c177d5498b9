"""Analytics of the simulated camera: the moving block of the test card, where it really is."""

from __future__ import annotations

from collections.abc import Callable

from argus.base.units import to_datetime
from argus.media.settings import VideoSourceSettings
from argus.media.testcard import BLOCK_LAP_US, block_at
from argus.onvif.metadata.messages import Appearance, Frame, Object, Rectangle, ShapeDescriptor, Vector


class SimulatedAnalytics:
    """Describes the newest picture of a test card. Each crossing of the block is another object."""

    def __init__(self, source: VideoSourceSettings, newest_utc_us: Callable[[], int]) -> None:
        """`newest_utc_us` tells when the newest picture was captured; 0 while there is none."""
        self._width, self._height = source.width, source.height
        self._newest_utc_us = newest_utc_us
        self._told_us = 0

    def frame(self) -> Frame | None:
        """What is in the newest picture; None where it was told already."""
        utc_us = self._newest_utc_us()
        if utc_us == self._told_us:
            return None
        self._told_us = utc_us
        box = block_at(utc_us, self._width, self._height)
        left, right = self._x(box.left), self._x(box.right)
        top, bottom = self._y(box.top), self._y(box.bottom)
        shape = ShapeDescriptor(
            bounding_box=Rectangle(left=left, top=top, right=right, bottom=bottom),
            center_of_gravity=Vector(x=round((left + right) / 2, 4), y=round((top + bottom) / 2, 4)),
        )
        seen = Object(object_id=utc_us // BLOCK_LAP_US % 1_000_000, appearance=Appearance(shape=shape))
        return Frame(utc_time=to_datetime(utc_us), object_=(seen,))

    def _x(self, pixel: int) -> float:
        return round(2 * pixel / self._width - 1, 4)

    def _y(self, pixel: int) -> float:
        return round(1 - 2 * pixel / self._height, 4)
