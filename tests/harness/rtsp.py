"""A small RTSP client, written from RFC 2326 and the ONVIF Streaming Specification alone."""

from __future__ import annotations

import re
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tests.harness.digest import DigestAuth
from tests.harness.rtp import ReceivedUnit, RtpPacket, access_units, parse_rtp
from tests.harness.station import PASSWORD, USERNAME


@dataclass(frozen=True)
class RtspResponse:
    status: int
    headers: dict[str, list[str]]
    body: str

    def header(self, name: str) -> str:
        return ", ".join(self.headers.get(name.lower(), []))


@dataclass(frozen=True)
class SdpTrack:
    """One media description: its kind, and attributes by name."""

    kind: str
    attributes: dict[str, str]


@dataclass
class _Tcp:
    """Bytes of the connection, cut into responses and interleaved frames."""

    stream: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    closed: bool = False

    def fill(self, timeout_s: float) -> bool:
        self.stream.settimeout(max(timeout_s, 0.001))
        try:
            piece = self.stream.recv(1 << 18)
        except TimeoutError:
            return False
        self.closed = not piece
        self.buffer += piece
        return bool(piece)

    def take(self) -> RtspResponse | tuple[int, bytes] | None:
        """The next whole item, or None until more has come."""
        if not self.buffer:
            return None
        if self.buffer[0] == 0x24:
            size = 4 + int.from_bytes(self.buffer[2:4], "big")
            if len(self.buffer) < max(size, 4):
                return None
            item = (self.buffer[1], bytes(self.buffer[4:size]))
            del self.buffer[:size]
            return item
        return self._response()

    def _response(self) -> RtspResponse | None:
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        status_line, *lines = self.buffer[:head_end].decode().split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        size = head_end + 4 + int(headers.get("content-length", ["0"])[0])
        if len(self.buffer) < size:
            return None
        body = self.buffer[head_end + 4 : size].decode()
        del self.buffer[:size]
        match = re.fullmatch(r"RTSP/1\.0 (\d{3}) .*", status_line)
        assert match, f"not a status line: {status_line!r}"
        return RtspResponse(int(match[1]), headers, body)


