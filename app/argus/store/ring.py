"""The ring: footage of all tracks on one volume, written by one thread, read by many."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import NotFound, Unavailable
from argus.base.tasks import Heartbeat
from argus.store import layout
from argus.store.directories import Directories
from argus.store.health import Occupancy, RingHealth
from argus.store.ingest import Ingest
from argus.store.reader import Reader
from argus.store.records import Mark
from argus.store.recovery import recover
from argus.store.retention import Retention
from argus.store.span import Gop, Span
from argus.store.volume import Volume
from argus.store.volume_file import create, open_existing
from argus.store.writer import Progress, Writer

__all__ = ["Gop", "Occupancy", "Ring", "RingConfig", "RingHealth", "Span"]

logger = logging.getLogger(__name__)

OnDeleted = Callable[[int, int, int], None]
T = TypeVar("T")

_READER_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RingConfig:
    """Geometry of a new volume and the bounds of the writer."""

    size_bytes: int
    segment_bytes: int = 16 << 20
    tick_s: float = 1.0
    pending_bytes: int = 2 << 20
    queue_bytes: int = 64 << 20
    queue_units: int = 50_000
    gap_us: int = 2_000_000
    retention_step_s: float = 10.0


class Ring:
    """Footage on one volume.

    Everything but `open` and `close` belongs to the event loop's thread. `on_deleted(track_id, start_us, end_us)` is
    called there too, after the deletion is durable and before the bytes are overwritten; again after a crash, if it
    is not certain that it was called. `end_us` is not part of what was deleted.
    """

    name = "store"

    def __init__(self, volume: Volume, config: RingConfig, clock: Clock, on_deleted: OnDeleted) -> None:
        """Recover what the volume holds; blocks for I/O. Raises OSError where it cannot be read."""
        # What a killed process left in the page cache must not count as durable before it is.
        volume.sync()
        recovered = recover(volume)
        for problem in recovered.problems:
            logger.warning("recovery: %s", problem)
        self.heartbeat = Heartbeat(self.name, clock)
        self._config = config
        self._clock = clock
        self._on_deleted = on_deleted
        self._volume = volume
        self._index = recovered.index
        directories = Directories(volume, self._index)
        if recovered.lane.open is not None:
            directories.put(recovered.lane.open.seq, recovered.lane.open.directory, pinned=True)
        self._ingest = Ingest(config.queue_bytes, config.queue_units)
        self._writer = Writer(volume, recovered, directories, self._ingest, clock, config.gap_us)
        self._reader = Reader(volume, self._index, directories)
        times = self._index.times()
        last_known_us = max(recovered.written_us, times[1] if times else 0)
        self._retention = Retention(self._index, self._reader, directories, clock, last_known_us)
        self._retention.hold_edges()
        self._recovery_problems = len(recovered.problems)
        self._forgotten: set[int] = set()
        self._broken: set[int] = set()
        self._lost_units = 0
        self._due = asyncio.Event()
        self._retention_due = asyncio.Event()
        self._stepped = asyncio.Event()
        self._running = False
        self._writing_thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._reading_threads = ThreadPoolExecutor(_READER_THREADS, thread_name_prefix="store-reader")

    @classmethod
    def open(cls, path: Path, config: RingConfig, clock: Clock, on_deleted: OnDeleted) -> Ring:
        """Open the volume at `path`, creating it where there is no file; blocks for I/O.

        Raises:
            Unavailable: no space for a new volume, another process writes it, or the file is not a volume of ours.
            InvalidValue: the configured sizes leave no room for a ring.
        """
        if path.exists():
            volume = open_existing(path, config.size_bytes, config.segment_bytes)
        else:
            volume = create(path, config.size_bytes, config.segment_bytes, clock)
        try:
            return cls(volume, config, clock, on_deleted)
        except OSError as error:
            volume.close()
            raise Unavailable("storage", f"{path} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Write what is queued and a last snapshot, and release the volume; blocks for I/O. `run` must have ended."""
        self._writing_thread.shutdown(wait=True)
        self._reading_threads.shutdown(wait=True)
        try:
            self.tick()
            self._writer.seal()
        except OSError as error:
            logger.error("the last snapshot was not written: %s", error)
        finally:
            self._volume.close()

    # -- the subsystem ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write every tick and apply retention until cancelled; `close` writes what is queued then."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._remind(self._due, self._config.tick_s))
                group.create_task(self._remind(self._retention_due, self._config.retention_step_s))
                group.create_task(self._write_when_due())
                group.create_task(self._retain_regularly())
        finally:
            self._running = False

    def tick(self) -> None:
        """Make everything appended so far durable, in the caller's thread; for use without `run`."""
        while self._announce(self._writer.step()):
            pass

    def apply_retention(self) -> None:
        """Queue the deletion of everything that became too old; blocks for I/O; for use without `run`."""
        self._queue_cuts(self._retention.due())

    async def flush(self) -> None:
        """Return when everything appended, ended or forgotten so far is durable.

        Raises:
            Unavailable: the volume failed.
        """
        wanted = self._ingest.queued
        if not self._running:
            self.tick()
        while self._writer.durable < wanted:
            if self._writer.failure or not self._running:
                raise Unavailable("storage", self._writer.failure or "the recorder's store is not running")
            stepped = self._stepped
            self._due.set()
            await stepped.wait()

    # -- writing ------------------------------------------------------------------------------------------------

    def append(self, track_id: int, unit: AccessUnit) -> None:
        """Queue one access unit; never blocks. After a loss the track waits for a key frame and starts a new span.

        Raises:
            Unavailable: the queue is full, the unit is too large or follows a lost one, or the volume failed; the
                unit is lost.
            NotFound: the track was forgotten.
        """
        if track_id in self._forgotten:
            raise NotFound("track", str(track_id))
        try:
            pending_bytes = self._put(track_id, unit)
        except Unavailable:
            self._broken.add(track_id)
            self._lost_units += 1
            raise
        if pending_bytes >= self._config.pending_bytes:
            self._due.set()

    def end_span(self, track_id: int) -> None:
        """The recorder stops: the next unit of the track starts a new span."""
        self._ingest.put_end(track_id)

    def forget(self, track_id: int) -> None:
        """Delete everything of the track: unreadable at once, durable with the next tick (see `flush`)."""
        if track_id not in self._forgotten:
            self._forgotten.add(track_id)
            self._ingest.put_mark(Mark(layout.MARK_FORGET, track_id, 0, 1, 0))
            self._due.set()

    def set_retention(self, track_id: int, retention_us: int) -> None:
        """Footage older than this is invisible from now on and deleted for good soon after; 0 is unlimited."""
        if track_id in self._forgotten:
            return
        with self._index.lock:
            track = self._index.track(track_id)
            changed = track.retention_us != retention_us
            track.retention_us = retention_us
        if changed:
            self._ingest.put_mark(Mark(layout.MARK_RETENTION, track_id, 0, 0, retention_us))
            self._retention_due.set()

    # -- reading ------------------------------------------------------------------------------------------------

    def tracks(self) -> tuple[int, ...]:
        """Every track with footage, visible or not, that was not forgotten."""
        with self._index.lock:
            known = [track.track_id for track in self._index.tracks.values() if track.runs]
        return tuple(sorted(track_id for track_id in known if track_id not in self._forgotten))

    def spans(self, track_id: int) -> tuple[Span, ...]:
        """Durable, visible footage in order of time; empty for an unknown track."""
        if track_id in self._forgotten:
            return ()
        return self._reader.spans(track_id, self._retention.limit_us(track_id))

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        """The format in force at a time inside visible footage, None in a gap."""
        if track_id in self._forgotten or utc_us < self._retention.limit_us(track_id):
            return None
        run = self._index.run_from(track_id, utc_us)
        if run is None or run.start_us > utc_us:
            return None
        return self._index.tracks[track_id].formats.get(run.epoch_at(utc_us))

    async def gop_at(self, track_id: int, utc_us: int, *, forward: bool) -> Gop | None:
        """The GOP with the time in it; in a gap the first after it (forward) or the last before it (reverse)."""
        limit_us = self._retention.limit_us(track_id)
        return await self._read(track_id, lambda: self._reader.at(track_id, utc_us, limit_us, forward=forward))

    async def gop_after(self, gop: Gop) -> Gop | None:
        """The next GOP of the track, across gaps; None at the end of the footage."""
        limit_us = self._retention.limit_us(gop.track_id)
        return await self._read(gop.track_id, lambda: self._reader.after(gop, limit_us))

    async def gop_before(self, gop: Gop) -> Gop | None:
        """The previous GOP of the track, across gaps; None at the beginning of the footage."""
        limit_us = self._retention.limit_us(gop.track_id)
        return await self._read(gop.track_id, lambda: self._reader.before(gop, limit_us))

    # -- how it is ----------------------------------------------------------------------------------------------

    def occupancy(self) -> Occupancy:
        """How full the volume is."""
        geometry = self._volume.geometry
        visible = [span for track_id in self.tracks() for span in self.spans(track_id)]
        with self._index.lock:
            used = sum(segment.used_bytes for segment in self._index.segments.values())
        return Occupancy(
            used_bytes=used,
            total_bytes=geometry.data_segments * geometry.segment_bytes,
            oldest_us=min((span.start_us for span in visible), default=None),
            newest_us=max((span.end_us for span in visible), default=None),
            write_rate_bps=self._writer.write_rate_bps(),
        )

    def health(self) -> RingHealth:
        """The writer's state and counters."""
        state, step, age_s = self._writer.state()
        counters = self._writer.counters
        return RingHealth(
            state=state,
            step=step,
            step_age_s=age_s,
            last_durable_utc_us=self._writer.last_durable_utc_us,
            batches=counters.batches,
            batch_bytes=counters.batch_bytes,
            flushes=counters.flushes,
            units=counters.units,
            dropped_units=counters.dropped_units + self._lost_units,
            damaged=self._reader.damaged + self._recovery_problems,
            write_errors=counters.write_errors,
            detail=self._writer.failure,
        )

    # -- parts --------------------------------------------------------------------------------------------------

    def _put(self, track_id: int, unit: AccessUnit) -> int:
        if self._writer.failure:
            raise Unavailable("storage", self._writer.failure)
        largest = self._volume.geometry.max_unit_bytes
        if len(unit.data) > largest:
            message = f"an access unit of {len(unit.data)} bytes is larger than the {largest} this volume takes"
            raise Unavailable("storage", message)
        if track_id in self._broken:
            if not unit.key_frame:
                raise Unavailable("storage", "units were lost; the track waits for a key frame")
            self._ingest.put_end(track_id)
        pending_bytes = self._ingest.put(track_id, unit)
        self._broken.discard(track_id)
        return pending_bytes

    def _announce(self, progress: Progress) -> bool:
        """Tell about deletions; whether another step is to follow at once."""
        for deletion in progress.deletions:
            self._on_deleted(deletion.track_id, deletion.start_us, deletion.end_us)
            self._writer.announced = max(self._writer.announced, deletion.number)
        return progress.more

    def _queue_cuts(self, cuts: list[Mark]) -> None:
        for cut in cuts:
            self._ingest.put_mark(cut)

    async def _remind(self, due: asyncio.Event, interval_s: float) -> None:
        while True:
            due.set()
            await self._clock.sleep(interval_s)

    async def _write_when_due(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            more = True
            while more:
                more = await self._step_in_thread()

    async def _step_in_thread(self) -> bool:
        """One step of the writer; it runs to its end even when the caller is cancelled."""
        running = asyncio.get_running_loop().run_in_executor(self._writing_thread, self._writer.step)
        cancelled: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
        more = self._announce(running.result())
        if not self._writer.failure:
            self.heartbeat.beat()
        self._stepped.set()
        self._stepped = asyncio.Event()
        if cancelled is not None:
            raise cancelled
        return more

    async def _retain_regularly(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._retention_due.wait()
            self._retention_due.clear()
            # A volume that takes no data takes no cuts, and the same ones must not pile up meanwhile.
            if self._writer.failure:
                continue
            self._queue_cuts(await loop.run_in_executor(self._reading_threads, self._retention.due))
            self._due.set()

    async def _read(self, track_id: int, read: Callable[[], T]) -> T | None:
        if track_id in self._forgotten:
            return None
        found = await asyncio.get_running_loop().run_in_executor(self._reading_threads, read)
        return None if track_id in self._forgotten else found
