"""What was asked for each track and recording, and the lanes and quotas that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from argus.store.ring.index import Index
from argus.store.ring.label import TrackLabel
from argus.store.ring.lanes import TrackPolicy, assign
from argus.store.ring.reclaim import Reclaim
from argus.store.ring.writer import Writer


class Policies:
    """Belongs to the event loop's thread; hands the writer its lanes and quotas anew with every change."""

    def __init__(self, index: Index, writer: Writer, reclaim: Reclaim) -> None:
        self._index = index
        self._writer = writer
        self._reclaim = reclaim
        # By managed track.
        self._decided: dict[int, TrackPolicy] = {}
        self._limits: dict[str, int] = {}
        self._held = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Hand on once what is decided in here: that costs as much as there are tracks."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self._hand_on()

    def manage(self, track_id: int) -> None:
        """The station records this track, whose retention or label may be another now."""
        policy = self._policy(track_id)
        if self._decided.get(track_id) != policy:
            self._decided[track_id] = policy
            self._hand_on()

    def drop(self, track_id: int) -> None:
        """It does not any more."""
        if self._decided.pop(track_id, None) is not None:
            self._hand_on()

    def set_label(self, track_id: int, label: TrackLabel) -> bool:
        """Keep what a track is called, which the station records; whether that is new."""
        track = self._index.track(track_id)
        is_new = track.label != label
        track.label = label
        self.manage(track_id)
        return is_new

    def set_quota(self, recording: str, limit_bytes: int) -> bool:
        """Keep a recording below a number of bytes; 0 is unlimited. Whether that is new."""
        if self._limits.get(recording, 0) == limit_bytes:
            return False
        self._limits[recording] = limit_bytes
        self._hand_on()
        return True

    def labels(self) -> dict[int, TrackLabel]:
        """The labels of all tracks that have one."""
        return {track.track_id: track.label for track in self._index.known() if track.label is not None}

    def usage(self) -> dict[str, int]:
        """Bytes by recording; a track that is not called anything counts under its number."""
        found: dict[str, int] = {}
        for track in self._index.known():
            name = self._recording(track.track_id)
            found[name] = found.get(name, 0) + track.size_bytes
        return found

    def _recording(self, track_id: int) -> str:
        track = self._index.tracks.get(track_id)
        return track.label.recording if track is not None and track.label is not None else str(track_id)

    def _hand_on(self) -> None:
        if self._held:
            return
        self._decided = {track_id: self._policy(track_id) for track_id in self._decided}
        self._writer.lanes = assign(self._decided)
        self._reclaim.set_quotas(self._limits, self._decided)

    def _policy(self, track_id: int) -> TrackPolicy:
        recording = self._recording(track_id)
        track = self._index.tracks.get(track_id)
        retention_us = track.retention_us if track is not None else 0
        return TrackPolicy(recording if self._limits.get(recording) else None, retention_us)
