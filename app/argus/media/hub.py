"""One encoded stream, many readers: live clients, the recorder, whoever else comes."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from argus.base.access_unit import AccessUnit, MediaKind, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import InvalidValue, LimitReached, Unavailable

logger = logging.getLogger(__name__)

MAX_READERS = 128
MAX_READER_BYTES = 8 * 1024 * 1024
MAX_READER_UNITS = 512
# A key frame is ten times the size of its neighbours: joining clients share one.
KEY_FRAME_SPACING_NS = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HubHealth:
    """Counters since start. `last_utc_us` is the capture time of the newest unit, 0 where there was none."""

    units: int
    key_frames: int
    size_bytes: int
    last_utc_us: int
    readers: int
    dropped_units: int
    dropped_gops: int


class StreamReader:
    """One reader's bounded queue. It begins at a key frame (sound: at once) and always holds decodable runs.

    Where the queue is full, the rest of the group of pictures is lost, and every further group until the queue is
    at most half full: a reader that is a little too slow then gets long runs, not a stutter of lone key frames.
    A single unit larger than the whole queue still passes, alone.
    """

    def __init__(self, name: str, leave: Callable[[StreamReader], None], max_bytes: int, max_units: int) -> None:
        self.name = name
        self.dropped_units = 0
        self.dropped_gops = 0
        self._leave = leave
        self._max_bytes = max_bytes
        self._max_units = max_units
        self._queue: deque[AccessUnit] = deque()
        self._queued_bytes = 0
        self._losing = False
        self._started = False
        self._closed = False
        self._arrived = asyncio.Event()

    async def read(self) -> AccessUnit:
        """The next access unit, in order of publication. One task reads at a time.

        Raises:
            Unavailable: subject "stream": this reader was closed, or the stream ended and everything was read.
        """
        while not self._queue:
            if self._closed:
                raise Unavailable("stream", f"the stream read by {self.name} has ended")
            self._arrived.clear()
            await self._arrived.wait()
        unit = self._queue.popleft()
        self._queued_bytes -= len(unit.data)
        return unit

    def close(self) -> None:
        """End reading and forget what is queued. May be called twice."""
        self._leave(self)
        self._queue.clear()
        self._queued_bytes = 0
        self.end()

    @property
    def waits_for_key_frame(self) -> bool:
        return not self._started

    def offer(self, unit: AccessUnit) -> None:
        """Called by the hub: queue the unit, or lose it by the rule above."""
        # Sound can be heard from any packet on; only an index of it wants few places to begin.
        if not self._started and not unit.key_frame and unit.format.codec.kind is not MediaKind.AUDIO:
            return
        self._started = True
        if self._losing:
            self._losing = not (unit.key_frame and self._has_room(unit, self._max_bytes // 2, self._max_units // 2))
        else:
            self._losing = not self._has_room(unit, self._max_bytes, self._max_units)
            if self._losing and not unit.key_frame:
                self._count_lost_gop()
        if self._losing:
            self.dropped_units += 1
            if unit.key_frame:
                self._count_lost_gop()
            return
        self._queue.append(unit)
        self._queued_bytes += len(unit.data)
        self._arrived.set()

    def end(self) -> None:
        """Called by the hub: nothing more will come; what is queued can still be read."""
        self._closed = True
        self._arrived.set()

    def _has_room(self, unit: AccessUnit, max_bytes: int, max_units: int) -> bool:
        if not self._queue:
            return True
        return len(self._queue) < max(1, max_units) and self._queued_bytes + len(unit.data) <= max_bytes

    def _count_lost_gop(self) -> None:
        self.dropped_gops += 1
        if self.dropped_gops == 1:
            logger.warning("reader %s is too slow: it starts to lose pictures", self.name)


class StreamHub:
    """Passes each published unit to every reader without waiting for any. Belongs to the event loop's thread."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.format: StreamFormat | None = None
        self._clock = clock
        self._readers: list[StreamReader] = []
        self._closed = False
        self._ask_encoder: Callable[[], None] | None = None
        self._key_frame_wanted = False
        self._asked_ns: int | None = None
        self._published_ns = clock.mono_ns()
        self._units = self._key_frames = self._size_bytes = self._last_utc_us = 0
        self._past_dropped_units = self._past_dropped_gops = 0

    def connect_encoder(self, ask: Callable[[], None] | None) -> None:
        """Name the function that makes the encoder's next picture a key frame; None while there is no encoder."""
        self._ask_encoder = ask

    def request_key_frame(self) -> None:
        """See to a key frame soon. Requests within half a second share one, the last of them is not forgotten."""
        self._key_frame_wanted = True
        self._ask_if_due()

    def publish(self, unit: AccessUnit) -> None:
        """Hand the unit to every reader."""
        self.format = unit.format
        self._published_ns = self._clock.mono_ns()
        self._units += 1
        self._size_bytes += len(unit.data)
        self._last_utc_us = unit.utc_us
        if unit.key_frame:
            self._key_frames += 1
            self._key_frame_wanted = False
        for reader in tuple(self._readers):
            reader.offer(unit)
        if self._key_frame_wanted:
            self._ask_if_due()

    def open_reader(
        self, name: str, max_bytes: int = MAX_READER_BYTES, max_units: int = MAX_READER_UNITS
    ) -> StreamReader:
        """A reader that begins at the next key frame, which is asked for at once.

        Raises:
            InvalidValue: a bound below one.
            LimitReached: subject "stream readers": too many read already.
            Unavailable: subject "stream": the hub is closed.
        """
        if max_bytes < 1 or max_units < 1:
            raise InvalidValue("stream reader", f"bounds {max_bytes} bytes and {max_units} units must be positive")
        if self._closed:
            raise Unavailable("stream", f"stream {self.name} has ended")
        if len(self._readers) >= MAX_READERS:
            raise LimitReached("stream readers", MAX_READERS)
        reader = StreamReader(name, self._remove, max_bytes, max_units)
        self._readers.append(reader)
        self.request_key_frame()
        return reader

    def close(self) -> None:
        """End the stream: readers get what they have queued, then Unavailable."""
        self._closed = True
        for reader in self._readers:
            reader.end()
        self._readers.clear()

    def silent_s(self) -> float:
        """Seconds since the last unit, or since there is this hub."""
        return (self._clock.mono_ns() - self._published_ns) / 1e9

    def health(self) -> HubHealth:
        """The counters, those of readers that left included."""
        return HubHealth(
            units=self._units,
            key_frames=self._key_frames,
            size_bytes=self._size_bytes,
            last_utc_us=self._last_utc_us,
            readers=len(self._readers),
            dropped_units=self._past_dropped_units + sum(reader.dropped_units for reader in self._readers),
            dropped_gops=self._past_dropped_gops + sum(reader.dropped_gops for reader in self._readers),
        )

    def _remove(self, reader: StreamReader) -> None:
        if reader in self._readers:
            self._readers.remove(reader)
            self._past_dropped_units += reader.dropped_units
            self._past_dropped_gops += reader.dropped_gops

    def _ask_if_due(self) -> None:
        now_ns = self._clock.mono_ns()
        if self._ask_encoder is None or (self._asked_ns is not None and now_ns - self._asked_ns < KEY_FRAME_SPACING_NS):
            return
        self._asked_ns = now_ns
        self._key_frame_wanted = False
        self._ask_encoder()
