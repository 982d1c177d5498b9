"""`python -m tests.crash [STATES [FIRST LIFE]]` judges crash states; `python -m tests.crash mutants` the judge."""

from __future__ import annotations

import os
import sys
import time

from tests.crash.mutants import MUTANTS
from tests.crash.run import Tally, judge, judge_in_processes

MUTANT_STATES = 6_000


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


def _mutants(names: list[str]) -> int:
    """Plant each mistake and see how soon it is noticed."""
    missed = 0
    for name, plant in MUTANTS.items():
        if names and name not in names:
            continue
        began = time.process_time()
        with plant():
            tally = judge(MUTANT_STATES, share=0.15, stop_at=1)
        noticed = tally.violations > 0
        missed += not noticed
        what = tally.examples[0] if noticed else "NOT NOTICED"
        print(f"{name:<44} {tally.states:6d} states {time.process_time() - began:5.1f} s  {what[:110]}", flush=True)
    print(f"{len(names or MUTANTS) - missed} noticed, {missed} not")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
