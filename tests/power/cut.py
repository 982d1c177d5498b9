"""Images of a medium whose power was cut: all up to the last flush, and what happened to survive of the rest."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.power.write_log import Entry, LogReader

SECTOR = 512
_TORN = 0.1


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """A moment: any, or (`busy`) one between two writes, where a cut is at its worst."""

    mono_ns: int
    busy: bool


def draw_cuts(log: LogReader, begin_ns: int, end_ns: int, count: int, rng: random.Random) -> list[Cut]:
    """Moments in order, half of each kind."""
    writes = [entry.mono_ns for entry in log.entries if begin_ns <= entry.mono_ns < end_ns and not entry.is_flush]
    busy = [Cut(rng.choice(writes), True) for _ in range(count // 2 if writes else 0)]
    return sorted([*busy, *(Cut(rng.randrange(begin_ns, end_ns), False) for _ in range(count - len(busy)))])


class Images:
    """The images of one log. `base` holds what was flushed, `image` is made anew for each cut."""

    def __init__(self, log: LogReader, folder: Path, size_bytes: int, rng: random.Random) -> None:
        self._log = log
        self._rng = rng
        self._base, self.image = folder / "base", folder / "image"
        with self._base.open("wb") as file:
            file.truncate(size_bytes)

    def at(self, cuts: Sequence[Cut]) -> Iterator[tuple[Cut, int]]:
        """For each moment, `image` is what the medium then held; yields it with the number of writes in doubt."""
        entries = self._log.entries
        flushed = position = 0
        for cut in cuts:
            before = flushed
            while position < len(entries) and entries[position].mono_ns <= cut.mono_ns:
                position += 1
                if entries[position - 1].is_flush:
                    flushed = position
            self._apply(self._base, ((entry, [(0, entry.size)]) for entry in entries[before:flushed]))
            in_doubt = [entry for entry in entries[flushed:position] if not entry.is_flush]
            copy_sparse(self._base, self.image)
            self._apply(self.image, ((entry, self._survivors(entry)) for entry in in_doubt))
            yield cut, len(in_doubt)

    def _survivors(self, entry: Entry) -> list[tuple[int, int]]:
        """The parts of a write, from and to, that reached the medium."""
        if self._rng.random() < 0.5:
            return []
        if self._rng.random() >= _TORN:
            return [(0, entry.size)]
        if self._rng.random() < 0.5:
            return [(0, SECTOR * self._rng.randrange(max(1, entry.size // SECTOR)))]
        return [(at, at + SECTOR) for at in range(0, entry.size, SECTOR) if self._rng.random() < 0.5]

    def _apply(self, path: Path, writes: Iterator[tuple[Entry, list[tuple[int, int]]]]) -> None:
        descriptor = os.open(path, os.O_RDWR)
        try:
            for entry, parts in writes:
                data = self._log.data(entry) if parts and entry.size else b""
                for begin, end in parts if data else ():
                    os.pwrite(descriptor, data[begin:end], entry.offset + begin)
        finally:
            os.close(descriptor)


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a file without its holes."""
    target.unlink(missing_ok=True)
    with source.open("rb") as read, target.open("wb") as written:
        size = os.fstat(read.fileno()).st_size
        at = 0
        while at < size:
            try:
                at = os.lseek(read.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(read.fileno(), at, os.SEEK_HOLE)
            read.seek(at)
            written.seek(at)
            shutil.copyfileobj(_Part(read, end - at), written, 1 << 20)
            at = end
        written.truncate(size)


class _Part:
    """The next so many bytes of an open file."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data
