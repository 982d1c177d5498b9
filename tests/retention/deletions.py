"""What was told as deleted, and the judge of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from tests.harness.recorder import Notification, utc_us

GOP_US = 1_000_000
# A frame of the test picture.
FRAME_US = 40_000
# From one step of retention to the next, and from there to the flush that makes it durable.
STEP_US = 10_000_000
TICK_US = 1_000_000
# What a busy machine may add.
MARGIN_US = 1_500_000
_TOLD = re.compile(r"deleted of (\S+) (\S+): (\S+) to (\S+)")


@dataclass(frozen=True, slots=True)
class Deletion:
    """Footage of a track from `start_us` up to, not including, `end_us` is gone; told at `told_us`, where known."""

    track: str
    start_us: int
    end_us: int
    told_us: int = 0


def of_event(event: Notification) -> Deletion:
    times = utc_us(event.data["StartTime"]), utc_us(event.data["EndTime"])
    return Deletion(event.source["TrackToken"], *times, event.utc_us)


def of_log(log: Path, recording: str) -> list[Deletion]:
    """Every deletion the device ever told, whether or not anybody listened."""
    found = _TOLD.findall(log.read_text())
    return [
        Deletion(track, *(utc_us(time.replace("+00:00", "Z")) for time in times))
        for token, track, *times in found
        if token == recording
    ]


def untiled(deletions: Sequence[Deletion], first_us: int, *, repeats: bool = False) -> list[str]:
    """Where a track's deletions leave a hole, overlap, or do not begin with the first frame ever recorded.

    `repeats`: a deletion may be told a second time, word for word, as after a crash.
    """
    wrong = []
    for track in sorted({deletion.track for deletion in deletions}):
        told = [(deletion.start_us, deletion.end_us) for deletion in deletions if deletion.track == track]
        if repeats:
            told = list(dict.fromkeys(told))
        if told[0][0] != first_us:
            wrong.append(f"{track}: the first deletion begins {(told[0][0] - first_us) / 1e6} s behind the first frame")
        for (start_us, end_us), (next_us, _) in pairwise(told):
            if end_us != next_us:
                wrong.append(f"{track}: {(next_us - end_us) / 1e6} s between deletions, at {end_us}")
            if start_us >= end_us:
                wrong.append(f"{track}: an empty deletion at {start_us}")
    return wrong


def late(deletion: Deletion, retention_us: int, ready_us: int = 0) -> int:
    """By how much a deletion was told after its oldest frame had expired (or the device had become ready)."""
    return deletion.told_us - max(deletion.start_us + retention_us, ready_us)


def early(deletion: Deletion, retention_us: int, gaps: Sequence[tuple[int, int]] = ()) -> int:
    """How much footage was deleted that was younger than the retention time."""
    return footage_between(deletion.told_us - retention_us, deletion.end_us, gaps)


def footage_between(start_us: int, end_us: int, gaps: Sequence[tuple[int, int]]) -> int:
    """The time between two times that is not in a gap; negative where the second comes first."""
    inside = sum(max(0, min(end_us, gap_end_us) - max(start_us, gap_us)) for gap_us, gap_end_us in gaps)
    return end_us - start_us - inside


def at(moment_us: int) -> str:
    return datetime.fromtimestamp(moment_us / 1e6).isoformat(timespec="milliseconds")
