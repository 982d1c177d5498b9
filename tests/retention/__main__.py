"""`python -m tests.retention MINUTES`: watch a recording that keeps 30 s for as long, killing the device in between."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from tests.harness.recorder import now_us
from tests.harness.station import StationProcess, write_board
from tests.retention.watch import RETENTION_US, watching

# From one kill to the next, on average.
KILL_EVERY_S = 60


def main(minutes: float) -> int:
    rng = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="retention-") as folder:
        station = StationProcess(
            Path(folder) / "data", board=write_board(Path(folder)), arguments=("--log-level", "debug")
        )
        station.start()
        try:
            with watching(station) as watch:
                age_s = 0.0
                while (age_s := age_s + rng.uniform(0.5, 1.5) * KILL_EVERY_S) < minutes * 60 - RETENTION_US / 1e6:
                    watch.wait_until(age_s)
                    watch.kill()
                    print(f"{age_s:.0f} s: killed, {len(watch.eyes.looks)} looks so far", flush=True)
                watch.wait_until(minutes * 60)
                until_us = now_us()
                watch.end()
                wrong = watch.mistakes() + watch.punctual(until_us)
                print(watch.figures(until_us))
        finally:
            station.stop()
    print("\n".join(wrong[:50]) or "nothing wrong")
    return min(len(wrong), 1)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5))
