"""CPU time of the station for one SOAP request, over one kept-alive connection.

Peers on such a machine, same measure: the fastest scripted server 0.16 ms (GetSystemDateAndTime) and 0.33 ms
(GetProfiles with a UsernameToken); a C++ server on gSOAP 0.06 ms without checking credentials.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.figures import cpu_s, figure, load, show
from tests.harness.station import PASSWORD, USERNAME, StationProcess, write_board

ROUNDS, REQUESTS = 5, 600
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"


def envelope(body: str, header: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>{header}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def username_token() -> str:
    """A fresh token: each may be used once."""
    nonce, created = os.urandom(16), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + PASSWORD.encode()).digest()).decode()
    return (
        f'<Security xmlns="{_WSSE}"><UsernameToken><Username>{USERNAME}</Username>'
        f'<Password Type="{_DIGEST}">{digest}</Password><Nonce>{base64.b64encode(nonce).decode()}</Nonce>'
        f'<Created xmlns="{_WSU}">{created}</Created></UsernameToken></Security>'
    )


def get_system_date_and_time() -> bytes:
    return envelope('<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>')


def get_profiles() -> bytes:
    return envelope('<GetProfiles xmlns="http://www.onvif.org/ver10/media/wsdl"/>', username_token())


class Connection:
    """One kept-alive HTTP connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self._socket.makefile("rb")

    def post(self, body: bytes) -> int:
        """Send one request, read its answer to the end, return the status."""
        head = (
            "POST /onvif/device_service HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/soap+xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self._file.read(length)
        return status

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def measure(station: StationProcess, request: Callable[[], bytes]) -> tuple[list[float], list[float]]:
    """CPU ms of the station a request, and requests a second, of each round; the cameras' share is subtracted."""
    assert station.process is not None
    pid = station.process.pid
    connection = Connection(station.http_port)
    cpu_ms, rates = [], []
    for number in range(ROUNDS + 1):
        background = load(pid, 1.0)
        began, cpu = time.monotonic(), cpu_s(pid)
        for _ in range(REQUESTS):
            assert connection.post(request()) == 200
        elapsed, used = time.monotonic() - began, cpu_s(pid) - cpu
        if number:  # the first round warms up
            cpu_ms.append((used - background * elapsed) / REQUESTS * 1_000)
            rates.append(REQUESTS / elapsed)
    connection.close()
    return cpu_ms, rates


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Small pictures, so that little has to be subtracted.
        station = StationProcess(Path(folder) / "data", board=write_board(Path(folder))).start()
        try:
            time_ms, time_rate = measure(station, get_system_date_and_time)
            profiles_ms, profiles_rate = measure(station, get_profiles)
        finally:
            station.stop()
    show(
        f"SOAP over one connection, {ROUNDS} rounds of {REQUESTS} requests",
        [
            figure("GetSystemDateAndTime, CPU", time_ms, "ms", "fastest scripted peer 0.16, gSOAP in C++ 0.06"),
            figure("GetSystemDateAndTime, rate", time_rate, "/s", most_is_best=True),
            figure("GetProfiles with UsernameToken, CPU", profiles_ms, "ms", "fastest scripted peer 0.33"),
            figure("GetProfiles with UsernameToken, rate", profiles_rate, "/s", most_is_best=True),
        ],
    )
