"""The queue between the event loop, which must never wait, and the writer, which may wait for a card."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from argus.base.access_unit import AccessUnit
from argus.base.errors import Unavailable
from argus.store.ring.records import Mark

# A unit of a track, or None: the recorder of the track stopped.
Item = AccessUnit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the writer takes at once: marks first, then the items track by track. `up_to` counts all ever queued."""

    marks: Sequence[Mark]
    items: Mapping[int, Sequence[Item]]
    up_to: int


class Ingest:
    """Units and marks on their way to the writer, bounded in bytes and in number."""

    def __init__(self, max_bytes: int, max_items: int) -> None:
        self._max_bytes = max_bytes
        self._max_items = max_items
        self._lock = threading.Lock()
        self._items: dict[int, list[Item]] = {}
        self._held = 0
        # One of a kind by track and span, the newest: a writer that is stuck for long must not collect them.
        self._marks: dict[tuple[int, int, int], Mark] = {}
        self._bytes = 0
        self._queued = 0

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
            pending_bytes = self._bytes + len(unit.data)
            if pending_bytes > self._max_bytes or self._held >= self._max_items:
                raise Unavailable("storage", "the queue of the recorder is full: the medium is too slow or stuck")
            items = self._items.get(track_id)
            if items is None:
                items = self._items[track_id] = []
            items.append(unit)
            self._bytes = pending_bytes
            self._held += 1
            self._queued += 1
            return pending_bytes

    def put_end(self, track_id: int) -> None:
        """Queue the end of a span."""
        with self._lock:
            self._items.setdefault(track_id, []).append(None)
            self._held += 1
            self._queued += 1

    def put_mark(self, mark: Mark) -> None:
        with self._lock:
            self._marks[_key(mark)] = mark
            self._queued += 1

    def take(self) -> Work:
        """Everything queued."""
        with self._lock:
            work = Work(marks=tuple(self._marks.values()), items=self._items, up_to=self._queued)
            self._marks, self._items = {}, {}
            self._bytes = self._held = 0
            return work

    def give_back(self, marks: Sequence[Mark], items: Mapping[int, Sequence[Item]]) -> None:
        """Put what could not be written before what was queued since."""
        with self._lock:
            self._marks = {_key(mark): mark for mark in marks} | self._marks
            for track_id, given in items.items():
                self._items[track_id] = [*given, *self._items.get(track_id, ())]
                self._held += len(given)
                self._bytes += sum(len(unit.data) for unit in given if unit is not None)


def _key(mark: Mark) -> tuple[int, int, int]:
    return mark.kind, mark.track, mark.target
