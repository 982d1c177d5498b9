"""The log of a medium: every write with its bytes and every flush, in the order the block layer sent them."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_ENTRY = struct.Struct("<BBxxIqQ")
_WRITE, _FLUSH = 1, 2


@dataclass(frozen=True, slots=True)
class Entry:
    """A write (`size` > 0) or a flush. `at` is where its bytes lie in the log, None where only its place was kept."""

    mono_ns: int
    offset: int
    size: int
    at: int | None

    @property
    def is_flush(self) -> bool:
        return self.size == 0


class LogWriter:
    """Appends to a log. Without `keep_data` only places and times are kept."""

    def __init__(self, path: Path, *, keep_data: bool) -> None:
        self._file = path.open("wb", buffering=1 << 20)
        self._keep_data = keep_data

    def write(self, offset: int, data: memoryview) -> None:
        self._file.write(_ENTRY.pack(_WRITE, self._keep_data, len(data), time.monotonic_ns(), offset))
        if self._keep_data:
            self._file.write(data)

    def flush(self) -> None:
        self._file.write(_ENTRY.pack(_FLUSH, 0, 0, time.monotonic_ns(), 0))

    def save(self) -> None:
        """Return when everything so far can be read from the log by others."""
        self._file.flush()


class LogReader:
    """The entries of a log, and their bytes."""

    def __init__(self, path: Path) -> None:
        self.entries = list(_scan(path))
        self._file: BinaryIO = path.open("rb")

    def data(self, entry: Entry) -> bytes:
        assert entry.at is not None, "the log was written without data"
        self._file.seek(entry.at)
        return self._file.read(entry.size)

    def close(self) -> None:
        self._file.close()


def _scan(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        while len(head := file.read(_ENTRY.size)) == _ENTRY.size:
            _, kept, size, mono_ns, offset = _ENTRY.unpack(head)
            yield Entry(mono_ns, offset, size, file.tell() if kept else None)
            if kept:
                file.seek(size, 1)
