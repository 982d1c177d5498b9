"""Run the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import importlib
import sys

NAMES = ("footprint", "soap", "live", "replay", "store")

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        importlib.import_module(f"tests.bench.{name}").main()
