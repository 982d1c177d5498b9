"""The RTSP server as ffmpeg sees it, over real sockets on loopback."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.system.rtsp_station import FRAME_US, GOP_FRAMES, PASSWORD, USER, encode_clip, rtsp_station

from argus.device.digest import HashAlgorithm
from argus.rtsp.protocol.uri import Service
from argus.rtsp.server import RtspServer

Clip = list[tuple[bytes, bool]]
PLAYER = Path(__file__).with_name("gstreamer_player.py")


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(6)


def uri(server: RtspServer, service: Service, *, host: str = "127.0.0.1", password: str = PASSWORD) -> str:
    token = "main" if service is Service.LIVE else "Recording-1"
    return f"rtsp://{USER}:{password.replace(' ', '%20')}@{host}:{server.bound_port}/{service}/{token}"


async def run(program: str, *arguments: str, timeout_s: float = 30.0) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(timeout_s):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode(), errors.decode()


async def frame_hashes(address: str, transport: str, frames: int) -> list[str]:
    """The MD5 of every decoded picture, as ffmpeg plays them."""
    code, output, errors = await run(
        *("ffmpeg", "-v", "warning", "-rtsp_transport", transport, "-i", address),
        *("-frames:v", str(frames), "-fps_mode", "passthrough", "-f", "framemd5", "-"),
    )
    assert code == 0, errors
    return [line.split(",")[-1].strip() for line in output.splitlines() if not line.startswith("#")]


async def reference_hashes(clip: Clip) -> list[str]:
    """The MD5 of every picture of the clip, decoded without a network."""
    process = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-v", "error", "-f", "h264", "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(annex_b(clip))
    return [line.split(",")[-1].strip() for line in output.decode().splitlines() if not line.startswith("#")]


def annex_b(clip: Clip) -> bytes:
    stream = bytearray()
    for data, _ in clip:
        position = 0
        while position < len(data):
            size = int.from_bytes(data[position : position + 4], "big")
            stream += b"\x00\x00\x00\x01" + data[position + 4 : position + 4 + size]
            position += 4 + size
    return bytes(stream)


def is_run(received: Sequence[str], reference: Sequence[str]) -> bool:
    """Whether the pictures follow each other as in the reference, which is played round and round."""
    start = reference.index(received[0])
    return all(picture == reference[(start + n) % len(reference)] for n, picture in enumerate(received))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_ffmpeg_plays_live_without_a_missing_picture(clip: Clip, transport: str) -> None:
    async with rtsp_station(clip) as (server, _, _):
        received = await frame_hashes(uri(server, Service.LIVE), transport, 60)
    assert len(received) == 60
    assert is_run(received, await reference_hashes(clip))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_ffmpeg_plays_a_recording_from_its_beginning(clip: Clip, transport: str) -> None:
    async with rtsp_station(clip) as (server, _, _):
        received = await frame_hashes(uri(server, Service.REPLAY), transport, 80)
    assert received == (await reference_hashes(clip))[:80]


@pytest.mark.parametrize(
    ("service", "arguments", "least"),
    [
        (Service.LIVE, ("tcp", "3"), 40),
        (Service.LIVE, ("udp", "3"), 40),
        (Service.REPLAY, ("tcp", "4"), 70),
        (Service.REPLAY, ("tcp", "2", "onvif-mode=true", "onvif-rate-control=false", "is-live=true"), 140),
    ],
)
async def test_gstreamer_plays(clip: Clip, service: Service, arguments: tuple[str, ...], least: int) -> None:
    async with rtsp_station(clip) as (server, _, _):
        address = (
            f"rtsp://127.0.0.1:{server.bound_port}/{service}/{'main' if service is Service.LIVE else 'Recording-1'}"
        )
        code, output, errors = await run(sys.executable, str(PLAYER), address, USER, PASSWORD, *arguments)
    assert code == 0, errors
    assert int(output) >= least, errors


async def test_the_server_speaks_ipv6(clip: Clip) -> None:
    async with rtsp_station(clip, host="::1") as (server, _, _):
        received = await frame_hashes(uri(server, Service.LIVE, host="[::1]"), "udp", 10)
    assert len(received) == 10


async def test_ffprobe_reads_size_and_rate_from_the_description(clip: Clip) -> None:
    async with rtsp_station(clip) as (server, _, _):
        code, output, errors = await run(
            *("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_streams", "-of", "json"),
            uri(server, Service.REPLAY),
        )
    assert code == 0, errors
    stream = json.loads(output)["streams"][0]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", 320, 240)


async def test_a_wrong_password_plays_nothing(clip: Clip) -> None:
    async with rtsp_station(clip) as (server, _, _):
        code, _, errors = await run("ffprobe", "-rtsp_transport", "tcp", uri(server, Service.LIVE, password="wrong"))
    assert code != 0
    assert "401" in errors


async def test_ffmpeg_logs_in_where_only_md5_is_offered(clip: Clip) -> None:
    async with rtsp_station(clip, algorithms=(HashAlgorithm.MD5,)) as (server, _, _):
        assert len(await frame_hashes(uri(server, Service.LIVE), "tcp", 5)) == 5


def test_the_clip_is_what_the_tests_say(clip: Clip) -> None:
    assert len(clip) * FRAME_US == 6_000_000
    assert [number for number, (_, key_frame) in enumerate(clip) if key_frame] == list(range(0, len(clip), GOP_FRAMES))
