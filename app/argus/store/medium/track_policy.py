"""What was decided about tracks: how long they are kept, what they are called, which were deleted."""

from __future__ import annotations

from collections.abc import Iterable

from argus.base.errors import NotFound
from argus.store.ring.label import TrackLabel
from argus.store.ring.ring import Ring
from argus.store.ring.share import Share
from argus.store.ring.track_ids import MAX_DELETED


class TrackPolicies:
    """Decisions outlive the volume they were made for: they hold for every volume that is attached.

    A track that was never recorded on a volume leaves no trace there: its decisions reach the ring with its first
    unit. `largest_share` is the share of a volume, in percent, that a recording without one of its own may use.
    """

    def __init__(self, largest_share: int) -> None:
        self._largest_share = Share(percent=largest_share)
        self._shares: dict[str, Share] = {}
        self._retention_us: dict[int, int] = {}
        self._labels: dict[int, TrackLabel] = {}
        self._forgotten: dict[int, None] = {}
        self._ring: Ring | None = None
        self._writable = False
        self._applied: set[int] = set()
        self._limited: set[str] = set()

    def attach(self, ring: Ring, *, writable: bool) -> None:
        """Bring a ring that nobody reads yet in line with all that was decided."""
        self._ring, self._writable = ring, writable
        self._applied, self._limited = set(), set()
        held = ring.tracks()
        with ring.deciding():
            for track_id in self._forgotten.keys() & set(held):
                ring.forget(track_id)
            for track_id in held:
                self.apply(track_id)

    def detach(self) -> None:
        """The ring is no longer there."""
        self._ring = None

    def apply(self, track_id: int) -> None:
        """Tell the ring about a track, once; before its first unit is appended."""
        if self._ring is None or track_id in self._applied:
            return
        self._applied.add(track_id)
        if track_id in self._retention_us:
            self._ring.set_retention(track_id, self._retention_us[track_id])
        if track_id in self._labels:
            self._label(self._ring, track_id)

    def refuse_forgotten(self, track_id: int) -> None:
        """Raise NotFound where the track was deleted."""
        if track_id in self._forgotten:
            raise NotFound("track", str(track_id))

    def unknown(self, track_ids: Iterable[int]) -> list[int]:
        """Those of the tracks that nothing was ever decided about."""
        return [track_id for track_id in track_ids if not self._knows(track_id)]

    def set_retention(self, track_id: int, retention_us: int) -> None:
        """Keep only the newest `retention_us`; 0 is unlimited."""
        self._retention_us[track_id] = retention_us
        if self._ring is not None and track_id in self._applied:
            self._ring.set_retention(track_id, retention_us)

    def set_label(self, track_id: int, label: TrackLabel) -> None:
        """Keep on the volume what the track is called."""
        if self._labels.get(track_id) == label:
            return
        self._labels[track_id] = label
        if self._ring is not None and track_id in self._applied:
            self._label(self._ring, track_id)

    def set_share(self, recording: str, share: Share | None) -> None:
        """How much of a volume the recording may use; None: as much as any other."""
        if share is None:
            self._shares.pop(recording, None)
        else:
            self._shares[recording] = share
        if self._ring is not None and recording in self._limited:
            self._limit(self._ring, recording)

    def forget(self, track_id: int) -> None:
        """The track was deleted for ever, on this volume and on every other that comes."""
        self._forgotten[track_id] = None
        if len(self._forgotten) > MAX_DELETED:
            del self._forgotten[next(iter(self._forgotten))]
        self._retention_us.pop(track_id, None)
        self._labels.pop(track_id, None)
        if self._ring is not None and (track_id in self._applied or track_id in self._ring.tracks()):
            self._ring.forget(track_id)

    def _knows(self, track_id: int) -> bool:
        return track_id in self._retention_us or track_id in self._labels or track_id in self._forgotten

    def _label(self, ring: Ring, track_id: int) -> None:
        if not self._writable:
            return
        label = self._labels[track_id]
        ring.set_label(track_id, label)
        if label.recording not in self._limited:
            self._limited.add(label.recording)
            self._limit(ring, label.recording)

    def _limit(self, ring: Ring, recording: str) -> None:
        """The one place where a ring is told how much of its volume a recording may use."""
        if not self._writable:
            return
        total_bytes = ring.occupancy().total_bytes
        limit_bytes = self._shares.get(recording, self._largest_share).of(total_bytes)
        ring.set_quota(recording, 0 if limit_bytes == total_bytes else limit_bytes)
