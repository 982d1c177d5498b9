"""The way of coded media from the encoder's thread to the event loop."""

from __future__ import annotations

import asyncio
from collections import deque

from argus.base.access_unit import AccessUnit
from argus.base.tasks import Heartbeat
from argus.media.hub import StreamHub

# Access units on their way to the event loop: ten seconds of a loop that is stuck.
MAX_UNDERWAY = 256


class Crossing:
    """Brings access units from the encoder's thread to the hub, in order and bounded.

    Where the event loop does not take them in time, everything up to the next key frame is lost, and counted.
    """

    def __init__(self, hub: StreamHub, heartbeat: Heartbeat) -> None:
        self.hub = hub
        self.heartbeat = heartbeat
        self.lost = 0
        self._underway: deque[AccessUnit] = deque()
        self._losing = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """A new encoder starts."""
        self._loop = loop
        self._losing = False

    def put(self, unit: AccessUnit) -> None:
        """Called on the encoder's thread. Does nothing before `begin`."""
        if self._loop is None:
            return
        full = len(self._underway) >= MAX_UNDERWAY
        self._losing = full or (self._losing and not unit.key_frame)
        if self._losing:
            self.lost += 1
            return
        self._underway.append(unit)
        self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        self.heartbeat.beat()
        self.hub.publish(self._underway.popleft())
