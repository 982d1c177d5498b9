"""CPU time of the station for live clients over TCP, by megabit delivered."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure, cpu_s, show
from tests.harness.station import PASSWORD, USERNAME, StationProcess

CLIENTS = 10
SECONDS = 10


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        station = StationProcess(Path(folder) / "data").start()
        try:
            figures = _measure(station, Path(folder))
        finally:
            station.stop()
    show(f"Live, {CLIENTS} clients over TCP for {SECONDS} s", figures)


def _measure(station: StationProcess, folder: Path) -> list[Figure]:
    assert station.process is not None
    pid = station.process.pid
    time.sleep(3)
    idle = _load(pid, SECONDS)
    uri = f"rtsp://{USERNAME}:{PASSWORD}@127.0.0.1:{station.rtsp_port}/live/Main"
    command = ["ffmpeg", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", uri, "-c", "copy", "-f", "h264"]
    clients = [subprocess.Popen([*command, str(folder / f"{number}.h264")]) for number in range(CLIENTS)]
    time.sleep(3)
    before = _size(folder)
    busy = _load(pid, SECONDS)
    megabits = (_size(folder) - before) * 8 / 1e6
    for client in clients:
        client.terminate()
        client.wait()
    return [
        Figure(name="delivered to all clients", value=megabits / SECONDS, unit="Mbit/s"),
        Figure(name="station without clients, CPU", value=idle * 100, unit="% of a core"),
        Figure(name="clients' share, CPU", value=(busy - idle) * 100, unit="% of a core"),
        Figure(name="clients' share by delivered Mbit/s", value=(busy - idle) * 100 / (megabits / SECONDS), unit="%"),
    ]


def _load(pid: int, seconds: float) -> float:
    """Share of a core that a process uses."""
    began, cpu = time.monotonic(), cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - cpu) / (time.monotonic() - began)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.h264"))
