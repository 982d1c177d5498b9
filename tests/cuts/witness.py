"""Logs what reaches one folder: SQLite's files write by write, every other file as it is when it is synchronized."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.cuts.disk import Entry, Link, Mark, Sync, SyncFolder, Truncate, Unlink, Write
from tests.cuts.sqlite_hook import observed

# Made anew from the log by whoever opens the database first.
_NOT_KEPT = "-shm"


class Witness:
    """The log of one folder; an `Observer` of SQLite."""

    def __init__(self, folder: Path) -> None:
        self.entries: list[Entry] = []
        self._folder = str(folder)
        self._names: dict[str, int] = {}
        self._seen: dict[int, bytes] = {}
        self._by_sqlite: set[int] = set()
        self._next = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Log what is done in here."""
        with ExitStack() as stack:
            for name, tell in (
                ("fsync", self._fsync),
                ("fdatasync", self._fsync),
                ("replace", self._replace),
                ("rename", self._replace),
                ("unlink", self._unlink),
            ):
                stack.enter_context(patch.object(os, name, self._told(getattr(os, name), tell)))
            stack.enter_context(observed(self))
            yield
        self._look()

    def present(self) -> None:
        """Take what the folder holds for old and durable."""
        self._look()
        self.entries += [*map(Sync, self._names.values()), SyncFolder()]

    def begin(self, number: int) -> None:
        self._look()
        self.entries.append(Mark(number, answered=False))

    def answered(self, number: int) -> None:
        self._look()
        self.entries.append(Mark(number, answered=True))

    def opened(self, path: str) -> None:
        if self._is_ours(path):
            self._by_sqlite.add(self._file(path))

    def wrote(self, path: str, offset: int, data: bytes) -> None:
        if self._is_ours(path):
            self.entries.append(Write(self._file(path), offset, data))

    def truncated(self, path: str, size: int) -> None:
        if self._is_ours(path):
            self.entries.append(Truncate(self._file(path), size))

    def synced(self, path: str, *, with_folder: bool) -> None:
        if self._is_ours(path):
            self.entries.append(Sync(self._file(path)))
            if with_folder:
                self.entries.append(SyncFolder())

    def deleted(self, path: str, *, with_folder: bool) -> None:
        if self._is_ours(path):
            self._drop(path)
            if with_folder:
                self.entries.append(SyncFolder())

    @staticmethod
    def _told(genuine: Callable[..., None], tell: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object, **options: object) -> None:
            if options:
                genuine(*arguments, **options)
                return
            tell(genuine, *arguments)

        return call

    def _fsync(self, genuine: Callable[..., None], descriptor: int) -> None:
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        genuine(descriptor)
        if path == self._folder:
            self._look()
            self.entries.append(SyncFolder())
        elif self._is_ours(path):
            self._look()
            self.entries.append(Sync(self._file(path)))

    def _replace(self, genuine: Callable[..., None], old: str | Path, new: str | Path) -> None:
        before, after = Path(old).name, Path(new).name
        self._look()
        genuine(old, new)
        if self._is_ours(str(old)):
            file = self._names[after] = self._file(str(old))
            del self._names[before]
            self.entries.append(Link(after, file, instead_of=before))

    def _unlink(self, genuine: Callable[..., None], path: str | Path) -> None:
        genuine(path)
        if self._is_ours(str(path)):
            self._drop(str(path))

    def _look(self) -> None:
        """Log what was written past SQLite since the last look."""
        for entry in sorted(os.scandir(self._folder), key=lambda entry: entry.name):
            if not entry.is_file() or not self._is_ours(entry.path):
                continue
            file = self._file(entry.path)
            if file in self._by_sqlite:
                continue
            content = Path(entry.path).read_bytes()
            if content != self._seen.get(file, b""):
                self.entries += [Truncate(file, 0), Write(file, 0, content)]
                self._seen[file] = content

    def _is_ours(self, path: str) -> bool:
        return str(Path(path).parent) == self._folder and not path.endswith(_NOT_KEPT)

    def _file(self, path: str) -> int:
        name = Path(path).name
        if name not in self._names:
            self._next += 1
            self._names[name] = self._next
            self.entries.append(Link(name, self._next))
        return self._names[name]

    def _drop(self, path: str) -> None:
        name = Path(path).name
        if self._names.pop(name, None) is not None:
            self.entries.append(Unlink(name))
