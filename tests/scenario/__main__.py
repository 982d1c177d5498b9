"""`python -m tests.scenario MINUTES`: record eight cameras and hold it against the table; a minute is the least."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.scenario import ten_minutes
from tests.scenario.play import play
from tests.scenario.stage import staged


def main(minutes: float) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="scenario-") as folder,
        staged(Path(folder), ten_minutes.JOBS, ten_minutes.ALWAYS_CONNECTED) as stage,
    ):
        mistakes, figures = play(stage, ten_minutes.table(minutes), ten_minutes.FAILING)
    print("\n".join(figures))
    print("\n".join(mistakes) or "everything is as the table says")
    return min(len(mistakes), 1)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
