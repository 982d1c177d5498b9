"""Crash states by number: lives are drawn one after the other until enough states were judged."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.crash.oracle import Case, Verdict
from tests.crash.workload import Workload
from tests.unit.store.memory_device import after_power_cut, newest_batch

TICKS = 50
# The share of states with damaged snapshots besides.
ROTTEN = 0.05


@dataclass(slots=True)
class Tally:
    """What became of the states judged so far; `wrong` counts states by kind of violation."""

    states: int = 0
    lives: int = 0
    violations: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, verdict: Verdict) -> None:
        self.states += 1
        if verdict.wrong:
            self.violations += 1
            self.wrong.update(verdict.wrong.keys())
            if len(self.examples) < 10:
                self.examples.append(f"{name}: {verdict.example}")


def judge_life(seed: int, share: float = 1.0) -> Iterator[tuple[str, Verdict]]:
    """Verdicts on crash states of one life: every prefix of its log with every fate, or a random share of them.

    A life that does not even come to its end is one state.
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
    for number, (length, fate, image) in enumerate(after_power_cut(life.start, life.log, rng, variants=2)):
        if rng.random() < share:
            known, upcoming = life.ledger.at(length)
            logging.disable(logging.CRITICAL)
            try:
                case = Case(life.ledger, known, upcoming, image)
                if rng.random() < ROTTEN:
                    told = life.ledger.told_before(newest_batch(life.log, length))
                    case, fate = case.rot(told, rng), f"{fate}, snapshot damaged"
                verdict = case.judge(random.Random(number))
            finally:
                logging.disable(logging.NOTSET)
            yield f"life {seed}, {length} of {len(life.log)} calls, {fate}", verdict


def judge(
    states: int,
    *,
    share: float = 1.0,
    first_life: int = 0,
    stop_at: int | None = None,
    progress: Callable[[Tally], None] | None = None,
) -> Tally:
    """Judge that many states, or until `stop_at` of them were wrong."""
    tally = Tally()
    while tally.states < states:
        for name, verdict in judge_life(first_life + tally.lives, share):
            tally.add(name, verdict)
            if tally.states >= states or (stop_at is not None and tally.violations >= stop_at):
                return tally
        tally.lives += 1
        if progress is not None:
            progress(tally)
    return tally
