"""Cameras by other software, each a process or two on loopback: plugged in, frozen, pulled out, plugged in again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.station import free_port
from tests.scenario.models import PASSWORD, USERNAME, Login, Model, Software

READY_TIMEOUT_S = 20.0


@dataclass
class Camera:
    """One camera; its address stays the same however often it is plugged in. `folder` takes what it logs."""

    model: Model
    folder: Path
    port: int = field(default_factory=free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def uri(self, scheme: str = "rtsp") -> str:
        login = f"{USERNAME}:{PASSWORD}@" if self.model.login is not Login.NONE else ""
        return f"{scheme}://{login}127.0.0.1:{self.port}/stream"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.model.name}.log"

    def plug_in(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it and do not wait."""
        assert not self._processes, f"{self.model.name} is plugged in already"
        with self.log.open("ab") as log:
            if self.model.software is Software.VLC:
                self._start_vlc(log)
            else:
                arguments = (
                    str(self.port),
                    str(self.model.number),
                    self.model.video,
                    self.model.audio,
                    self.model.login,
                )
                self._start(
                    [sys.executable, "-m", "tests.scenario.serve_gstreamer", *arguments], stdout=log, stderr=log
                )

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._answers():
            ended = [process.poll() for process in self._processes]
            assert ended == [None] * len(ended), f"{self.model.name} ended:\n{self.log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"{self.model.name} does not answer"
            time.sleep(0.05)

    def unplug(self) -> None:
        """End it at once: its connections break."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()

    def freeze(self) -> None:
        """Let it say nothing any more while its connections stay, as behind a cable that was pulled out."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def connections(self) -> int:
        """How many RTSP connections it has; of gst-rtsp-server only."""
        told = [line for line in self.log.read_text().splitlines() if line.startswith("clients ")]
        return int(told[-1].split()[1]) if told else 0

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            process.send_signal(number)

    def _start(self, command: list[str], **options: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2], **options)  # type: ignore[call-overload]
        self._processes.append(process)
        return process

    def _start_vlc(self, log: object) -> None:
        """VLC streams on what it reads from a pipe. It refuses to run as root, hence as nobody there."""
        feed = [sys.executable, "-m", "tests.scenario.feed", str(self.model.number), self.model.video, self.model.audio]
        source = self._start(feed, stdout=subprocess.PIPE, stderr=log)
        sout = f"#rtp{{sdp=rtsp://127.0.0.1:{self.port}/stream}}"
        # Sessions end soon without a word from the client, so that its keep-alive counts.
        command = ["cvlc", "--quiet", "--rtsp-timeout", "20", "--file-caching", "1000", "-"]
        command += ["--sout", sout, "--sout-keep"]
        if self.model.login is not Login.NONE:
            command += ["--sout-rtsp-user", USERNAME, "--sout-rtsp-pwd", PASSWORD]
        nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        environment = {**os.environ, "HOME": "/nonexistent"}
        self._start(command, stdin=source.stdout, stdout=log, stderr=log, env=environment, **nobody)
        assert source.stdout is not None
        source.stdout.close()

    def _answers(self) -> bool:
        """Whether it describes its stream, or wants to know who asks. VLC listens before it knows what to describe."""
        basic = b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        login = f"Authorization: Basic {basic}\r\n" if self.model.login is Login.BASIC else ""
        head = f"DESCRIBE {self.uri()} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n{login}\r\n"
        expected = b"RTSP/1.0 401" if self.model.login is Login.DIGEST else b"RTSP/1.0 200"
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as asking:
                asking.sendall(head.encode())
                return asking.recv(12) == expected
        except OSError:
            return False
