"""A client at a camera in memory, for as long as a test lasts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.unit.rtsp.client.camera import (
    PASSWORD,
    MemoryCamera,
    MemoryNetwork,
    Units,
    frame,
    pass_time,
    rtp,
)
from tests.unit.rtsp.twins import PPS, SPS

from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError
from argus.rtsp.client import ClientTransport, RtspClient, TargetPolicy

URI = f"rtsp://admin:{PASSWORD}@camera/stream"
IDR, SLICE = b"\x65" + bytes(20), b"\x41" + bytes(20)


class Scene:
    """A client at a camera, and what became of it."""

    def __init__(self, camera: MemoryCamera, transport: ClientTransport, uri: str, policy: TargetPolicy) -> None:
        self.clock = SimulatedClock()
        self.camera = camera
        self.network = MemoryNetwork(camera=camera)
        self.sink = Units()
        self.client = RtspClient(uri, transport, self.clock, self.sink, policy=policy, network=self.network)
        self.error: ArgusError | None = None
        self._sequence = 0

    async def run(self) -> None:
        try:
            await self.client.run()
        except ArgusError as error:
            self.error = error

    def key_frame(self, rtp_timestamp: int) -> list[bytes]:
        """Packets of one picture with its parameter sets."""
        return [*(self.video(rtp_timestamp, nal) for nal in (SPS, PPS)), self.video(rtp_timestamp, IDR, marker=True)]

    def video(self, rtp_timestamp: int, nal: bytes, *, marker: bool = False) -> bytes:
        self._sequence += 1
        return rtp(self._sequence, rtp_timestamp, nal, kind=96, marker=marker)

    def send(self, *packets: bytes, channel: int = 0) -> None:
        for packet in packets:
            self.camera.say(frame(channel, packet))


@contextlib.asynccontextmanager
async def scene(
    camera: MemoryCamera | None = None,
    transport: ClientTransport = ClientTransport.TCP,
    *,
    uri: str = URI,
    policy: TargetPolicy | None = None,
) -> AsyncIterator[Scene]:
    stage = Scene(camera or MemoryCamera(), transport, uri, policy or TargetPolicy())
    task = asyncio.get_running_loop().create_task(stage.run())
    await stage.clock.advance(0)
    yield stage
    task.cancel()
    await asyncio.wait([task])


async def why(camera: MemoryCamera, *, seconds: float = 12, **arguments: object) -> ArgusError:
    """What the client raises within so many seconds."""
    async with scene(camera, **arguments) as stage:  # type: ignore[arg-type]
        await pass_time(stage.clock, seconds)
        assert stage.error is not None
        assert camera.closed or stage.camera is not camera or not camera.methods
        return stage.error
