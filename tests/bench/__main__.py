"""Run the benchmarks named on the command line, or all of them; `--seconds` is how long those in real time record."""

from __future__ import annotations

import argparse
import importlib

NAMES = ("footprint", "soap", "operations", "live", "receive", "replay", "store", "store_blocks")
IN_REAL_TIME = ("store_blocks",)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=[])
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    for name in given.names or NAMES:
        benchmark = importlib.import_module(f"tests.bench.{name}")
        if name in IN_REAL_TIME:
            benchmark.main(given.seconds)
        else:
            benchmark.main()
