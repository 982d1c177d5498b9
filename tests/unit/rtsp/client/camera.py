"""A camera without a network: it answers RTSP as real ones do, and sends what a test wants it to send."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from argus.base.access_unit import AccessUnit
from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.device.digest import Digest, Verdict
from argus.device.digest_header import parse_digest
from argus.rtsp.client.datagrams import TakeDatagram
from argus.rtsp.client.media import ReceivedMedia
from argus.rtsp.client.target import Target
from argus.rtsp.client.wire import Listener
from argus.rtsp.link import Address
from argus.rtsp.protocol.message import Interleaved, Request
from argus.rtsp.protocol.parser import RequestParser
from argus.rtsp.protocol.transport import Pair

VIDEO_AND_AUDIO = """v=0
s=camera
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=control:trackID=1
m=audio 0 RTP/AVP 0
a=control:trackID=2
m=audio 0 RTP/AVP 97
a=rtpmap:97 OPUS/48000
a=control:trackID=3
"""
AUDIO_ONLY = "v=0\nm=audio 0 RTP/AVP 0\na=control:a\n"
METADATA_ONLY = "v=0\nm=application 0 RTP/AVP 107\na=rtpmap:107 vnd.onvif.metadata/90000\na=control:m\n"
PASSWORD = "secret"
CAMERA = Address(host="192.0.2.9")
STATION = Address(host="192.0.2.1")

Answer = tuple[int, str] | None


@dataclass
class MemoryCamera:
    """`answers` by method take the place of what a camera answers; None is silence."""

    sdp: str = VIDEO_AND_AUDIO
    digest: Digest | None = None
    public: str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
    answers: dict[str, Answer] = field(default_factory=dict)
    timeout: str = ";timeout=60"
    requests: list[Request] = field(default_factory=list)
    reports: list[tuple[int, bytes]] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    closed: bool = False
    _parser: RequestParser = field(default_factory=RequestParser)
    _listener: Listener | None = None

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def begin(self, listener: Listener) -> None:
        self._listener, self._parser, self.closed = listener, RequestParser(), False

    def hear(self, data: bytes) -> None:
        if data.startswith(b"RTSP/"):
            self.answered.append(data)
            return
        self._parser.feed(data)
        while (message := self._parser.next_message()) is not None:
            if isinstance(message, Interleaved):
                self.reports.append((message.channel, message.payload))
            else:
                self.requests.append(message)
                self._answer(message)

    def say(self, data: bytes) -> None:
        if self._listener is not None and not self.closed:
            self._listener.receive(data)

    def end(self, why: str = "the device closed the connection") -> None:
        assert self._listener is not None
        self._listener.ended(why)

    def _answer(self, request: Request) -> None:
        lines: list[str] = []
        body = ""
        status = "200 OK"
        if request.method in self.answers:
            answer = self.answers[request.method]
            if answer is None:
                return
            status, lines = str(answer[0]), [answer[1]] if answer[1] else []
        elif (refusal := self._refusal(request)) is not None:
            status, lines = "401 Unauthorized", [f"WWW-Authenticate: {value}" for value in refusal]
        else:
            lines, body = self._accept(request)
        head = "\r\n".join([f"RTSP/1.0 {status}", f"CSeq: {request.cseq}", *lines, f"Content-Length: {len(body)}"])
        self.say(f"{head}\r\n\r\n{body}".encode())

    def _refusal(self, request: Request) -> tuple[str, ...] | None:
        if self.digest is None or request.method == "OPTIONS":
            return None
        credentials = parse_digest(request.header("authorization") or "")
        if credentials is None:
            return self.digest.challenges(stale=False)
        verdict = self.digest.judge(credentials, request.method, request.uri, PASSWORD)
        return None if verdict is Verdict.ACCEPTED else self.digest.challenges(stale=verdict is Verdict.STALE)

    def _accept(self, request: Request) -> tuple[list[str], str]:
        match request.method:
            case "OPTIONS":
                return [f"Public: {self.public}"], ""
            case "DESCRIBE":
                return ["Content-Type: application/sdp", "Content-Base: rtsp://camera/stream/"], self.sdp
            case "SETUP":
                granted = (request.header("transport") or "") + ";server_port=7000-7001"
                if "TCP" in granted:
                    granted = granted.removesuffix(";server_port=7000-7001")
                return [f"Transport: {granted}", f"Session: abc{self.timeout}"], ""
        return ["Session: abc"], ""


class MemoryWire:
    """One connection to the camera."""

    peer = CAMERA
    local = STATION

    def __init__(self, hear: Callable[[bytes], None], close: Callable[[], None]) -> None:
        self.send = hear
        self.close = close


class MemoryPorts:
    """A pair of UDP ports."""

    client_ports: Pair = (5_000, 5_001)

    def __init__(self, take_rtp: TakeDatagram, take_rtcp: TakeDatagram) -> None:
        self.take_rtp = take_rtp
        self.take_rtcp = take_rtcp
        self.aimed: tuple[Address, Pair] | None = None
        self.sent: list[bytes] = []
        self.closed = False

    def aim(self, peer: Address, server_ports: Pair) -> None:
        self.aimed = peer, server_ports

    def punch(self, report: bytes) -> None:
        self.sent.append(report)

    def send_rtcp(self, packet: bytes) -> None:
        self.sent.append(packet)

    def close(self) -> None:
        self.closed = True


class MemoryNetwork:
    """Cameras by host; what is not in it cannot be reached. Names resolve to `addresses`."""

    def __init__(self, **cameras: MemoryCamera) -> None:
        self.cameras = cameras
        self.addresses = [(CAMERA, False)]
        self.connected: list[tuple[Target, Address]] = []
        self.ports: list[MemoryPorts] = []

    async def resolve(self, host: str) -> list[tuple[Address, bool]]:
        return self.addresses

    async def connect(self, target: Target, address: Address, listener: Listener, *, verify: bool) -> MemoryWire:
        self.connected.append((target, address))
        camera = self.cameras.get(target.host)
        if camera is None:
            raise Unavailable("receiver", f"{target.authority} cannot be reached: no route")
        camera.begin(listener)

        def close() -> None:
            camera.closed = True

        return MemoryWire(camera.hear, close)

    def open_ports(self, local: Address, take_rtp: TakeDatagram, take_rtcp: TakeDatagram) -> MemoryPorts:
        self.ports.append(MemoryPorts(take_rtp, take_rtcp))
        return self.ports[-1]


class Units:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.media: tuple[ReceivedMedia, ...] = ()
        self.taken: list[tuple[ReceivedMedia, AccessUnit]] = []

    def opened(self, media: tuple[ReceivedMedia, ...]) -> None:
        assert not self.media
        self.media = media

    def take(self, media: ReceivedMedia, unit: AccessUnit) -> None:
        assert media in self.media
        self.taken.append((media, unit))


def rtp(sequence: int, timestamp: int, payload: bytes, *, kind: int = 0, ssrc: int = 1, marker: bool = True) -> bytes:
    return struct.pack(">BBHII", 0x80, kind | marker << 7, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def sender_report(ntp: int, rtp_timestamp: int, *, ssrc: int = 1) -> bytes:
    return struct.pack(">BBHIQIII", 0x80, 200, 6, ssrc, ntp, rtp_timestamp, 0, 0)


def goodbye(ssrc: int = 1) -> bytes:
    return struct.pack(">BBHI", 0x81, 203, 1, ssrc)


def frame(channel: int, packet: bytes) -> bytes:
    return b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet


async def pass_time(clock: SimulatedClock, seconds: float, step_s: float = 0.25) -> None:
    """Let time pass in steps, as the loop of a client's watch wants it."""
    while seconds > 0:
        await clock.advance(min(step_s, seconds))
        seconds -= step_s
