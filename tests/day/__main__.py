"""`python -m tests.day HOURS SEED`: live that many hours and say what was wrong."""

from __future__ import annotations

import asyncio
import sys

from tests.day.run import Day, DayConfig, Figures

# Memory of the last third over the one before it: a day is no longer than the longest retention time.
GROWTH = 1.1
SLACK_BYTES = 512 << 10


def main(hours: float, seed: int) -> int:
    volume_bytes = max(4, round(64 * hours / 24)) << 20
    config = DayConfig(
        hours=hours, volume_bytes=volume_bytes, segment_bytes=max(64 << 10, volume_bytes // 128), seed=seed, trace=True
    )
    day = Day(config)
    asyncio.run(day.run(lambda line: print(line, flush=True)))
    wrong = [*day.mistakes, *growth(day.figures)]
    print("\n".join(wrong[:50]) or "nothing wrong")
    return min(len(wrong), 1)


def growth(figures: list[Figures]) -> list[str]:
    """What grew after the ring had gone round."""
    third = len(figures) // 3
    wrong = []
    for name in ("traced_bytes", "rss_bytes"):
        before, after = (max(getattr(one, name) for one in part) for part in (figures[third:-third], figures[-third:]))
        if after > before * GROWTH + SLACK_BYTES:
            wrong.append(f"{name} grew from {before} to {after}")
    return wrong


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    sys.exit(main(float(given.get(1, 24)), int(given.get(2, 1))))
