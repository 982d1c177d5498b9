"""The queue between the event loop, which must never wait, and the writer, which may wait for a card."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from argus.base.access_unit import AccessUnit
from argus.base.errors import Unavailable
from argus.store.records import Mark

# A unit of a track, or None: the recorder of the track stopped.
Item = tuple[int, AccessUnit | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the writer takes at once: marks first, then the items in order. `up_to` counts all that was ever queued."""

    marks: Sequence[Mark]
    items: Sequence[Item]
    up_to: int


class Ingest:
    """Units and marks on their way to the writer, bounded in bytes and in number."""

    def __init__(self, max_bytes: int, max_items: int) -> None:
        self._max_bytes = max_bytes
        self._max_items = max_items
        self._lock = threading.Lock()
        self._items: deque[Item] = deque()
        # One of a kind by track, the newest: a writer that is stuck for long must not collect them.
        self._marks: dict[tuple[int, int], Mark] = {}
        self._bytes = 0
        self._queued = 0

    @property
    def pending_bytes(self) -> int:
        return self._bytes

    @property
    def queued(self) -> int:
        """How many items and marks were ever queued."""
        return self._queued

    def put(self, track_id: int, unit: AccessUnit) -> int:
        """Queue a unit; the bytes now pending.

        Raises:
            Unavailable: the queue is full.
        """
        with self._lock:
            size = len(unit.data)
            if self._bytes + size > self._max_bytes or len(self._items) >= self._max_items:
                raise Unavailable("storage", "the queue of the recorder is full: the medium is too slow or stuck")
            self._items.append((track_id, unit))
            self._bytes += size
            self._queued += 1
            return self._bytes

    def put_end(self, track_id: int) -> None:
        """Queue the end of a span."""
        with self._lock:
            self._items.append((track_id, None))
            self._queued += 1

    def put_mark(self, mark: Mark) -> None:
        with self._lock:
            self._marks[mark.kind, mark.track] = mark
            self._queued += 1

    def take(self) -> Work:
        """Everything queued."""
        with self._lock:
            work = Work(marks=tuple(self._marks.values()), items=tuple(self._items), up_to=self._queued)
            self._marks.clear()
            self._items.clear()
            self._bytes = 0
            return work

    def give_back(self, marks: Sequence[Mark], items: Sequence[Item]) -> None:
        """Put what could not be written before what was queued since."""
        with self._lock:
            self._marks = {(mark.kind, mark.track): mark for mark in marks} | self._marks
            self._items.extendleft(reversed(items))
            self._bytes += sum(len(unit.data) for _, unit in items if unit is not None)
