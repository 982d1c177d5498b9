"""`python -m tests.crash [STATES [FIRST LIFE]]` judges crash states; `python -m tests.crash mutants` the judge."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.crash.mutants import MUTANTS, judge_mutant
from tests.crash.run import Tally, judge_in_processes


def main() -> int:
    if sys.argv[1:2] == ["mutants"]:
        return _mutants(sys.argv[2:])
    states = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    first_life = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    began = time.monotonic()
    tally = judge_in_processes(states, os.cpu_count() or 1, first_life=first_life, progress=_progress)
    print(f"\r{tally}, {time.monotonic() - began:.0f} s")
    for kind, count in tally.wrong.most_common():
        print(f"  {count:6d}  {kind}")
    for example in tally.examples:
        print(f"  {example}")
    return 1 if tally.violations else 0


def _progress(tally: Tally) -> None:
    if sys.stderr.isatty():
        print(f"\r{tally}", end="", file=sys.stderr, flush=True)


def _mutants(names: Sequence[str]) -> int:
    """Plant each mistake and see how soon it is noticed: by something that the genuine ring is not blamed for."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        genuine = pool.submit(judge_mutant, "")
        found = {name: pool.submit(judge_mutant, name) for name in names or MUTANTS}
        missed = genuine.result().violations
        print(f"{'nothing planted':<44} {genuine.result()}", *genuine.result().examples, sep="\n  ", flush=True)
        for name, judged in found.items():
            tally = judged.result()
            missed += not tally.violations
            what = tally.examples[0] if tally.violations else "NOT NOTICED"
            print(f"{name:<44} {tally.states:6d} states  {what[:130]}", flush=True)
    print(f"{missed} not noticed" if missed else "all noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
