"""The ring: footage of all tracks on one volume, written by one thread, read by many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.clock import Clock
from argus.base.tasks import Heartbeat
from argus.store.span import Gop, Span
from argus.store.health import Occupancy, RingHealth

__all__ = ["Gop", "Occupancy", "Ring", "RingConfig", "RingHealth", "Span"]

OnDeleted = Callable[[int, int, int], None]


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
    called there too, after the deletion is durable and before the bytes are overwritten.
    """

    name = "store"
    heartbeat: Heartbeat

    @classmethod
    def open(cls, path: Path, config: RingConfig, clock: Clock, on_deleted: OnDeleted) -> Ring:
        """Open the volume at `path`, creating it where there is no file; blocks for I/O.

        Raises:
            Unavailable: no space for a new volume, another process writes it, or the file is not a volume of ours.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Write what is queued, seal the snapshot and release the volume; blocks for I/O."""
        raise NotImplementedError

    async def run(self) -> None:
        """Write every tick and apply retention until cancelled; what is queued then is still written."""
        raise NotImplementedError

    def tick(self) -> None:
        """Make everything appended so far durable, in the caller's thread; for use without `run`."""
        raise NotImplementedError

    async def flush(self) -> None:
        """Return when everything appended, ended or forgotten so far is durable."""
        raise NotImplementedError

    def append(self, track_id: int, unit: AccessUnit) -> None:
        """Queue one access unit; never blocks. After a loss the track waits for a key frame and starts a new span.

        Raises:
            Unavailable: the queue is full or the volume failed; the unit is lost.
            NotFound: the track was forgotten.
        """
        raise NotImplementedError

    def end_span(self, track_id: int) -> None:
        """The recorder stops: the next unit of the track starts a new span."""
        raise NotImplementedError

    def tracks(self) -> tuple[int, ...]:
        """Every track with footage, visible or not."""
        raise NotImplementedError

    def spans(self, track_id: int) -> tuple[Span, ...]:
        """Durable, visible footage in order of time; empty for an unknown track."""
        raise NotImplementedError

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        """The format in force at a time inside visible footage (in a gap: of the footage before), or None."""
        raise NotImplementedError

    def set_retention(self, track_id: int, retention_us: int) -> None:
        """Footage older than this is invisible from now on and deleted for good soon after; 0 is unlimited."""
        raise NotImplementedError

    def forget(self, track_id: int) -> None:
        """Delete everything of the track: unreadable at once, durable with the next tick (see `flush`)."""
        raise NotImplementedError

    async def gop_at(self, track_id: int, utc_us: int, *, forward: bool) -> Gop | None:
        """The GOP with the time in it; in a gap the first after it (forward) or the last before it (reverse)."""
        raise NotImplementedError

    async def gop_after(self, gop: Gop) -> Gop | None:
        """The next GOP of the track, across gaps; None at the end of the footage."""
        raise NotImplementedError

    async def gop_before(self, gop: Gop) -> Gop | None:
        """The previous GOP of the track, across gaps; None at the beginning of the footage."""
        raise NotImplementedError

    def occupancy(self) -> Occupancy:
        """How full the volume is."""
        raise NotImplementedError

    def health(self) -> RingHealth:
        """The writer's state and counters."""
        raise NotImplementedError
