"""`python -m tests.cuts [SEEDS]`: cut at every write of every operation, and see planted mistakes noticed."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import Counter

from tests.cuts.judge import Tally
from tests.cuts.mutants import MUTANTS
from tests.cuts.operations import SEQUENCE, create_recording, set_hostname
from tests.cuts.run import Plan, history_of, judge_all
from tests.cuts.sqlite_hook import missing


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    reason = missing()
    if reason:
        print(f"not possible here: {reason}")
        return 0
    logging.disable(logging.CRITICAL)
    plans = [Plan(copy_every=copy_every, seed=seed) for seed in range(seeds) for copy_every in (1, 4)]
    wrong = sum(_run(plan) for plan in plans)
    return 1 if wrong + _mutants() else 0


def _run(plan: Plan) -> int:
    history, began = history_of(plan), time.monotonic()
    kinds = len({operation.name for operation in SEQUENCE})
    print(f"{len(SEQUENCE)} operations of {kinds} kinds, copies after every {plan.copy_every}. ", end="", flush=True)
    found = Counter(type(entry).__name__ for entry in history.entries)
    print(", ".join(f"{kind} {count}" for kind, count in found.most_common()))
    tally = judge_all(plan, history, os.cpu_count() or 1)
    print(f"  {tally}, {time.monotonic() - began:.0f} s", flush=True)
    _explain(tally)
    return tally.wrong.total()


def _explain(tally: Tally) -> None:
    for what, count in tally.wrong.most_common():
        print(f"    {count} x {what}")
    for example in tally.examples:
        print(f"    {example}")


def _mutants() -> int:
    """How many mistakes were not noticed."""
    plan, missed = Plan(every=3, damaged_every=10**9), 0
    for name, mutant in MUTANTS.items():
        with mutant():
            history = history_of(plan, [*SEQUENCE[:12], set_hostname, create_recording])
        tally = judge_all(plan, history, os.cpu_count() or 1)
        missed += not tally.wrong
        print(f"{name:<40} {tally.wrong.most_common(1) if tally.wrong else 'NOT NOTICED'}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
