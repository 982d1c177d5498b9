"""The product as a process: started, asked, stopped, and killed the way an owner or a power cut does it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from argus.base.errors import Unavailable
from argus.station import control

T = TypeVar("T")

USERNAME = "admin"
PASSWORD = "correct-horse-7"
COMMAND = Path(sys.executable).with_name("argus-station")

MAIN_SIZE, SUB_SIZE = (640, 360), (320, 176)
_BOARD = """
[board]
id = "test"
manufacturer = "Argus"
model = "Argus Station Simulator"
hardware_id = "simulated"

[system]
actions = "simulated"

[[video_source]]
token = "VideoSource_1"
name = "Camera 1"
{source}
width = {width}
height = {height}
frame_rate = 25

[[video_source.stream]]
token = "Main"
name = "Main stream"
codec = "H264"
width = {width}
height = {height}
frame_rate = 25
bitrate = "{bitrate}"
key_frame_interval = "1 s"

[[video_source.stream]]
token = "Sub"
name = "Sub stream"
codec = "H264"
width = 320
height = 176
frame_rate = 25
bitrate = "256 kbit/s"
key_frame_interval = "1 s"

[storage]
volume = "{volume}"
size = "{storage}"
segment_size = "1 MiB"

# The cameras of tests are on this machine, too.
[receivers]
allow_loopback = true

[limits]
{limits}
"""


def write_board(
    folder: Path,
    *,
    source: str = 'source = "test"',
    size: tuple[int, int] = MAIN_SIZE,
    bitrate: str = "1 Mbit/s",
    storage: str = "32 MiB",
    volume: Path = Path("volume.ring"),
    limits: Mapping[str, int] = MappingProxyType({}),
) -> Path:
    """A board of small pictures and a small volume, quick to make and quick to fill."""
    file = folder / "board.toml"
    shape = {"width": size[0], "height": size[1], "bitrate": bitrate}
    most = "\n".join(f"{name} = {number}" for name, number in limits.items())
    file.write_text(_BOARD.format(source=source, storage=storage, volume=volume, limits=most, **shape))
    return file


def wait_for(what: str, probe: Callable[[], T], timeout_s: float = 20.0, pause_s: float = 0.1) -> T:
    """The first true answer of `probe`; an error that says `what` did not come true otherwise."""
    deadline = time.monotonic() + timeout_s
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s; last answer {answer!r}")
        time.sleep(pause_s)
    return answer


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `argus-station` with these arguments to its end."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30, env=_environment()
    )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("ARGUS_", "NOTIFY_"))}


class StationProcess:
    """One running station on loopback, without discovery, with a known administrator."""

    def __init__(
        self,
        data: Path,
        *,
        board: str | Path = "simulated",
        arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.data = data
        self.board = board
        self.arguments = arguments
        self.environment = {"ARGUS_ADMIN_PASSWORD": PASSWORD} if environment is None else environment
        # A command that runs the one behind it in the same process, such as nsenter.
        self.prefix = prefix
        self.http_port, self.rtsp_port = free_port(), free_port()
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def volume(self) -> Path:
        return self.data / "volume.ring"

    def launch(self) -> StationProcess:
        """Start and do not wait."""
        command = [COMMAND, "run", "--board", self.board, "--data", self.data, "--no-discovery"]
        command += ["--http", f"127.0.0.1:{self.http_port}", "--rtsp", f"127.0.0.1:{self.rtsp_port}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *map(str, command), *self.arguments],
                stdout=log,
                stderr=log,
                env={**_environment(), **self.environment},
            )
        return self

    def start(self, timeout_s: float = 30.0) -> StationProcess:
        """Start and wait until the station says that it serves, and has pictures."""
        self.launch()
        wait_for("the station serves", lambda: self._alive() and self._serves(), timeout_s)
        return self

    def _serves(self) -> bool:
        status = self.status()
        return bool(status and status["ready"] and all(source["frames"] > 1 for source in status["video_sources"]))

    def _alive(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the station ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}")
        return True

    def status(self) -> dict:
        """What `argus-station status --json` tells, without the start of a process; empty while nothing answers."""
        try:
            return dict(control.ask(self.data))
        except Unavailable:
            return {}

    def stop(self, timeout_s: float = 15.0) -> int:
        """Ask the station to stop, as the service manager does. Returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """End the process at once, with no chance to write anything."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
