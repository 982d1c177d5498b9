"""Whether a disk that a cut left holds what was there before the operation or after it, and nothing else."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.cuts.disk import State
from tests.cuts.history import History
from tests.cuts.site import BOARD, CATALOG, DEVICE, SIDES, Held, dangling_references, rows_of

MAX_EXAMPLES = 6


@dataclass
class Tally:
    """What was judged: `cuts` are disks, `opened` the databases on them that differed and were opened."""

    cuts: int = 0
    opened: int = 0
    before: int = 0
    after: int = 0
    restored: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def blame(self, what: str, where: str) -> None:
        self.wrong[what] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{where}: {what}")

    def add(self, other: Tally) -> None:
        for name in ("cuts", "opened", "before", "after", "restored"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        self.examples = (self.examples + other.examples)[:MAX_EXAMPLES]

    def __str__(self) -> str:
        return (
            f"{self.cuts} disks judged, {self.opened} different databases opened: {self.before} as before,"
            f" {self.after} as after, {self.restored} from the copy, {self.wrong.total()} wrong"
        )


@dataclass(frozen=True)
class Opened:
    """What the product made of one side of a disk."""

    held: Held = ()
    problems: tuple[str, ...] = ()
    copy: Held | None = None


class Judge:
    """Opens disks with the product's code, each different one once."""

    def __init__(self, folder: Path, history: History) -> None:
        self.tally = Tally()
        self._folder = folder
        self._history = history
        self._known: dict[tuple[str, bytes], Opened] = {}

    def judge(self, disk: State, answered: int, begun: int, where: str) -> dict[str, Held | None]:
        """Operations up to `answered` were answered, those up to `begun` begun. Returns what the copies hold."""
        self.tally.cuts += 1
        opened = {name: self._open(name, disk) for name in SIDES}
        for name, side in opened.items():
            for problem in side.problems:
                self.tally.blame(f"{name}: {problem}", where)
        if not any(side.problems for side in opened.values()):
            self._compare({name: side.held for name, side in opened.items()}, answered, begun, where)
        return {name: side.copy for name, side in opened.items()}

    def judge_damaged(self, name: str, disk: State, copied: int, begun: int, where: str) -> None:
        """One database of the disk is damaged, on purpose: its copy, where there is one, must come to help."""
        self.tally.cuts += 1
        side = self._open(name, disk, may_restore=True)
        if side.problems:
            if f"{name}.copy" in disk:
                self.tally.blame(f"{name}, damaged: {side.problems[0]}", where)
        elif not self.copy_is_of(name, side.held[:2], copied, begun):
            self.tally.blame(f"{name}, damaged: a state that is older than the copy, or never was", where)
        else:
            self.tally.restored += 1

    def copy_is_of(self, name: str, copy: Held, since: int, until: int) -> bool:
        """Whether the copy holds what one of these operations led to."""
        states = self._history.held[max(0, since) : until + 1]
        return any(copy == state[name][:2] for state in states) or until <= 0

    def _compare(self, held: dict[str, Held], answered: int, begun: int, where: str) -> None:
        history = self._history.held
        if begun == 0:
            self.tally.before += 1  # the first start makes identities of its own each time
        elif held == history[begun]:
            self.tally.after += 1
        elif answered < begun and held == history[answered]:
            self.tally.before += 1
        elif any(held == state for state in history[:answered]):
            self.tally.blame("what was answered is gone", where)
        else:
            self.tally.blame("a state that never was", where)

    def _open(self, name: str, disk: State, *, may_restore: bool = False) -> Opened:
        files = files_of(name, disk)
        digest = hashlib.blake2b()
        for file, content in sorted(files.items()):
            digest.update(f"{file} {len(content)} ".encode() + content)
        key = name, digest.digest()
        if key not in self._known:
            self.tally.opened += 1
            self._known[key] = self._open_anew(name, files, may_restore=may_restore)
        return self._known[key]

    def _open_anew(self, name: str, files: State, *, may_restore: bool) -> Opened:
        folder = self._folder / "disk"
        lay_out(folder, files)
        problems: list[str] = []
        copy: Held | None = None
        if f"{name}.copy" in files:
            try:
                copy = rows_of(folder / f"{name}.copy")
            except sqlite3.Error as error:
                problems.append(f"the copy cannot be read: {error}")
        try:
            side = SIDES[name](folder)
        except Exception as error:
            return Opened(problems=(*problems, f"cannot be opened: {error!r:.150}"))
        held = side.held()
        side.close()
        if name == CATALOG and dangling_references(folder / name):
            problems.append("rows refer to rows that are not there")
        if not may_restore and (folder / f"{name}.damaged").exists():
            problems.append("taken for damaged")
        return Opened(held, tuple(problems), copy)


def files_of(name: str, disk: State) -> State:
    """What one side of a station reads."""
    board = (BOARD,) if name == DEVICE else ()
    return {file: content for file, content in disk.items() if file.startswith((name, *board))}


def lay_out(folder: Path, disk: State) -> None:
    """Make the folder hold these files and no other."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in disk.items():
        (folder / name).write_bytes(content)
