"""`python -m tests.power [CUTS [SECONDS]]`: cut the power of a ring on ext4 and on a raw device, print what is lost."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.power.judge import Verdict
from tests.power.rig import Rig, missing
from tests.power.trial import Design, Trial, record_all

from argus.store.ring.ring import RingConfig

CONFIG = RingConfig(size_bytes=32 << 20, segment_bytes=1 << 20)
DEVICE_BYTES = 48 << 20
LOSS_GOAL_S = 1.1


def main() -> int:
    cuts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 90
    reason = missing()
    if reason:
        print(f"not possible here: {reason}")
        return 0
    # What the ring says of torn snapshots is counted below.
    logging.getLogger("argus").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="power") as folder, ExitStack() as stack:
        trials = [
            Trial(design, stack.enter_context(Rig(Path(folder) / design.name, DEVICE_BYTES)), CONFIG).prepare()
            for design in Design
        ]
        return asyncio.run(_run(trials, cuts, seconds))


async def _run(trials: list[Trial], cuts: int, seconds: float) -> int:
    print(f"4 x 2 Mbit/s for {seconds:.0f} s in a ring of {CONFIG.size_bytes >> 20} MiB, {cuts} cuts each", flush=True)
    await record_all(trials, seconds)
    for trial in trials:
        trial.finish()
    bad = False
    for trial in trials:
        began = time.monotonic()
        verdicts = [verdict async for verdict in trial.cut(cuts, random.Random(3))]
        bad |= _report(trial, verdicts, time.monotonic() - began)
    return 1 if bad else 0


def _report(trial: Trial, verdicts: list[Verdict], seconds: float) -> bool:
    """Print the figures of a design; whether anything is wrong."""
    losses = sorted(verdict.loss_s for verdict in verdicts if not verdict.cut.busy)
    p50, p95 = losses[len(losses) // 2], losses[len(losses) * 95 // 100]
    worst = max(verdict.loss_s for verdict in verdicts)
    damaged = sum(bool(verdict.damage) for verdict in verdicts)
    broken = sum(bool(verdict.broken) for verdict in verdicts)
    torn = sum(bool(verdict.torn) for verdict in verdicts)
    in_doubt = sum(verdict.in_doubt > 0 for verdict in verdicts)
    print(f"{trial.design}: {len(verdicts)} cuts, {in_doubt} of them with writes in doubt, {seconds:.0f} s")
    print(f"  loss p50 {p50:.2f} s, p95 {p95:.2f} s at any time, max of all {worst:.2f} s (goal {LOSS_GOAL_S})")
    print(f"  frames read back {sum(verdict.frames for verdict in verdicts)}, deletions {len(trial.ledger.deletions)}")
    print(
        f"  damaged {damaged}/{len(verdicts)}, promises broken {broken}/{len(verdicts)}, torn snapshots {torn}",
        flush=True,
    )
    for kind in ("damage", "broken"):
        found = Counter(text for verdict in verdicts for text in getattr(verdict, kind))
        for text, count in found.most_common(6):
            print(f"    {kind}: {count} x {text}")
    return bool(damaged or broken or worst > LOSS_GOAL_S)


if __name__ == "__main__":
    sys.exit(main())
