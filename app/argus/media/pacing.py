"""The heartbeat of a simulated sensor: a thread that pushes pictures at an exact pace."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from fractions import Fraction

from argus.base.clock import Clock
from argus.base.errors import ArgusError

logger = logging.getLogger(__name__)

# Pictures this late are still delivered, in a burst; later ones were never taken, as with a real sensor.
MAX_LATE_FRAMES = 5


class Grid:
    """The instants at which pictures are due. Numbers count pictures taken, so a late sensor leaves no hole in them."""

    def __init__(self, frame_interval_s: Fraction, start_ns: int, max_late: int = MAX_LATE_FRAMES) -> None:
        self._interval_ns = frame_interval_s * 1_000_000_000
        self._start_ns = start_ns
        self._max_late = max_late
        self._slot = 0
        self.skipped = 0

    def due_ns(self) -> int:
        return self._start_ns + int(self._slot * self._interval_ns)

    def advance(self, now_ns: int) -> None:
        """On to the next picture; past those that are hopelessly late."""
        self._slot += 1
        late = int((now_ns - self.due_ns()) / self._interval_ns)
        if late > self._max_late:
            self.skipped += late
            self._slot += late


class Pacer:
    """Calls `take(number, mono_ns)` for every picture from its own thread until stopped.

    An expected error of `take` ends the thread and is told through `failed`.
    """

    def __init__(
        self,
        frame_interval_s: Fraction,
        clock: Clock,
        take: Callable[[int, int], None],
        failed: Callable[[ArgusError], None],
        max_late: int = MAX_LATE_FRAMES,
    ) -> None:
        self._frame_interval_s = frame_interval_s
        self._clock = clock
        self._take = take
        self._failed = failed
        self._max_late = max_late
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sensor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No picture is taken after this returns."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        grid = Grid(self._frame_interval_s, self._clock.mono_ns(), self._max_late)
        number = 0
        try:
            while not self._stop.wait(max(0, grid.due_ns() - self._clock.mono_ns()) / 1e9):
                self._take(number, grid.due_ns())
                number += 1
                skipped = grid.skipped
                grid.advance(self._clock.mono_ns())
                if grid.skipped != skipped:
                    logger.warning("the simulated sensor was too slow: it skipped %d beats", grid.skipped - skipped)
        except ArgusError as error:
            self._failed(error)
