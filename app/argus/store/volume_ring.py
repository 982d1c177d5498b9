"""The ring of one volume as the storage opens it: for writing, or for reading alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import NoReturn, Protocol, runtime_checkable

from argus.base.access_unit import AccessUnit
from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.store.label import TrackLabel
from argus.store.ring import OnDeleted, Ring, RingConfig
from argus.store.volume import Volume

logger = logging.getLogger(__name__)


class ReadOnlyRing(Ring):
    """A ring that serves what a volume holds and never writes to it."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    def close(self) -> None:
        self._writing_thread.shutdown(wait=True)
        self._reading_threads.shutdown(wait=True)
        self._volume.close()

    async def flush(self) -> None:
        """Nothing waits to be written."""

    def append(self, track_id: int, unit: AccessUnit) -> NoReturn:
        raise Unavailable("storage", "the volume is open for reading alone")


@runtime_checkable
class SelfDescribing(Protocol):
    """A ring that keeps on its volume what the tracks are called, and how much of it a recording may use."""

    def labels(self) -> Mapping[int, TrackLabel]:
        """The labels of the tracks on the volume, by track id."""

    def set_label(self, track_id: int, label: TrackLabel) -> None:
        """Keep a label with the track."""

    def set_quota(self, recording: str, limit_bytes: int) -> None:
        """Keep a recording below `limit_bytes`; 0 is unlimited."""


def open_ring(volume: Volume, config: RingConfig, clock: Clock, on_deleted: OnDeleted, *, writable: bool) -> Ring:
    """Recover the ring of a volume; blocks for I/O. Raises OSError where the volume cannot be read."""
    return (Ring if writable else ReadOnlyRing)(volume, config, clock, on_deleted)


def retention_us(ring: Ring, track_id: int) -> int:
    """The retention that the volume keeps with a track; 0 is unlimited."""
    with ring._index.lock:
        track = ring._index.tracks.get(track_id)
        return track.retention_us if track is not None else 0
