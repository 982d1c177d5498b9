"""Receivers at work over real sockets: our own server is the camera."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from tests.harness.station import free_port
from tests.system.rtsp_station import PASSWORD, USER, encode_clip, rtsp_station
from tests.system.rtsp_tunnel import tunnel_server

from argus.base.access_unit import MediaKind
from argus.base.clock import SystemClock
from argus.base.database import Database
from argus.base.events import Event, EventBus
from argus.base.tokens import ReceiverToken
from argus.media.hub import StreamReader
from argus.rtsp.client import ClientTransport, RtspClient, Sink, TargetPolicy
from argus.rtsp.receiving.sources import ReceiverSources
from argus.rtsp.receiving.supervisor import Receiving
from argus.store.recording import schema
from argus.store.recording.media_source import SourceMedia, SourcePhase
from argus.store.recording.receiver import ReceiverConfiguration, ReceiverMode, ReceiverState
from argus.store.recording.receivers import Receivers
from argus.store.recording.recordings import RECEIVER_SOURCE, SourceRef

Clip = list[tuple[bytes, bool]]
VIDEO = MediaKind.VIDEO


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(2)


class Recorder:
    """Receivers, their connections, and the demand of jobs."""

    def __init__(self, path: Path) -> None:
        clock = SystemClock()
        events = EventBus(clock)
        self.told: list[Event] = []
        events.subscribe(self.told.append)
        policy = TargetPolicy(allow_loopback=True)

        def connect(uri: str, transport: ClientTransport, sink: Sink) -> RtspClient:
            return RtspClient(uri, transport, clock, sink, policy=policy)

        self.demand: set[ReceiverToken] = set()
        self.database = Database.open(path / "receivers.sqlite", schema.MIGRATIONS)
        self.receivers = Receivers(self.database, events, asyncio.Lock(), clock, check_uri=policy.check_uri)
        self.receivers.demanded = self.demand.__contains__
        self.receiving = Receiving(self.receivers, connect, clock)
        self.sources = ReceiverSources(self.receiving)

    async def create(self, uri: str, mode: ReceiverMode, protocol: str = "RTSP") -> SourceRef:
        configuration = ReceiverConfiguration(mode=mode, media_uri=uri, protocol=protocol)
        receiver = await self.receivers.create(configuration)
        return SourceRef(type=RECEIVER_SOURCE, token=receiver.token)

    def want(self, *sources: SourceRef) -> None:
        self.demand.clear()
        self.demand.update(ReceiverToken(source.token) for source in sources)
        self.receivers.demand_changed()

    def state(self, source: SourceRef) -> ReceiverState:
        return self.receivers.state(ReceiverToken(source.token))

    async def pictures(self, source: SourceRef, count: int) -> list[bytes]:
        reader = self.sources.open_reader(source, VIDEO, "", "test")
        try:
            async with asyncio.timeout(15):
                return [(await reader.read()).data for _ in range(count)]
        finally:
            reader.close()

    def states(self) -> list[object]:
        return [dict(event.data)["NewState"] for event in self.told if event.topic == "Receiver/ChangeState"]


@asynccontextmanager
async def recorder(path: Path) -> AsyncIterator[Recorder]:
    made = Recorder(path)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(made.receiving.run())
            yield made
            running.cancel()
    finally:
        made.database.close()


async def until(probe: Callable[[], object], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not probe():
            await asyncio.sleep(0.02)


async def drain(reader: StreamReader) -> None:
    """Read what has come already."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.05):
                await reader.read()


def live(port: int) -> str:
    return f"rtsp://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/live/main"


@pytest.mark.parametrize("protocol", ["UDP", "RTSP", "HTTP"])
async def test_pictures_come_by_every_transport_that_is_advertised(tmp_path: Path, clip: Clip, protocol: str) -> None:
    async with (
        rtsp_station(clip) as (camera, _, _),
        tunnel_server(camera.bound_port) as tunnel,
        recorder(tmp_path) as station,
    ):
        port = tunnel.port if protocol == "HTTP" else camera.bound_port
        source = await station.create(live(port), ReceiverMode.ALWAYS_CONNECT, protocol)
        pictures = await station.pictures(source, 10)
        assert set(pictures) <= {data for data, _ in clip}
        assert station.states() == ["Connecting", "Connected"]
        assert station.sources.phase(source, VIDEO, "") is SourcePhase.DELIVERING
        assert station.sources.phase(source, MediaKind.AUDIO, "") is SourcePhase.LACKING
        assert station.sources.media(source) == (SourceMedia(tag="track1", kind=VIDEO),)


async def test_any_number_of_readers_share_one_session_that_ends_with_the_demand(tmp_path: Path, clip: Clip) -> None:
    async with rtsp_station(clip) as (camera, _, _), recorder(tmp_path) as station:
        source = await station.create(live(camera.bound_port), ReceiverMode.AUTO_CONNECT)
        await asyncio.sleep(0.5)
        assert camera.health() == (0, 0)
        station.want(source)
        both = await asyncio.gather(station.pictures(source, 10), station.pictures(source, 10))
        assert both[0] == both[1]
        sessions, connections = camera.health()
        assert (sessions, connections) == (1, 1)
        station.want()
        await until(lambda: camera.health() == (0, 0), timeout_s=1.0)
        assert station.states() == ["Connecting", "Connected", "NotConnected"]


async def test_a_camera_that_is_unplugged_and_back_is_received_again(tmp_path: Path, clip: Clip) -> None:
    port = free_port()
    async with recorder(tmp_path) as station:
        source = await station.create(live(port), ReceiverMode.ALWAYS_CONNECT)
        assert station.state(source) is ReceiverState.NOT_CONNECTED
        await until(lambda: station.sources.failure(source))
        assert station.sources.phase(source, VIDEO, "") is SourcePhase.FAILED
        reader = station.sources.open_reader(source, VIDEO, "", "test")
        for _ in range(2):
            async with rtsp_station(clip, port=port):
                async with asyncio.timeout(10):
                    assert (await reader.read()).key_frame
                await until(lambda: station.state(source) is ReceiverState.CONNECTED)
            await until(lambda: station.state(source) is ReceiverState.NOT_CONNECTED)
            assert station.sources.phase(source, VIDEO, "") is SourcePhase.DELIVERING, "it may be back in a moment"
            await drain(reader)
        assert [event.topic for event in station.told].count("Receiver/ConnectionFailed") == 1


async def test_a_wrong_password_is_a_failure_that_says_so_and_repeats_no_password(tmp_path: Path, clip: Clip) -> None:
    async with rtsp_station(clip) as (camera, _, _), recorder(tmp_path) as station:
        uri = f"rtsp://{USER}:guess-7@127.0.0.1:{camera.bound_port}/live/main"
        source = await station.create(uri, ReceiverMode.ALWAYS_CONNECT)
        await until(lambda: station.sources.failure(source))
        assert "password" in station.sources.failure(source)
        [failed] = [event for event in station.told if event.topic == "Receiver/ConnectionFailed"]
        assert "guess-7" not in repr(station.told)
        assert dict(failed.data) == {"MediaUri": f"rtsp://127.0.0.1:{camera.bound_port}/live/main"}
