"""A history and every cut through it."""

from __future__ import annotations

import logging
import multiprocessing
import random
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cuts.damage import PAGE_BYTES, first_doubt, restoring, spoil
from tests.cuts.disk import SECTORS, Disk, Entry, Mark, State
from tests.cuts.history import History, record
from tests.cuts.judge import Judge, Tally
from tests.cuts.operations import SEQUENCE, Operation
from tests.cuts.site import SIDES


@dataclass(frozen=True)
class Plan:
    """How densely to cut: at every `every`th entry of the log, `scattered` disks for each size of a sector."""

    copy_every: int = 1
    every: int = 1
    scattered: int = 2
    damaged_every: int = 40
    seed: int = 0


def history_of(plan: Plan, operations: Sequence[Operation] = SEQUENCE) -> History:
    with tempfile.TemporaryDirectory(prefix="cuts", dir=memory()) as folder:
        return record(Path(folder) / "site", operations, copy_every=plan.copy_every)


def judge_all(plan: Plan, history: History, processes: int = 1) -> Tally:
    """Judge the cuts at all entries, shared among processes."""
    tally = Tally()
    if processes == 1:
        return judge_share(plan, history, 0, 1)
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for share in [pool.submit(judge_share, plan, history, number, processes) for number in range(processes)]:
            tally.add(share.result())
    return tally


def judge_share(plan: Plan, history: History, share: int, shares: int) -> Tally:
    """Judge one part of the cuts: stretches of the log, so that equal disks meet in the same part."""
    first, last = (len(history.entries) * number // shares for number in (share, share + 1))
    with _silence(), tempfile.TemporaryDirectory(prefix="cuts", dir=memory()) as folder:
        judge, disk, progress = Judge(Path(folder), history), Disk(), Progress()
        for number, entry in enumerate(history.entries):
            disk.play(entry)
            progress.follow(entry, plan.copy_every)
            if not first <= number < last:
                continue
            where = f"entry {number}, {history.names[progress.begun]}"
            rng = random.Random(f"{plan.seed} {number}")
            if number % plan.every == 0:
                _judge_cuts(judge, disk, plan, progress, where, rng)
            if number % plan.damaged_every == 0:
                _judge_damage(judge, Path(folder) / "restoring", disk.killed(), plan, progress, where, rng)
    return judge.tally


@contextmanager
def _silence() -> Iterator[None]:
    """What the product says of disks that are damaged is not for people here."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@dataclass
class Progress:
    """How far the operations are at a place in the log: the last one answered, begun, and copied for certain."""

    answered: int = -1
    begun: int = 0
    copied: int = -1

    def follow(self, entry: Entry, copy_every: int) -> None:
        if not isinstance(entry, Mark):
            return
        if entry.answered:
            self.answered = entry.number
            return
        self.begun = entry.number
        if self.answered >= 0 and self.answered % copy_every == 0:
            self.copied = self.answered


def _judge_cuts(judge: Judge, disk: Disk, plan: Plan, progress: Progress, where: str, rng: random.Random) -> None:
    for kind, left in _cuts(disk, plan.scattered, rng):
        copies = judge.judge(left, progress.answered, progress.begun, f"{where}, {kind}")
        for name, copy in copies.items():
            if copy is None and progress.copied >= 0:
                judge.tally.blame(f"{name}: the copy is gone", f"{where}, {kind}")
            elif copy is not None and not judge.copy_is_of(name, copy, progress.copied, progress.begun):
                judge.tally.blame(f"{name}: the copy is too old or mixed", f"{where}, {kind}")


def _judge_damage(
    judge: Judge, folder: Path, whole: State, plan: Plan, progress: Progress, where: str, rng: random.Random
) -> None:
    """Spoil each database of a disk, see it restored, and cut the power while it is."""
    for name in SIDES:
        if len(whole.get(name, b"")) < PAGE_BYTES:
            continue
        spoilt = {**whole, name: spoil(whole[name], rng)}
        judge.judge_damaged(name, spoilt, progress.copied, progress.begun, f"{where}, spoilt")
        disk = Disk()
        entries = restoring(folder, name, spoilt)
        begins = first_doubt(entries)
        for number, entry in enumerate(entries):
            disk.play(entry)
            if number > begins and number % plan.every == 0:
                for kind, left in _cuts(disk, 1, rng):
                    cut = f"{where}, restored up to {number}, {kind}"
                    judge.judge_damaged(name, left, progress.copied, progress.begun, cut)


def _cuts(disk: Disk, scattered: int, rng: random.Random) -> Iterator[tuple[str, State]]:
    yield "killed", disk.killed()
    if not disk.in_doubt:
        return
    yield "nothing that was not synchronized", disk.lost()
    yield "names before data", disk.names_only()
    yield "data before names", disk.data_only()
    for sector in SECTORS:
        yield f"last write torn at {sector}", disk.torn(sector, rng)
        for _ in range(scattered):
            yield f"sectors of {sector} scattered", disk.scattered(sector, rng)


def memory() -> str | None:
    """Where files need no disk: thousands of databases are written here and forgotten."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
