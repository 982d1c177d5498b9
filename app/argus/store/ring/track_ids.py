"""Numbers of tracks: never used before on this device, and never again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable

# Deleted tracks that are remembered. The ids of older ones are as good as never drawn again, but what a card still
# holds of them would be found as a track that nobody knows.
MAX_DELETED = 16_384


class TrackIds:
    """Draws track ids at random from 31 bits, so that those of two stations do not meet on one card."""

    def __init__(self, deleted: Iterable[int], draw: Callable[[], int] = lambda: secrets.randbits(31)) -> None:
        """`deleted` are ids of deleted tracks, oldest first."""
        self._deleted = dict.fromkeys(deleted)
        self._draw = draw

    def deleted(self) -> tuple[int, ...]:
        """Deleted tracks, oldest first."""
        return tuple(self._deleted)

    def is_deleted(self, track_id: int) -> bool:
        return track_id in self._deleted

    def delete(self, track_id: int) -> None:
        """Remember that the track was deleted."""
        self._deleted[track_id] = None
        while len(self._deleted) > MAX_DELETED:
            del self._deleted[next(iter(self._deleted))]

    def new(self, taken: Collection[int]) -> int:
        """An id that is neither among `taken` nor was deleted. Never 0."""
        while True:
            track_id = self._draw()
            if track_id > 0 and track_id not in taken and track_id not in self._deleted:
                return track_id
