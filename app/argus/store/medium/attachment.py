"""A volume with its ring, as long as it is attached, and the reason while none is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from argus.store.medium.medium import Access, Identity, OpenVolume
from argus.store.medium.storage_state import StorageHealth, StorageState
from argus.store.ring.found_track import FoundTrack
from argus.store.ring.health import Occupancy, WriterState
from argus.store.ring.label import TrackLabel
from argus.store.ring.ring import Ring

_STATES = {
    WriterState.OK: StorageState.OK,
    WriterState.STALLED: StorageState.STALLED,
    WriterState.FAILED: StorageState.FAILED,
}
# Where the medium did not refuse anything: it has not answered since the writer's step began.
_SILENT = {
    WriterState.OK: "",
    WriterState.STALLED: "the medium answers slowly",
    WriterState.FAILED: "the medium has not answered for more than ten seconds",
}
_UNWRITABLE = {Access.PROTECTED: StorageState.READ_ONLY, Access.FOREIGN: StorageState.FOREIGN}
EMPTY = Occupancy(used_bytes=0, total_bytes=0, oldest_us=None, newest_us=None, write_rate_bps=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A volume with its ring."""

    opened: OpenVolume
    ring: Ring

    @property
    def writable(self) -> bool:
        return self.opened.access is Access.WRITABLE

    def health(self) -> StorageHealth:
        """What can be done with the volume, and why not more. A volume that is only read has no step that can hang."""
        ring, writable = self.ring.health(), self.writable
        return StorageHealth(
            state=_STATES[ring.state] if writable else _UNWRITABLE[self.opened.access],
            detail=(ring.detail or _SILENT[ring.state]) if writable else self.opened.detail,
            volume_uuid=str(self.opened.volume.uuid),
            step=ring.step if writable else "reading",
            step_age_s=ring.step_age_s if writable else 0.0,
            last_durable_utc_us=ring.last_durable_utc_us,
            batches=ring.batches,
            batch_bytes=ring.batch_bytes,
            flushes=ring.flushes,
            units=ring.units,
            dropped_units=ring.dropped_units,
            damaged=ring.damaged,
            write_errors=ring.write_errors,
        )

    def labels(self) -> dict[int, TrackLabel]:
        """What the volume tells of its tracks; nothing where it is not written, for it is another's then."""
        return self.ring.labels() if self.writable else {}

    def describe(self, track_ids: Iterable[int], labels: dict[int, TrackLabel]) -> list[FoundTrack]:
        """The tracks as found on the volume."""
        return [
            FoundTrack(
                track_id=track_id,
                label=labels[track_id],
                retention_us=self.ring.retention_us(track_id),
                newest_us=max((span.end_us for span in self.ring.spans(track_id)), default=None),
            )
            for track_id in track_ids
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Why there is no volume. `refused` is the medium that could not be used, until it is tried again."""

    state: StorageState
    detail: str
    refused: Identity | None = None
    retry_ns: int = 0

    def health(self) -> StorageHealth:
        return StorageHealth(state=self.state, detail=self.detail)
