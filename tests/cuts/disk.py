"""What reaches a folder on disk, in order, and what a power cut may leave of it.

The model is a file system that keeps names in order of change (any of the last may be lost until the folder is
synchronized) and promises nothing about data that was not synchronized: any of its sectors may be there or not.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

SECTORS = (512, 4096)


@dataclass(frozen=True, slots=True)
class Write:
    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    file: int


@dataclass(frozen=True, slots=True)
class Link:
    """A name for a file, a new one or, after a rename, the one that had the name `instead_of`."""

    name: str
    file: int
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Unlink:
    name: str


@dataclass(frozen=True, slots=True)
class SyncFolder:
    pass


@dataclass(frozen=True, slots=True)
class Mark:
    """Not written: operation `number` begins (`answered` false) or was answered."""

    number: int
    answered: bool


Change = Write | Truncate
Naming = Link | Unlink
Entry = Write | Truncate | Sync | Link | Unlink | SyncFolder | Mark

State = dict[str, bytes]


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    whole: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)


class Disk:
    """A folder while its log is played; asked at any entry for what a cut there may leave."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._names: dict[str, int] = {}
        self._pending_names: list[Naming] = []

    def play(self, entry: Entry) -> None:
        match entry:
            case Write() | Truncate():
                file = self._files.setdefault(entry.file, _File())
                _apply(file.whole, entry)
                file.pending.append(entry)
            case Sync():
                file = self._files.setdefault(entry.file, _File())
                file.durable[:] = file.whole
                file.pending.clear()
            case Link():
                self._files.setdefault(entry.file, _File())
                self._pending_names.append(entry)
            case Unlink():
                self._pending_names.append(entry)
            case SyncFolder():
                self._names = self._renamed(len(self._pending_names))
                self._pending_names.clear()
            case Mark():
                pass

    def killed(self) -> State:
        """The process ended, the machine did not: everything is there."""
        return {name: bytes(self._files[file].whole) for name, file in self._all_names().items()}

    def lost(self) -> State:
        """Nothing is there that was not synchronized."""
        return {name: bytes(self._files[file].durable) for name, file in self._names.items()}

    def names_only(self) -> State:
        """Names went to the disk before the data: what a rename without a sync of the file risks."""
        return {name: bytes(self._files[file].durable) for name, file in self._all_names().items()}

    def data_only(self) -> State:
        """The data went to the disk before the names."""
        return {name: bytes(self._files[file].whole) for name, file in self._names.items()}

    def torn(self, sector: int, rng: random.Random) -> State:
        """All but the last write, of which only the first sectors are there."""
        return self._partly(lambda changes: _cut_last(changes, sector, rng), len(self._pending_names))

    def scattered(self, sector: int, rng: random.Random) -> State:
        """Any sectors of what was not synchronized, and any number of the pending names."""
        share = rng.choice((0.1, 0.5, 0.9))
        named = rng.randint(0, len(self._pending_names))
        return self._partly(lambda changes: _some_of(changes, sector, share, rng), named)

    @property
    def in_doubt(self) -> bool:
        return bool(self._pending_names) or any(file.pending for file in self._files.values())

    def _partly(self, choose: object, named: int) -> State:
        assert callable(choose)
        left: State = {}
        for name, number in self._renamed(named).items():
            file = self._files[number]
            content = bytearray(file.durable)
            for change in choose(file.pending):
                _apply(content, change)
            left[name] = bytes(content)
        return left

    def _all_names(self) -> dict[str, int]:
        return self._renamed(len(self._pending_names))

    def _renamed(self, count: int) -> dict[str, int]:
        names = dict(self._names)
        for naming in self._pending_names[:count]:
            if isinstance(naming, Unlink):
                names.pop(naming.name, None)
            else:
                names.pop(naming.instead_of, None)
                names[naming.name] = naming.file
        return names


def _apply(content: bytearray, change: Change) -> None:
    if isinstance(change, Truncate):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def _sectors(write: Write, sector: int) -> Iterable[Write]:
    """The write in pieces that end where sectors of the file end."""
    at, end = write.offset, write.offset + len(write.data)
    while at < end:
        until = min(end, (at // sector + 1) * sector)
        yield Write(write.file, at, write.data[at - write.offset : until - write.offset])
        at = until


def _cut_last(changes: list[Change], sector: int, rng: random.Random) -> list[Change]:
    if not changes or isinstance(changes[-1], Truncate):
        return changes
    pieces = list(_sectors(changes[-1], sector))
    return [*changes[:-1], *pieces[: rng.randint(0, len(pieces) - 1)]]


def _some_of(changes: list[Change], sector: int, share: float, rng: random.Random) -> list[Change]:
    kept: list[Change] = []
    for change in changes:
        if isinstance(change, Write):
            kept += [piece for piece in _sectors(change, sector) if rng.random() < share]
        elif rng.random() < share:
            kept.append(change)
        else:
            # A file does not get new blocks before it is told that it lost the old ones.
            break
    return kept
