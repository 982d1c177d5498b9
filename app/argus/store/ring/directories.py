"""Directories of segments at hand: the open ones always, those at the edge of retention, and those used last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection

from argus.store.ring.index import Index
from argus.store.ring.segment import Directory, read_directory
from argus.store.ring.volume import Volume

# At 16 MiB segments a directory takes some tens of kilobytes.
KEPT = 48
_EMPTY = Directory()


class Directories:
    """Reads directories where needed and keeps some. Used by the writer and by every reader's thread."""

    def __init__(self, volume: Volume, index: Index) -> None:
        self._volume = volume
        self._index = index
        self._lock = threading.Lock()
        self._pinned: dict[int, Directory] = {}
        self._held: dict[int, Directory] = {}
        self._kept: OrderedDict[int, Directory] = OrderedDict()

    def put(self, seq: int, directory: Directory, *, pinned: bool) -> None:
        """Keep a directory that is in memory anyway; a pinned one until it is put again unpinned."""
        with self._lock:
            if pinned:
                self._pinned[seq] = directory
            else:
                self._pinned.pop(seq, None)
                self._keep(seq, directory)

    def hold(self, seqs: Collection[int]) -> None:
        """Have the directories of these sealed segments at hand until the next call. May block."""
        found = {seq: self.get(seq) for seq in seqs}
        with self._lock:
            self._held = {seq: directory for seq, directory in found.items() if directory is not _EMPTY}

    def cached(self, seq: int) -> Directory | None:
        """The directory, if that takes no reading."""
        with self._lock:
            found = self._pinned.get(seq) or self._held.get(seq) or self._kept.get(seq)
            if found is not None and seq in self._kept:
                self._kept.move_to_end(seq)
            return found

    def get(self, seq: int) -> Directory:
        """The directory; empty where the segment was given up meanwhile, or cannot be read. May block."""
        found = self.cached(seq)
        if found is not None:
            return found
        segment = self._index.segment(seq)
        if segment is None:
            return _EMPTY
        try:
            directory = read_directory(self._volume, segment.slot, seq, segment.used_bytes)
        except OSError:
            return _EMPTY
        if self._index.slot_of(seq) != segment.slot:
            return _EMPTY
        with self._lock:
            self._keep(seq, directory)
        return directory

    def _keep(self, seq: int, directory: Directory) -> None:
        self._kept[seq] = directory
        self._kept.move_to_end(seq)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