class RtspClient:
    """One connection with one session; RTP comes interleaved, or over UDP where `udp` is set."""

    def __init__(
        self, uri: str, *, username: str = USERNAME, password: str = PASSWORD, algorithm: str = "MD5", udp: bool = False
    ) -> None:
        parts = urlsplit(uri)
        self.uri = uri
        self.digest = DigestAuth(username, password, algorithm)
        self.session = ""
        self.cseq = 0
        self._tcp = _Tcp(socket.create_connection((parts.hostname or "", parts.port or 554), 5))
        self._udp = _udp_pair() if udp else ()
        self._packets: deque[RtpPacket] = deque()
        self.reports: list[bytes] = []
        self.base = uri

    def __enter__(self) -> RtspClient:
        return self

    def __exit__(self, *_: object) -> None:
        for opened in (self._tcp.stream, *self._udp):
            opened.close()

    @property
    def closed(self) -> bool:
        return self._tcp.closed

    def request(
        self, method: str, uri: str = "", headers: dict[str, str] | None = None, *, expect: int = 200
    ) -> RtspResponse:
        """Send a request and wait for its answer, answering one challenge."""
        response = self.ask(method, uri, headers)
        if response.status == 401 and self.digest.password and expect != 401:
            self.digest.accept(response.headers["www-authenticate"])
            response = self.ask(method, uri, headers)
        assert response.status == expect, f"{method}: {response}"
        return response

    def ask(self, method: str, uri: str = "", headers: dict[str, str] | None = None) -> RtspResponse:
        """Send one request and return whatever is answered."""
        uri = uri or self.uri
        self.cseq += 1
        lines = {"CSeq": str(self.cseq), **({"Session": self.session} if self.session else {}), **(headers or {})}
        authorization = self.digest.authorization(method, uri)
        if authorization:
            lines["Authorization"] = authorization
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._tcp.stream.sendall(f"{method} {uri} RTSP/1.0\r\n{head}\r\n".encode())
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not self._tcp.closed:
            response = self._sort()
            if response is not None:
                assert response.header("cseq") == str(self.cseq)
                return response
            self._tcp.fill(deadline - time.monotonic())
        raise AssertionError(f"no answer to {method}")

    def describe(self) -> list[SdpTrack]:
        response = self.request("DESCRIBE", headers={"Accept": "application/sdp", "Require": "onvif-replay"})
        self.base = response.header("content-base").rstrip("/") or self.uri
        tracks: list[SdpTrack] = []
        for line in response.body.splitlines():
            if line.startswith("m="):
                tracks.append(SdpTrack(line[2:].split()[0], {}))
            elif line.startswith("a=") and tracks:
                name, _, value = line[2:].partition(":")
                tracks[-1].attributes[name] = value
        return tracks

    def setup(self, track: SdpTrack) -> RtspResponse:
        control = track.attributes["control"]
        uri = control if control.startswith("rtsp://") else f"{self.base}/{control}"
        transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        if self._udp:
            ports = "-".join(str(opened.getsockname()[1]) for opened in self._udp)
            transport = f"RTP/AVP;unicast;client_port={ports}"
        response = self.request("SETUP", uri, {"Transport": transport, "Require": "onvif-replay"})
        self.session = response.header("session").partition(";")[0]
        return response

    def open(self) -> RtspClient:
        """DESCRIBE and set up the video track."""
        video = [track for track in self.describe() if track.kind == "video"]
        assert video, "no video track"
        self.setup(video[0])
        return self

    def play(self, expect: int = 200, **headers: str) -> RtspResponse:
        """PLAY with headers given as Rate_Control="no"."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.request("PLAY", self.base, {"Require": "onvif-replay", **named}, expect=expect)
        if expect == 200:
            # What the former PLAY still had on the way does not count.
            self._packets.clear()
            # What came in one piece with the answer; no further byte may follow it.
            assert self._sort() is None, "an answer nobody asked for"
        return response

    def pause(self, **headers: str) -> RtspResponse:
        return self.request("PAUSE", self.base, headers)

    def teardown(self) -> RtspResponse:
        return self.request("TEARDOWN", self.base)

    def packets(self, quiet_s: float = 2.0, limit_s: float = 30.0) -> Iterator[RtpPacket]:
        """RTP as it comes, until none comes for `quiet_s`, `limit_s` are over, or the server closes."""
        started = last = time.monotonic()
        while not self._tcp.closed or self._packets:
            while self._packets:
                last = time.monotonic()
                yield self._packets.popleft()
            now = time.monotonic()
            if now - last > quiet_s or now - started > limit_s:
                return
            self._receive(0.2)

    def units(self, count: int = 0, quiet_s: float = 2.0, limit_s: float = 30.0) -> list[ReceivedUnit]:
        """Up to `count` access units (0: all that come)."""
        found: list[ReceivedUnit] = []
        for unit in access_units(self.packets(quiet_s, limit_s)):
            found.append(unit)
            if len(found) == count:
                break
        return found

    def _receive(self, timeout_s: float) -> None:
        ready, _, _ = select.select([self._tcp.stream, *self._udp], [], [], timeout_s)
        for opened in ready:
            if opened is self._tcp.stream:
                self._tcp.fill(0.1)
                assert self._sort() is None, "an answer nobody asked for"
            elif opened is self._udp[0]:
                self._packets.append(parse_rtp(opened.recv(65536)))
            else:
                self.reports.append(opened.recv(65536))

    def _sort(self) -> RtspResponse | None:
        """Put interleaved frames where they belong; returns a response if one is complete."""
        while (item := self._tcp.take()) is not None:
            if isinstance(item, RtspResponse):
                return item
            channel, payload = item
            if channel == 0:
                self._packets.append(parse_rtp(payload))
            else:
                self.reports.append(payload)
        return None


def clock_range(start_us: int | None, end_us: int | None = None) -> str:
    """A Range header of UTC times."""
    start, end = (_clock(value) if value is not None else "" for value in (start_us, end_us))
    return f"clock={start}-{end}"


def _clock(utc_us: int) -> str:
    return datetime.fromtimestamp(utc_us // 1_000_000, UTC).strftime("%Y%m%dT%H%M%S") + f".{utc_us % 1_000_000:06d}Z"


def _udp_pair() -> tuple[socket.socket, socket.socket]:
    """An even and the next odd port."""
    for port in range(20_000, 60_000, 2):
        pair = tuple(socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        try:
            for number, opened in enumerate(pair):
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
                opened.bind(("127.0.0.1", port + number))
        except OSError:
            for opened in pair:
                opened.close()
        else:
            return pair[0], pair[1]
    raise AssertionError("no free pair of ports")
