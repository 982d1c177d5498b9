"""An RTSP server on loopback with a synthetic camera and a synthetic recording, for clients written elsewhere."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator

from tests.unit.rtsp.twins import MemoryFootage, MemoryRecordings

from argus.base.access import UserLevel
from argus.base.access_unit import AccessUnit, Codec, StreamFormat, join_nal_units
from argus.base.clock import SystemClock
from argus.base.tokens import ProfileToken
from argus.device.access import Authenticator
from argus.device.digest import HashAlgorithm
from argus.device.users import Account
from argus.media.hub import StreamHub
from argus.rtsp.directory import Directory
from argus.rtsp.frames import Footage
from argus.rtsp.limits import RtspLimits
from argus.rtsp.replay_playback import ReplaySource
from argus.rtsp.server import RtspServer
from argus.rtsp.udp import UdpPorts
from argus.store.ring.span import Gop

WIDTH, HEIGHT, FRAME_RATE, GOP_FRAMES = 320, 240, 25, 25
FRAME_US = 1_000_000 // FRAME_RATE
START_US = 1_767_225_600_000_000
USER, PASSWORD = "viewer", "correct horse"


def encode_clip(seconds: int) -> list[tuple[bytes, bool]]:
    """H.264 pictures as length-prefixed access units, each with whether it is a key frame. Each differs from others."""
    source = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={FRAME_RATE}:duration={seconds}"
    x264 = f"keyint={GOP_FRAMES}:min-keyint={GOP_FRAMES}:scenecut=0:repeat-headers=1:aud=1:bframes=0"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264"]
    command += ["-preset", "veryfast", "-x264-params", x264, "-f", "h264", "-"]
    stream = subprocess.run(command, check=True, capture_output=True).stdout
    units: list[tuple[bytes, bool]] = []
    for picture in stream.split(b"\x00\x00\x00\x01\x09")[1:]:  # access unit delimiters
        nals = [nal.rstrip(b"\x00") for nal in picture.split(b"\x00\x00\x01")[1:]]
        units.append((join_nal_units(nals), any(nal[0] & 0x1F == 5 for nal in nals)))
    return units


def stream_format(clip: list[tuple[bytes, bool]]) -> StreamFormat:
    first = AccessUnit(format=StreamFormat(codec=Codec.H264), data=clip[0][0], key_frame=True, utc_us=0, mono_ns=0)
    sets = tuple(bytes(nal) for nal in first.nal_units() if nal[0] & 0x1F in (7, 8))
    return StreamFormat(codec=Codec.H264, width=WIDTH, height=HEIGHT, frame_rate=FRAME_RATE, parameter_sets=sets)


def record(clip: list[tuple[bytes, bool]], start_us: int = START_US) -> list[Gop]:
    """The clip as finished footage that begins at `start_us`."""
    described = stream_format(clip)
    gops: list[list[AccessUnit]] = []
    for number, (data, key_frame) in enumerate(clip):
        utc_us = start_us + number * FRAME_US
        if key_frame:
            gops.append([])
        gops[-1].append(AccessUnit(format=described, data=data, key_frame=key_frame, utc_us=utc_us, mono_ns=0))
    return [
        Gop(track_id=1, start_us=units[0].utc_us, units=tuple(units), complete=True, ends_span=units is gops[-1])
        for units in gops
    ]


class OneAccount:
    """The only user."""

    def find(self, username: str) -> Account | None:
        return Account(username=USER, password=PASSWORD, level=UserLevel.USER) if username == USER else None


class Streams:
    """The one profile, `main`."""

    def __init__(self, *hubs: StreamHub) -> None:
        self._hubs = hubs

    def hubs(self, token: ProfileToken) -> tuple[StreamHub, ...]:
        return self._hubs


async def capture(hub: StreamHub, clip: list[tuple[bytes, bool]], clock: SystemClock) -> None:
    """Publish the clip in real time, again and again."""
    described = stream_format(clip)
    while True:
        for data, key_frame in clip:
            hub.publish(
                AccessUnit(
                    format=described, data=data, key_frame=key_frame, utc_us=clock.utc_us(), mono_ns=clock.mono_ns()
                )
            )
            await asyncio.sleep(1 / FRAME_RATE)


@contextlib.asynccontextmanager
async def rtsp_station(
    clip: list[tuple[bytes, bool]],
    *,
    algorithms: tuple[HashAlgorithm, ...] = tuple(HashAlgorithm),
    host: str = "127.0.0.1",
    port: int = 0,
    limits: RtspLimits | None = None,
    session_timeout_s: int = 60,
    footage: Footage | None = None,
) -> AsyncIterator[tuple[RtspServer, MemoryFootage, MemoryRecordings]]:
    """A running server with the live profile `main` and the recording `Recording-1`, of the clip or of `footage`."""
    clock = SystemClock()
    hub = StreamHub("main", clock)
    memory, recordings = MemoryFootage(*record(clip)), MemoryRecordings("Recording-1")
    source = ReplaySource(
        recordings=recordings,
        footage=footage or memory,
        clock=clock,
        session_timeout_s=lambda: session_timeout_s,
        retention_now_us=clock.utc_us,
    )
    server = RtspServer(
        host=host,
        port=port,
        presentations=Directory(Streams(hub), source, clock),
        authenticator=Authenticator(OneAccount(), clock, algorithms=algorithms),
        ports=UdpPorts(),
        clock=clock,
        limits=limits,
    )
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(server.run()), tasks.create_task(capture(hub, clip, clock))]
        await server.listening.wait()
        await asyncio.sleep(0.1)
        try:
            yield server, memory, recordings
        finally:
            for task in running:
                task.cancel()
