"""What a benchmark prints, and how a process is measured from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number, beside its goal or its peer where one is known."""

    name: str
    value: float
    unit: str
    beside: str = ""


def figure(name: str, values: Sequence[float], unit: str, beside: str = "", *, most_is_best: bool = False) -> Figure:
    """The median of several runs, beside the best of them: what else the machine does never makes a run better."""
    best = f"best {max(values) if most_is_best else min(values):.3f}"
    return Figure(name=name, value=median(values), unit=unit, beside=", ".join(filter(None, (best, beside))))


def show(title: str, figures: list[Figure]) -> None:
    print(f"\n{title}")
    for figure in figures:
        beside = f"   ({figure.beside})" if figure.beside else ""
        print(f"  {figure.name:<52} {figure.value:>10.3f} {figure.unit}{beside}")


def cpu_s(pid: int) -> float:
    """User and system time of a process with all its threads, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def load(pid: int, seconds: float) -> float:
    """Share of a core that a process uses."""
    began, cpu = time.monotonic(), cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - cpu) / (time.monotonic() - began)


def memory_mb(pid: int, kind: str = "VmRSS") -> float:
    """Memory of a process in MB: `VmRSS` is all that is resident, `RssAnon` and `RssFile` its parts."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
