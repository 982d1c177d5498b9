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

from tests.bench.figures import Figure, cpu_s, show
from tests.harness.station import PASSWORD, USERNAME, StationProcess

REQUESTS = 2_000
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


def measure(station: StationProcess, request: Callable[[], bytes]) -> tuple[float, float]:
    """CPU ms of the station a request, and requests a second. What the cameras cost meanwhile is subtracted."""
    assert station.process is not None
    pid = station.process.pid
    connection = Connection(station.http_port)
    for _ in range(50):
        assert connection.post(request()) == 200
    idle_began, idle_cpu = time.monotonic(), cpu_s(pid)
    time.sleep(3)
    background = (cpu_s(pid) - idle_cpu) / (time.monotonic() - idle_began)
    began, cpu = time.monotonic(), cpu_s(pid)
    for _ in range(REQUESTS):
        connection.post(request())
    elapsed, used = time.monotonic() - began, cpu_s(pid) - cpu
    connection.close()
    return (used - background * elapsed) / REQUESTS * 1_000, REQUESTS / elapsed


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        station = StationProcess(Path(folder) / "data").start()
        try:
            time_ms, time_rate = measure(station, get_system_date_and_time)
            profiles_ms, profiles_rate = measure(station, get_profiles)
        finally:
            station.stop()
    show(
        f"SOAP, {REQUESTS} requests over one connection",
        [
            Figure(name="GetSystemDateAndTime, CPU", value=time_ms, unit="ms", beside="fastest scripted peer 0.16"),
            Figure(name="GetSystemDateAndTime, rate", value=time_rate, unit="/s"),
            Figure(name="GetProfiles with UsernameToken, CPU", value=profiles_ms, unit="ms", beside="peer 0.33"),
            Figure(name="GetProfiles with UsernameToken, rate", value=profiles_rate, unit="/s"),
        ],
    )
