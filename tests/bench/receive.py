"""Receiving from 16 cameras: RTSP client, depacketizers and ring in one process, beside GStreamer's rtspsrc.

gst-rtsp-server sends one coded clip to all clients over TCP. Both sides receive it in turns, so that whatever else the
machine does meets both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, cpu_s, figure, memory_mb, show
from tests.bench.receive_camera import FPS
from tests.harness.station import free_port

STREAMS = 16
ROUNDS, SETTLE_S, WINDOW_S = 3, 4.0, 10.0
# Of noise the encoder makes a little less than it is told: about 4 Mbit/s come out.
_BITRATE_BPS = 4_200_000
_GOAL = 5.0


@dataclass
class Turn:
    """What one window of one side showed."""

    cpu_percent: float
    memory_mb: float
    units_share: float
    lost: int
    stored_mbps: float


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        _process("receive_camera", str(port := free_port()), str(_BITRATE_BPS)) as camera,
    ):
        assert camera.stdout is not None
        rate_mbps = float(camera.stdout.readline()) / 1e6 * STREAMS
        uri = f"rtsp://127.0.0.1:{port}/stream"
        ours, theirs = [], []
        for number in range(ROUNDS):
            place = Path(folder) / str(number)
            place.mkdir()
            theirs.append(_turn("receive_gstreamer", uri, str(STREAMS)))
            ours.append(_turn("receive_room", uri, str(STREAMS), str(place)))
    show(f"Receiving {STREAMS} streams over TCP, {rate_mbps:.1f} Mbit/s", _figures(ours, theirs, rate_mbps))


def _figures(ours: list[Turn], theirs: list[Turn], rate_mbps: float) -> list[Figure]:
    our_cpu, their_cpu = [turn.cpu_percent for turn in ours], [turn.cpu_percent for turn in theirs]
    ratio = median(our_cpu) / median(their_cpu)
    return [
        figure("receive, depacketize and store, CPU", our_cpu, "% of a core", f"goal {_GOAL:.0f}"),
        figure("rtspsrc, depayloader, parser, CPU", their_cpu, "% of a core"),
        Figure(name="ours by theirs", value=ratio, unit=""),
        Figure(name="ours by received Mbit/s", value=median(our_cpu) / rate_mbps, unit="% of a core"),
        figure("resident memory, ours", [turn.memory_mb for turn in ours], "MB"),
        figure("resident memory, rtspsrc", [turn.memory_mb for turn in theirs], "MB"),
        figure("pictures received of those sent, ours", [turn.units_share for turn in ours], "%"),
        figure("pictures received of those sent, rtspsrc", [turn.units_share for turn in theirs], "%"),
        Figure(name="packets lost or discarded, ours", value=sum(turn.lost for turn in ours), unit=""),
        figure("given to the ring", [turn.stored_mbps for turn in ours], "Mbit/s"),
    ]


def _turn(module: str, *arguments: str) -> Turn:
    """Start one side, let it settle, and measure it for a window."""
    with _process(module, *arguments) as side:
        time.sleep(SETTLE_S)
        before, began, cpu = _ask(side), time.monotonic(), cpu_s(side.pid)
        time.sleep(WINDOW_S)
        after, took_s = _ask(side), time.monotonic() - began
        share = (cpu_s(side.pid) - cpu) / took_s
        units, lost, stored = (b - a for a, b in zip(before, after, strict=True))
        return Turn(
            100 * share, memory_mb(side.pid), 100 * units / (STREAMS * FPS * took_s), lost, stored * 8 / 1e6 / took_s
        )


def _ask(side: subprocess.Popen[str]) -> list[int]:
    """Access units so far, packets lost and bytes stored; the last two of ours only."""
    assert side.stdin is not None
    assert side.stdout is not None
    side.stdin.write("\n")
    side.stdin.flush()
    told = [int(word) for word in side.stdout.readline().split()]
    assert told, f"{side.args} ended"
    return [*told, 0, 0][:3]


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


if __name__ == "__main__":
    main()
