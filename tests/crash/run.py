"""Crash states by number: lives are drawn one after the other until enough states were judged."""

from __future__ import annotations

import logging
import multiprocessing
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.crash.oracle import Case, Verdict
from tests.crash.workload import Workload
from tests.unit.store.memory_device import after_power_cut, newest_batch

TICKS = 50
# The share of states with damaged snapshots besides.
ROTTEN = 0.05
# How many states are shared out among processes at a time.
ROUND = 20_000
EXAMPLES = 10


@dataclass(slots=True)
class Tally:
    """What became of the states so far; `wrong` counts states by kind of violation.

    Of the `states` only the `distinct` ones were judged: others were the same as one of them, in what was on the
    medium and in what was promised by then. `second_cuts` are states after recovery from another one, counted apart.
    """

    states: int = 0
    distinct: int = 0
    lives: int = 0
    second_cuts: int = 0
    violations: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, verdict: Verdict | None) -> None:
        self.states += 1
        if verdict is None:
            return
        self.distinct += 1
        self.second_cuts += verdict.second_cuts
        if verdict.wrong:
            self.violations += 1
            self.wrong.update(verdict.wrong.keys())
            if len(self.examples) < EXAMPLES:
                self.examples.append(f"{name}: {verdict.example}")

    def merge(self, other: Tally) -> None:
        """Add what another process counted."""
        self.states += other.states
        self.distinct += other.distinct
        self.lives += other.lives
        self.second_cuts += other.second_cuts
        self.violations += other.violations
        self.wrong.update(other.wrong)
        self.examples = (self.examples + other.examples)[:EXAMPLES]

    def __str__(self) -> str:
        return (
            f"{self.states} crash states of {self.lives} lives, {self.distinct} of them distinct, "
            f"and {self.second_cuts} second cuts: {self.violations} violations"
        )


def judge_life(seed: int, share: float = 1.0) -> Iterator[tuple[str, Verdict | None]]:
    """Verdicts on crash states of one life: every prefix of its log with every fate, or a random share of them.

    None stands for that of the same state before, as where all that was lost was written since. A life that does not
    even come to its end is one state.
    """
    logging.disable(logging.CRITICAL)
    try:
        life = Workload(seed, TICKS).run()
    except Exception as error:
        verdict = Verdict()
        verdict.blame("unusable", f"while recording: {type(error).__name__}: {error}")
        yield f"life {seed}", verdict
        return
    finally:
        logging.disable(logging.NOTSET)
    rng = random.Random(seed)
    seen: set[int] = set()
    for number, (length, fate, image) in enumerate(after_power_cut(life.start, life.log, rng, variants=2)):
        if rng.random() >= share:
            continue
        name = f"life {seed}, {length} of {len(life.log)} calls, {fate}"
        known, upcoming = life.ledger.at(length)
        case = Case(life.ledger, known, upcoming, image)
        if rng.random() < ROTTEN:
            told = life.ledger.told_before(newest_batch(life.log, length))
            case, name = case.rot(told, rng), f"{name}, snapshot damaged"
        state = case.fingerprint()
        if state in seen:
            yield name, None
            continue
        seen.add(state)
        logging.disable(logging.CRITICAL)
        try:
            verdict = case.judge(random.Random(number))
        finally:
            logging.disable(logging.NOTSET)
        yield name, verdict


def judge(states: int, *, share: float = 1.0, first_life: int = 0, step: int = 1, stop_at: int | None = None) -> Tally:
    """Judge that many states of every `step`th life, or until `stop_at` of them were wrong."""
    tally = Tally()
    while tally.states < states:
        seed = first_life + tally.lives * step
        tally.lives += 1
        for name, verdict in judge_life(seed, share):
            tally.add(name, verdict)
            if tally.states >= states or (stop_at is not None and tally.violations >= stop_at):
                return tally
    return tally


def judge_in_processes(
    states: int, processes: int, *, first_life: int = 0, progress: Callable[[Tally], None] | None = None
) -> Tally:
    """Judge that many states, the lives dealt out to processes: the same states whenever there are as many."""
    tally = Tally()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        while tally.states < states:
            wanted = -(-min(ROUND, states - tally.states) // processes)
            tasks = [
                pool.submit(judge, wanted, first_life=first_life + number, step=processes)
                for number in range(processes)
            ]
            parts = [task.result() for task in tasks]
            for part in parts:
                tally.merge(part)
            first_life += processes * max(part.lives for part in parts)
            if progress is not None:
                progress(tally)
    return tally
