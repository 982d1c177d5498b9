"""Twins of the clients that receivers connect with, and a station's receivers on them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat
from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.errors import ArgusError, Unavailable
from argus.base.events import Event, EventBus
from argus.base.tokens import ReceiverToken
from argus.rtsp.client.media import ClientTransport, ReceivedMedia, Sink
from argus.rtsp.receiving.sources import ReceiverSources
from argus.rtsp.receiving.supervisor import Receiving
from argus.store.recording import schema
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.receiver import ReceiverConfiguration, ReceiverMode
from argus.store.recording.receivers import Receivers
from argus.store.recording.recordings import RECEIVER_SOURCE, SourceRef

VIDEO = ReceivedMedia(tag="trackID=1", kind=MediaKind.VIDEO, codec=Codec.H264)
SOUND = ReceivedMedia(tag="trackID=2", kind=MediaKind.AUDIO, codec=Codec.PCMU)
EVENTS = ReceivedMedia(tag="trackID=3", kind=MediaKind.METADATA, codec=Codec.METADATA)


@dataclass(eq=False)
class TwinClient:
    """One connection as the test plays it. It takes a moment to hang up."""

    network: Network
    uri: str
    transport: ClientTransport
    sink: Sink
    running: bool = False
    asked: list[ReceivedMedia] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        host = urlsplit(self.uri).hostname or ""
        self.running = True
        self.network.connected[host] += 1
        self.network.most[host] = max(self.network.most[host], self.network.connected[host])
        try:
            await self.end
        finally:
            try:
                if self.network.hang_up_s:
                    await self.network.clock.sleep(self.network.hang_up_s)
            finally:
                self.running = False
                self.network.connected[host] -= 1

    def request_key_frame(self, media: ReceivedMedia) -> None:
        self.asked.append(media)

    def open(self, *media: ReceivedMedia) -> None:
        self.sink.opened(media)

    def deliver(self, media: ReceivedMedia, *, key: bool = True, late_s: float = 0) -> AccessUnit:
        """A unit that was captured so long ago, and after the one delivered before it at the same time."""
        now = self.network.clock
        self.network.units += 1
        unit = AccessUnit(
            format=StreamFormat(codec=media.codec),
            data=b"\0\0\0\1\x65",
            key_frame=key,
            utc_us=now.utc_us() - round(late_s * 1e6),
            mono_ns=now.mono_ns() - round(late_s * 1e9) + self.network.units,
        )
        self.sink.take(media, unit)
        return unit

    def fail(self, error: BaseException | None = None) -> None:
        if not self.end.done():
            self.end.set_exception(error or Unavailable("receiver", "the device does not answer"))


class Network:
    """Makes clients, and counts how many run at once for each host."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.hang_up_s = 0.0
        self.units = 0
        self.clients: list[TwinClient] = []
        self.connected: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.refusal: ArgusError | None = None

    def connect(self, uri: str, transport: ClientTransport, sink: Sink) -> TwinClient:
        if self.refusal is not None:
            raise self.refusal
        client = TwinClient(self, uri, transport, sink)
        self.clients.append(client)
        return client

    @property
    def last(self) -> TwinClient:
        return self.clients[-1]

    def running(self) -> list[TwinClient]:
        return [client for client in self.clients if client.running]


class ReceivingStation:
    """Receivers at work on the network. `demand` holds the tokens that jobs want."""

    def __init__(self, path: Path) -> None:
        self.clock = SimulatedClock()
        self.network = Network(self.clock)
        self.told: list[Event] = []
        self.demand: set[ReceiverToken] = set()
        self.turns = 0
        self.database = Database.open(path, schema.MIGRATIONS)
        events = EventBus(self.clock)
        events.subscribe(self.told.append)
        self.receivers = Receivers(
            self.database, events, asyncio.Lock(), self.clock, check_uri=lambda _uri: None, max_receivers=8
        )
        self.receivers.demanded = self.demand.__contains__
        self.receiving = Receiving(self.receivers, self.network.connect, self.clock, chance=lambda: 0.0)
        self.sources = ReceiverSources(self.receiving)
        self.sources.observe(self._turn)

    def _turn(self) -> None:
        self.turns += 1

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.receiving.run())
            yield
            task.cancel()
            await self.clock.advance(self.network.hang_up_s)

    async def create(self, host: str = "camera", mode: str = "AlwaysConnect", **more: str) -> ReceiverToken:
        return (await self.receivers.create(configuration(host, mode, **more))).token

    async def configure(self, token: ReceiverToken, host: str, mode: str = "AlwaysConnect", **more: str) -> None:
        await self.receivers.configure(token, configuration(host, mode, **more))

    def want(self, *tokens: ReceiverToken) -> None:
        self.demand.clear()
        self.demand.update(tokens)
        self.receivers.demand_changed()

    def phase(self, token: ReceiverToken, kind: MediaKind = MediaKind.VIDEO, tag: str = "") -> SourcePhase:
        return self.sources.phase(source(token), kind, tag)

    def states(self) -> list[str]:
        """The states told since the last call."""
        states = [str(dict(event.data)["NewState"]) for event in self.told if event.topic == "Receiver/ChangeState"]
        self.told[:] = [event for event in self.told if event.topic != "Receiver/ChangeState"]
        return states

    def failures(self) -> int:
        """Failures told since the last call."""
        count = sum(event.topic == "Receiver/ConnectionFailed" for event in self.told)
        self.told[:] = [event for event in self.told if event.topic != "Receiver/ConnectionFailed"]
        return count


def configuration(host: str, mode: str, **more: str) -> ReceiverConfiguration:
    return ReceiverConfiguration(mode=ReceiverMode(mode), media_uri=f"rtsp://{host}/live" if host else "", **more)


def source(token: ReceiverToken) -> SourceRef:
    return SourceRef(type=RECEIVER_SOURCE, token=token)
