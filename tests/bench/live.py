"""CPU time of the station for live clients over TCP, by megabit delivered."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, figure, load, show
from tests.harness.station import PASSWORD, USERNAME, StationProcess

CLIENTS = 10
WINDOWS, WINDOW_S = 5, 3.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        station = StationProcess(Path(folder) / "data").start()
        try:
            figures = _measure(station, Path(folder))
        finally:
            station.stop()
    show(f"Live, {CLIENTS} clients over TCP", figures)


def _measure(station: StationProcess, folder: Path) -> list[Figure]:
    assert station.process is not None
    pid = station.process.pid
    time.sleep(3)
    idle = [load(pid, WINDOW_S) for _ in range(WINDOWS)]
    uri = f"rtsp://{USERNAME}:{PASSWORD}@127.0.0.1:{station.rtsp_port}/live/Main"
    command = ["ffmpeg", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", uri, "-c", "copy", "-f", "h264"]
    clients = [subprocess.Popen([*command, str(folder / f"{number}.h264")]) for number in range(CLIENTS)]
    time.sleep(3)
    before, began = _size(folder), time.monotonic()
    busy = [load(pid, WINDOW_S) for _ in range(WINDOWS)]
    rate_mbps = (_size(folder) - before) * 8 / 1e6 / (time.monotonic() - began)
    for client in clients:
        client.terminate()
        client.wait()
    share = median(busy) - median(idle)
    return [
        Figure(name="delivered to all clients", value=rate_mbps, unit="Mbit/s"),
        figure("station without clients, CPU", [100 * one for one in idle], "% of a core"),
        figure("station with clients, CPU", [100 * one for one in busy], "% of a core"),
        Figure(name="clients' share", value=share * 100, unit="% of a core"),
        Figure(name="clients' share by delivered Mbit/s", value=share * 100 / rate_mbps, unit="% of a core"),
    ]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.h264"))
