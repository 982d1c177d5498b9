"""Replay without rate control over TCP: megabits per CPU second of the server, reading from a real ring."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from tests.bench.figures import Figure, figure, show
from tests.unit.rtsp.twins import PPS, SPS, START_US, MemoryRecordings, OpenDoor

from argus.base.access_unit import AccessUnit, Codec, StreamFormat, join_nal_units
from argus.base.clock import SystemClock
from argus.base.tokens import ProfileToken
from argus.media.hub import StreamHub
from argus.rtsp.directory import Directory
from argus.rtsp.replay_playback import ReplaySource
from argus.rtsp.server import RtspServer
from argus.rtsp.udp import UdpPorts
from argus.store.ring.ring import Ring, RingConfig

FRAME_RATE, GOP_FRAMES = 25, 50
KEY_FRAME_BYTES, FRAME_BYTES = 100_000, 18_400  # 4 Mbit/s at 25 pictures a second
SECONDS = 240
RUNS = 3
GOAL = "goal 4000; gst-rtsp-server 611 to 876 on such a machine"


class NoProfiles:
    """Nothing is live here."""

    def __init__(self, clock: SystemClock) -> None:
        self._hub = StreamHub("none", clock)

    def hub(self, token: ProfileToken) -> StreamHub:
        return self._hub


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        ring = Ring.open(Path(folder) / "ring", RingConfig(size_bytes=512 << 20), clock, lambda *_: None)
        try:
            size_bytes = _fill(ring)
            figures = [_rate(ring, clock, size_bytes, sessions) for sessions in (1, 4)]
        finally:
            ring.close()
    show(f"Replay of {size_bytes / 1e6:.0f} MB from the ring, Rate-Control: no, over TCP", figures)


def _fill(ring: Ring) -> int:
    """Record pictures of random content; what was stored, in bytes."""
    described = StreamFormat(codec=Codec.H264, width=1920, height=1080, frame_rate=25.0, parameter_sets=(SPS, PPS))
    noise = os.urandom(KEY_FRAME_BYTES).replace(b"\x00", b"\x01")
    size_bytes = 0
    for number in range(SECONDS * FRAME_RATE):
        key_frame = number % GOP_FRAMES == 0
        data = join_nal_units([SPS, PPS, b"\x65" + noise] if key_frame else [b"\x41" + noise[:FRAME_BYTES]])
        utc_us = START_US + number * 1_000_000 // FRAME_RATE
        ring.append(1, AccessUnit(format=described, data=data, key_frame=key_frame, utc_us=utc_us, mono_ns=0))
        size_bytes += len(data)
        if key_frame:
            ring.tick()
    ring.end_span(1)
    ring.tick()
    return size_bytes


def _rate(ring: Ring, clock: SystemClock, size_bytes: int, sessions: int) -> Figure:
    rates = []
    for _ in range(RUNS):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the loop the product runs on
            rates.append(runner.run(_measure(ring, clock, size_bytes, sessions)))
    return figure(f"{sessions} at once", rates, "Mbit per CPU-second", GOAL, most_is_best=True)


async def _measure(ring: Ring, clock: SystemClock, size_bytes: int, sessions: int) -> float:
    """Megabits by CPU second of this process, which holds server and ring; the clients are others."""
    source = ReplaySource(
        recordings=MemoryRecordings("R"),
        footage=ring,
        clock=clock,
        session_timeout_s=lambda: 60,
        retention_now_us=ring.now_us,
    )
    server = RtspServer(
        host="127.0.0.1",
        port=0,
        presentations=Directory(NoProfiles(clock), source, clock),
        authenticator=OpenDoor(),
        ports=UdpPorts(),
        clock=clock,
    )
    serving = asyncio.ensure_future(server.run())
    await server.listening.wait()
    cpu_s = time.process_time()
    command = [sys.executable, "-m", "tests.bench.replay", str(server.bound_port), str(size_bytes)]
    clients = [await asyncio.create_subprocess_exec(*command) for _ in range(sessions)]
    for client in clients:
        assert await client.wait() == 0
    cpu_s = time.process_time() - cpu_s
    serving.cancel()
    await asyncio.wait([serving])
    return size_bytes * 8 / 1e6 * sessions / cpu_s


def drain(port: int, size_bytes: int) -> None:
    """Play the recording and read at least `size_bytes`."""
    uri = f"rtsp://127.0.0.1:{port}/replay/R"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        answers = connection.makefile("rb")
        head = "RTSP/1.0\r\nAuthorization: bench\r\n"
        connection.sendall(f"SETUP {uri}/track1 {head}CSeq: 1\r\nTransport: RTP/AVP/TCP\r\n\r\n".encode())
        lines = iter(answers.readline, b"\r\n")
        session = next(line for line in lines if line.startswith(b"Session")).split(b";")[0]
        for _ in lines:
            pass
        connection.sendall(f"PLAY {uri} {head}CSeq: 2\r\nRate-Control: no\r\n".encode() + session + b"\r\n\r\n")
        buffer = bytearray(1 << 20)
        while size_bytes > 0:
            received = connection.recv_into(buffer)
            assert received, "the server ended the replay"
            size_bytes -= received


if __name__ == "__main__":
    if len(sys.argv) > 1:
        drain(int(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
