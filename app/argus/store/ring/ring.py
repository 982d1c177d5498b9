"""The ring: footage of all tracks on one volume, written by one thread, read by many."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import NotFound, Unavailable
from argus.base.tasks import Heartbeat
from argus.linux.time_sync import SimulatedTimeSync, TimeSync
from argus.store.ring import layout
from argus.store.ring.boot import Boot
from argus.store.ring.clean_start import find_clean_starts
from argus.store.ring.clock_trust import ClockTrust
from argus.store.ring.directories import Directories
from argus.store.ring.health import Occupancy, RingHealth
from argus.store.ring.ingest import Ingest
from argus.store.ring.label import TrackLabel
from argus.store.ring.policies import Policies
from argus.store.ring.pulse import Pulse
from argus.store.ring.reader import Reader
from argus.store.ring.reclaim import Protection, Reclaim
from argus.store.ring.records import Mark
from argus.store.ring.recovery import Recovered, recover
from argus.store.ring.retention import Retention
from argus.store.ring.ring_config import RingConfig
from argus.store.ring.rows import Rows
from argus.store.ring.span import Gop, Span
from argus.store.ring.volume import Volume
from argus.store.ring.volume_file import create, open_existing
from argus.store.ring.writer import Progress, Writer

__all__ = ["Gop", "Occupancy", "Ring", "RingConfig", "RingHealth", "Span"]

logger = logging.getLogger(__name__)

OnDeleted = Callable[[int, int, int], None]
T = TypeVar("T")

_READER_THREADS = 4


class Ring:
    """Footage on one volume.

    Everything but `open` and `close` belongs to the event loop's thread. `on_deleted(track_id, start_us, end_us)` is
    called there too, after the deletion is durable and before the bytes are overwritten; again after a crash, if it
    is not certain that it was called. `end_us` is not part of what was deleted.
    """

    name = "store"

    def __init__(
        self,
        volume: Volume,
        config: RingConfig,
        clock: Clock,
        on_deleted: OnDeleted,
        *,
        read_only: bool = False,
        time_sync: TimeSync | None = None,
    ) -> None:
        """Recover what the volume holds; blocks for I/O. A ring that is `read_only` never writes.

        Without `time_sync` the clock counts as one that no server sets.

        Raises:
            OSError: the volume cannot be read.
        """
        self.heartbeat = Heartbeat(self.name, clock)
        self._config = config
        self._on_deleted = on_deleted
        self._volume = volume
        self._read_only = read_only
        self._largest = volume.geometry.max_unit_bytes
        self._forgotten: set[int] = set()
        self._broken: set[int] = set()
        recovered = self._recover()
        directories = Directories(volume, self._index)
        for segment in recovered.front.open.values():
            directories.put(segment.seq, segment.directory, pinned=True)
        rows = Rows(self._index, directories)
        find_clean_starts(self._index, rows)
        time_sync = time_sync or SimulatedTimeSync(boot_id=UUID(int=0))
        self._trust = ClockTrust(clock, recovered.written_us, time_sync.is_synchronized)
        self._ingest = Ingest(config.queue_bytes, config.queue_units)
        self._reclaim = Reclaim(self._index, rows, volume.geometry)
        self._writer = Writer(
            volume, recovered, directories, self._ingest, self._reclaim, clock, self._trust.known_us, config.gap_us
        )
        self._policies = Policies(self._index, self._writer, self._reclaim)
        self._reader = Reader(volume, self._index, directories, rows)
        self._retention = Retention(self._index, self._reader, directories, self._trust)
        self._retention.hold_edges()
        self._boot = Boot(self._index, rows, clock, time_sync)
        self._queue(self._boot.begin())
        self._reading_threads = ThreadPoolExecutor(_READER_THREADS, thread_name_prefix="store-reader")
        self._pulse = Pulse(
            self._writer, self._announce, self.apply_retention, config, clock, self.heartbeat, self._reading_threads
        )

    def _recover(self) -> Recovered:
        if not self._read_only:
            # What a killed process left in the page cache must not count as durable before it is.
            self._volume.sync()
        recovered = recover(self._volume)
        for problem in recovered.problems:
            logger.warning("recovery: %s", problem)
        self._index = recovered.index
        self._recovery_problems = len(recovered.problems)
        return recovered

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
        self._pulse.close()
        self._reading_threads.shutdown(wait=True)
        if self._read_only:
            self._volume.close()
            return
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
        if self._read_only:
            await asyncio.Event().wait()
        await self._pulse.run()

    def tick(self) -> None:
        """Make everything appended so far durable, in the caller's thread; for use without `run`."""
        while not self._read_only and self._announce(self._writer.step()):
            pass

    def apply_retention(self) -> None:
        """Queue the deletion of everything that became too old; blocks for I/O; for use without `run`."""
        self._queue(self._due_marks())

    async def flush(self) -> None:
        """Return when everything appended, ended or forgotten so far is durable.

        Raises:
            Unavailable: the volume failed.
        """
        wanted = 0 if self._read_only else self._ingest.queued
        if not self._pulse.running:
            self.tick()
        await self._pulse.durable(wanted)

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
            if self._writer.failure or self._read_only or track_id in self._broken or len(unit.data) > self._largest:
                self._judge(track_id, unit)
            pending_bytes = self._ingest.put(track_id, unit)
        except Unavailable:
            self._broken.add(track_id)
            raise
        if pending_bytes >= self._config.pending_bytes:
            self._pulse.due.set()

    def end_span(self, track_id: int) -> None:
        """The recorder stops: the next unit of the track starts a new span."""
        self._ingest.put_end(track_id)

    def forget(self, track_id: int) -> None:
        """Delete everything of the track: unreadable at once, durable with the next tick (see `flush`)."""
        if track_id not in self._forgotten:
            self._forgotten.add(track_id)
            self._policies.drop(track_id)
            self._ingest.put_mark(Mark(kind=layout.MARK_FORGET, track=track_id))
            self._pulse.due.set()

    def deciding(self) -> AbstractContextManager[None]:
        """Around decisions about many tracks: they take effect together, when it is left."""
        return self._policies.together()

    def set_retention(self, track_id: int, retention_us: int) -> None:
        """Footage older than this is invisible from now on and deleted for good soon after; 0 is unlimited."""
        if track_id in self._forgotten:
            return
        with self._index.lock:
            track = self._index.track(track_id)
            changed = track.retention_us != retention_us
            track.retention_us = retention_us
        self._policies.manage(track_id)
        if changed:
            self._ingest.put_mark(Mark(kind=layout.MARK_RETENTION, track=track_id, value=retention_us))
            self._pulse.retain_now()

    def retention_us(self, track_id: int) -> int:
        """The retention of a track; 0 is unlimited."""
        track = self._index.tracks.get(track_id)
        return track.retention_us if track is not None else 0

    def set_label(self, track_id: int, label: TrackLabel) -> None:
        """Keep on the volume what the track is called; durable with the next tick."""
        if track_id not in self._forgotten and self._policies.set_label(track_id, label):
            self._writer.want_snapshot()
            self._pulse.due.set()

    def set_quota(self, recording: str, limit_bytes: int) -> None:
        """The most bytes that the tracks labelled with this recording may hold; 0 is unlimited.

        Its oldest footage goes when it holds more. It is written apart from the others as far as lanes reach.
        """
        if self._policies.set_quota(recording, limit_bytes):
            self._pulse.retain_now()

    def protect(self, track_ids: Collection[int], start_us: int, end_us: int) -> Protection:
        """Keep footage from being given up for lack of space or for a quota; retention goes on.

        Raises:
            Unavailable: with it more than half of the volume would be kept.
        """
        return self._reclaim.protect(track_ids, start_us, end_us)

    # -- reading ------------------------------------------------------------------------------------------------

    def tracks(self) -> tuple[int, ...]:
        """Every track with footage, visible or not, that was not forgotten."""
        with self._index.lock:
            known = [track.track_id for track in self._index.known() if track.runs]
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
            used = self._index.segments.used_bytes()
        return Occupancy(
            used_bytes=used,
            total_bytes=geometry.data_segments * geometry.segment_bytes,
            oldest_us=min((span.start_us for span in visible), default=None),
            newest_us=max((span.end_us for span in visible), default=None),
            write_rate_bps=self._writer.write_rate_bps(),
        )

    def now_us(self) -> int:
        """The time that retention goes by: the clock's, unless that is behind what is known."""
        return self._trust.now_us()

    @property
    def volume_uuid(self) -> UUID:
        """The volume, wherever it is plugged in."""
        return self._volume.uuid

    def labels(self) -> dict[int, TrackLabel]:
        """What the tracks on the volume are called, as far as it was told."""
        return {
            track_id: label for track_id, label in self._policies.labels().items() if track_id not in self._forgotten
        }

    def usage(self) -> dict[str, int]:
        """Bytes by recording; estimated where a range was deleted in part."""
        return self._policies.usage()

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
            dropped_units=counters.dropped_units,
            damaged=self._reader.damaged + self._recovery_problems,
            write_errors=counters.write_errors,
            detail=self._writer.failure,
        )

    # -- parts --------------------------------------------------------------------------------------------------

    def _judge(self, track_id: int, unit: AccessUnit) -> None:
        """Let a unit go on after a loss, or say why it cannot be taken."""
        if self._writer.failure or self._read_only:
            raise Unavailable("storage", self._writer.failure or "the volume is open for reading alone")
        if len(unit.data) > self._largest:
            message = f"an access unit of {len(unit.data)} bytes is larger than the {self._largest} this volume takes"
            raise Unavailable("storage", message)
        if not unit.key_frame:
            raise Unavailable("storage", "units were lost; the track waits for a key frame")
        self._ingest.put_end(track_id)
        self._broken.discard(track_id)

    def _announce(self, progress: Progress) -> bool:
        """Tell about deletions; whether another step is to follow at once."""
        for deletion in progress.deletions:
            self._on_deleted(deletion.track_id, deletion.start_us, deletion.end_us)
            self._writer.announced = max(self._writer.announced, deletion.number)
        return progress.more

    def _queue(self, marks: list[Mark]) -> None:
        for mark in marks:
            self._ingest.put_mark(mark)

    def _due_marks(self) -> list[Mark]:
        """What retention, quotas and the clock ask for now; reads directories."""
        return [*self._retention.due(), *self._retention.cuts_at(self._reclaim.cuts()), *self._boot.due()]

    async def _read(self, track_id: int, read: Callable[[], T]) -> T | None:
        if track_id in self._forgotten:
            return None
        found = await asyncio.get_running_loop().run_in_executor(self._reading_threads, read)
        return None if track_id in self._forgotten else found
