"""Operations per second over HTTP, small and with a thousand recordings of three tracks and a thousand jobs."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Literal

from lxml import etree
from tests.bench.figures import Figure, cpu_s, memory_mb, show
from tests.bench.soap import username_token
from tests.conformance import recording as rc
from tests.harness.digest import DigestAuth
from tests.harness.soap import NAMESPACES, envelope, text
from tests.harness.station import PASSWORD, USERNAME, StationProcess, wait_for, write_board

RECORDINGS = 1_000
ACTIVE = 8
ROUNDS, READS, WRITES, LARGE = 3, 200, 40, 8
PATH = "/onvif/device_service"
Login = Literal["token", "digest"]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[str]
    body: bytes

    def element(self) -> etree._Element:
        return etree.fromstring(self.body).find("s:Body", NAMESPACES)[0]


class Client:
    """One kept-alive connection that logs in with every request."""

    def __init__(self, port: int, login: Login = "token") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._digest = DigestAuth(USERNAME, PASSWORD, "MD5") if login == "digest" else None
        if self._digest is not None:
            challenge = self._exchange(envelope("<trc:GetRecordings/>"), "")
            assert challenge.status == 401, challenge
            self._digest.accept(challenge.headers)

    def call(self, body: str) -> Answer:
        if self._digest is None:
            answer = self._exchange(envelope(body, username_token()), "")
        else:
            answer = self._exchange(envelope(body), self._digest.authorization("POST", PATH) or "")
        assert answer.status == 200, answer.body
        return answer

    def _exchange(self, body: bytes, authorization: str) -> Answer:
        proof = f"Authorization: {authorization}\r\n" if authorization else ""
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n{proof}Content-Type: application/soap+xml; charset=utf-8\r\n"
        )
        self._socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status, length, challenges = int(self._file.readline().split()[1]), 0, []
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
            elif name.lower() == "www-authenticate":
                challenges.append(value.strip())
        return Answer(status, challenges, self._file.read(length))

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@dataclass(frozen=True)
class Timing:
    """Milliseconds of each call, CPU milliseconds of the station for one, and bytes of one answer."""

    ms: list[float]
    cpu_ms: float
    size: int

    def figures(self, name: str) -> list[Figure]:
        beside = f"{1_000 / median(self.ms):.0f}/s, worst {max(self.ms):.1f} ms, CPU {self.cpu_ms:.2f} ms"
        return [Figure(name=name, value=median(self.ms), unit="ms", beside=f"{beside}, {self.size} bytes")]


def timed(station: StationProcess, client: Client, times: int, request: Callable[[], str]) -> Timing:
    assert station.process is not None
    client.call(request())
    found, cpu, size = [], cpu_s(station.process.pid), 0
    for _ in range(times):
        began = time.perf_counter()
        size = len(client.call(request()).body)
        found.append((time.perf_counter() - began) * 1e3)
    return Timing(found, (cpu_s(station.process.pid) - cpu) / times * 1e3, size)


def create_recording(client: Client, name: str) -> str:
    body = f"<trc:CreateRecording>{rc.Recording(name=name).xml()}</trc:CreateRecording>"
    return text(client.call(body).element(), "trc:RecordingToken")


def create_job(client: Client, recording: str, mode: str) -> str:
    body = rc.create_job(rc.Job(recording=recording, mode=mode, sources=(rc.Source(token="Sub"),)))
    return text(client.call(body).element(), "trc:JobToken")


def reads(recording: str, job: str) -> dict[str, str]:
    return {
        "GetRecordings": "<trc:GetRecordings/>",
        "GetRecordingJobs": "<trc:GetRecordingJobs/>",
        "GetRecordingConfiguration": rc.request("trc:GetRecordingConfiguration", RecordingToken=recording),
        "GetRecordingJobState": rc.request("trc:GetRecordingJobState", JobToken=job),
        "GetRecordingOptions": rc.request("trc:GetRecordingOptions", RecordingToken=recording),
        "GetRecordingSummary": "<tse:GetRecordingSummary/>",
    }


def writes(recording: str, job: str) -> dict[str, Callable[[], str]]:
    """Each changes something every time."""
    number = count()

    def set_recording() -> str:
        return rc.RecordingControl.set_configuration(recording, rc.Recording(content=f"{next(number)}"))

    def set_mode() -> str:
        return rc.request("trc:SetRecordingJobMode", JobToken=job, Mode=("Active", "Idle")[next(number) % 2])

    def set_job() -> str:
        wanted = rc.Job(recording=recording, priority=next(number), sources=(rc.Source(token="Sub"),))
        return rc.set_job(job, wanted)

    return {
        "SetRecordingConfiguration": set_recording,
        "SetRecordingJobMode": set_mode,
        "SetRecordingJobConfiguration": set_job,
    }


def measure_all(
    station: StationProcess, client: Client, recording: str, job: str, times: tuple[int, int]
) -> list[Figure]:
    figures = []
    for name, body in reads(recording, job).items():
        figures += timed(station, client, times[0], lambda body=body: body).figures(name)  # type: ignore[misc]
    for name, request in writes(recording, job).items():
        figures += timed(station, client, times[1], request).figures(name)
    began = time.perf_counter()
    created = [create_job(client, recording, "Idle") for _ in range(times[1])]
    created_s = time.perf_counter() - began
    began = time.perf_counter()
    for token in created:
        client.call(rc.request("trc:DeleteRecordingJob", JobToken=token))
    deleted_s = time.perf_counter() - began
    figures += [
        Figure(name="CreateRecordingJob", value=created_s / times[1] * 1e3, unit="ms"),
        Figure(name="DeleteRecordingJob", value=deleted_s / times[1] * 1e3, unit="ms"),
    ]
    return figures


def fill(client: Client) -> tuple[list[str], list[str], list[float]]:
    """Recordings and jobs up to a thousand of each; seconds for each hundred of both."""
    recordings, jobs, seconds = [], [], []
    for hundred in range(RECORDINGS // 100):
        began = time.perf_counter()
        for number in range(100):
            recordings.append(create_recording(client, f"Camera {hundred * 100 + number}"))
            jobs.append(create_job(client, recordings[-1], "Active" if len(jobs) < ACTIVE else "Idle"))
        seconds.append(time.perf_counter() - began)
    return recordings, jobs, seconds


def start_up(station: StationProcess) -> tuple[float, float]:
    """Seconds from the start of the process until it answers, and of CPU."""
    station.stop(60)
    began = time.monotonic()
    station.launch()
    assert station.process is not None
    wait_for("it serves", lambda: _answers(station), 120, 0.02)
    return time.monotonic() - began, cpu_s(station.process.pid)


def _answers(station: StationProcess) -> bool:
    try:
        client = Client(station.http_port)
        client.call("<tds:GetHostname/>")
    except (OSError, IndexError):
        return False
    client.close()
    return True


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        station = StationProcess(
            Path(folder) / "data",
            board=write_board(Path(folder), limits={"recordings": RECORDINGS + 100, "jobs": RECORDINGS + 100}),
        ).start()
        try:
            _small(station)
            _large(station)
        finally:
            station.stop(60)


def _small(station: StationProcess) -> None:
    assert station.process is not None
    client = Client(station.http_port)
    recording = create_recording(client, "One")
    job = create_job(client, recording, "Idle")
    figures = measure_all(station, client, recording, job, (READS, WRITES))
    show("One recording and one job, UsernameToken, one connection", figures)
    digest = Client(station.http_port, "digest")
    show("The same with HTTP Digest", measure_all(station, digest, recording, job, (READS, WRITES)))
    # The first connection was idle too long to be open still.
    digest.call(rc.request("trc:DeleteRecording", RecordingToken=recording))
    client.close()
    digest.close()
    show("Start with nothing recorded", starts(station))


def starts(station: StationProcess) -> list[Figure]:
    assert station.process is not None
    found = [start_up(station) for _ in range(ROUNDS)]
    return [
        Figure(name="start until it answers", value=median(wall for wall, _ in found), unit="s"),
        Figure(name="CPU until then", value=median(cpu for _, cpu in found), unit="s"),
        Figure(name="resident memory after a start", value=memory_mb(station.process.pid), unit="MB"),
    ]


def _large(station: StationProcess) -> None:
    assert station.process is not None
    client = Client(station.http_port)
    before_mb = memory_mb(station.process.pid)
    recordings, jobs, seconds = fill(client)
    after_mb = memory_mb(station.process.pid)
    figures = [
        Figure(name="CreateRecording + CreateRecordingJob, first hundred", value=seconds[0] * 10, unit="ms each"),
        Figure(name="CreateRecording + CreateRecordingJob, last hundred", value=seconds[-1] * 10, unit="ms each"),
        Figure(name="resident memory", value=after_mb, unit="MB", beside=f"{before_mb:.1f} MB before"),
    ]
    figures += measure_all(station, client, recordings[-1], jobs[-1], (LARGE, LARGE))
    client.close()
    figures += starts(station)
    sizes = {file.name: file.stat().st_size for file in station.data.iterdir() if "catalog" in file.name}
    show(f"{RECORDINGS} recordings of 3 tracks, {RECORDINGS} jobs, {ACTIVE} of them active", figures)
    print(json.dumps(sizes))


if __name__ == "__main__":
    main()
