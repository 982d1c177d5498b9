"""A server and one client of it, joined by a connection without a network."""

import asyncio
from collections.abc import Sequence

from tests.unit.rtsp.twins import (
    START_US,
    MemoryFootage,
    MemoryLink,
    MemoryRecordings,
    OpenDoor,
    span_of_gops,
    split_answer,
    unit,
)

from argus.base.access_unit import AccessUnit
from argus.base.clock import SimulatedClock
from argus.base.errors import NotFound
from argus.base.tokens import ProfileToken
from argus.media.hub import StreamHub
from argus.rtsp.directory import Directory
from argus.rtsp.limits import RtspLimits
from argus.rtsp.link import Address
from argus.rtsp.protocol.transport import Pair
from argus.rtsp.replay_playback import ReplaySource
from argus.rtsp.server import RtspServer

LIVE = "rtsp://192.0.2.1/live/main"
REPLAY = "rtsp://192.0.2.1/replay/R"
TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"
UDP = "RTP/AVP;unicast;client_port=5000-5001"


class Profiles:
    """The one profile, `main`."""

    def __init__(self, *hubs: StreamHub) -> None:
        self._hubs = hubs

    def hubs(self, token: ProfileToken) -> tuple[StreamHub, ...]:
        if token != "main":
            raise NotFound("profile", token)
        return self._hubs


class MemoryPair:
    """A pair of UDP sockets that only remembers."""

    server_ports = (20_000, 20_001)

    def __init__(self, on_rtcp: object) -> None:
        self.on_rtcp = on_rtcp
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.closed = False

    def send_rtp(self, packets: Sequence[bytes]) -> None:
        self.rtp += packets

    def send_rtcp(self, packet: bytes) -> None:
        self.rtcp.append(packet)

    def close(self) -> None:
        self.closed = True


class MemoryPorts:
    """Hands out pairs and remembers them."""

    def __init__(self) -> None:
        self.pairs: list[MemoryPair] = []

    def open(self, local: Address, peer: Address, client_ports: Pair, on_rtcp: object) -> MemoryPair:
        self.pairs.append(MemoryPair(on_rtcp))
        return self.pairs[-1]


class Stage:
    """A server and one client of it."""

    def __init__(self, *, limits: RtspLimits | None = None, timeout_s: int = 60) -> None:
        self.clock = SimulatedClock(utc_us=START_US + 3_600_000_000)
        self.hub = StreamHub("main", self.clock)
        self.publish(key_frame=True)
        self.footage = MemoryFootage(*span_of_gops(START_US, 2))
        self.recordings = MemoryRecordings("R")
        self.door = OpenDoor()
        self.ports = MemoryPorts()
        source = ReplaySource(
            recordings=self.recordings,
            footage=self.footage,
            clock=self.clock,
            session_timeout_s=lambda: timeout_s,
            retention_now_us=self.clock.utc_us,
        )
        self.server = RtspServer(
            host=None,
            port=0,
            presentations=Directory(Profiles(self.hub), source, self.clock),
            authenticator=self.door,
            ports=self.ports,
            clock=self.clock,
            limits=limits,
        )
        self.cseq = 0
        self.session = ""
        self.tasks: list[asyncio.Task[None]] = []
        self.link = self.connect()

    def publish(self, *, key_frame: bool) -> AccessUnit:
        published = unit(self.clock.utc_us(), key_frame=key_frame)
        self.hub.publish(published)
        return published

    def connect(self, peer: str = "192.0.2.7") -> MemoryLink:
        link = MemoryLink(peer)
        self.tasks.append(asyncio.ensure_future(self.server.converse(link)))
        return link

    async def ask(
        self, method: str, uri: str, *, user: str | None = "viewer", **headers: str
    ) -> tuple[int, dict[str, str]]:
        """Send a request on the first link; status and headers of the answer."""
        self.cseq += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self.cseq}"]
        if user is not None:
            lines.append(f"Authorization: {user}")
        if self.session and "Session" not in headers:
            lines.append(f"Session: {self.session}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
        self.link.sent.clear()
        self.link.arrive(("\r\n".join(lines) + "\r\n\r\n").encode())
        for _ in range(50):
            await asyncio.sleep(0)
            if b"RTSP/1.0" in self.link.sent:
                break
        sent = bytes(self.link.sent)
        status, answered, self.body, self.rest = split_answer(sent[sent.index(b"RTSP/1.0") :])
        assert answered["CSeq"] == str(self.cseq)
        return status, answered

    async def set_up(self, uri: str = LIVE, transport: str = TCP) -> dict[str, str]:
        status, headers = await self.ask("SETUP", uri + "/track1", Transport=transport)
        assert status == 200
        self.session = headers["Session"].partition(";")[0]
        return headers

    async def play(self, uri: str = LIVE, **headers: str) -> dict[str, str]:
        status, answered = await self.ask("PLAY", uri, **headers)
        assert status == 200
        return answered

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
