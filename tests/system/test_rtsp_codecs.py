"""Every codec that is sent, as ffmpeg plays it, live and recorded, over real sockets on loopback."""

import asyncio
import contextlib
import functools
import itertools
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from tests.system.rtsp_station import PASSWORD, START_US, USER, OneAccount, Streams
from tests.unit.rtsp.twins import MemoryFootage, MemoryRecordings

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat, join_nal_units
from argus.base.clock import SystemClock
from argus.base.tokens import TrackToken
from argus.device.access import Authenticator
from argus.media.annexb import nal_units
from argus.media.hub import StreamHub
from argus.rtsp.directory import Directory
from argus.rtsp.replay_playback import ReplaySource
from argus.rtsp.server import RtspServer
from argus.rtsp.udp import UdpPorts
from argus.store.recording.recordings import Track, TrackConfiguration
from argus.store.ring.span import Gop

WIDTH, HEIGHT, FRAME_RATE, SECONDS = 320, 240, 25, 4
PICTURES = ["-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate={FRAME_RATE}:duration={SECONDS}"]
SOUND = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}"]


def ffmpeg(*arguments: str) -> bytes:
    return subprocess.run(["ffmpeg", "-v", "error", *arguments, "-"], check=True, capture_output=True).stdout


def units_of(stream: StreamFormat, coded: Sequence[tuple[bytes, bool]], step_us: int) -> list[AccessUnit]:
    return [
        AccessUnit(format=stream, data=data, key_frame=key, utc_us=START_US + place * step_us, mono_ns=0)
        for place, (data, key) in enumerate(coded)
    ]


@functools.cache
def h265() -> list[AccessUnit]:
    x265 = ["-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast"]
    x265 += ["-x265-params", "keyint=25:min-keyint=25:bframes=0:aud=1:repeat-headers=1:log-level=none"]
    pictures: list[list[bytes]] = []
    for nal in nal_units(ffmpeg(*PICTURES, *x265, "-f", "hevc")):
        if nal[0] >> 1 == 35:  # access unit delimiter
            pictures.append([])
        else:
            pictures[-1].append(nal)
    sets = tuple(nal for nal in pictures[0] if nal[0] >> 1 in (32, 33, 34))
    stream = StreamFormat(codec=Codec.H265, width=WIDTH, height=HEIGHT, frame_rate=25.0, parameter_sets=sets)
    coded = [(join_nal_units(nals), any(16 <= nal[0] >> 1 <= 23 for nal in nals)) for nals in pictures]
    return units_of(stream, coded, 40_000)


@functools.cache
def jpeg() -> list[AccessUnit]:
    encoded = ffmpeg(*PICTURES, "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-huffman", "default", "-f", "mjpeg")
    pictures = [b"\xff\xd8" + picture for picture in encoded.split(b"\xff\xd8")[1:]]
    stream = StreamFormat(codec=Codec.JPEG, width=WIDTH, height=HEIGHT, frame_rate=25.0)
    return units_of(stream, [(picture, True) for picture in pictures], 40_000)


@functools.cache
def g711(codec: Codec) -> list[AccessUnit]:
    law = "mulaw" if codec is Codec.PCMU else "alaw"
    samples = ffmpeg(*SOUND, "-ar", "8000", "-ac", "1", "-f", law)
    parts = [samples[start : start + 800] for start in range(0, len(samples), 800)]
    stream = StreamFormat(codec=codec, clock_hz=8_000)
    return units_of(stream, [(part, place % 10 == 0) for place, part in enumerate(parts)], 100_000)


@functools.cache
def aac() -> list[AccessUnit]:
    encoded = ffmpeg(*SOUND, "-ar", "16000", "-ac", "1", "-c:a", "aac", "-f", "adts")
    frames, position = [], 0
    while position < len(encoded):
        size = int.from_bytes(encoded[position + 3 : position + 6], "big") >> 5 & 0x1FFF
        frames.append(encoded[position + 7 : position + size])
        position += size
    stream = StreamFormat(codec=Codec.AAC, clock_hz=16_000, parameter_sets=(bytes.fromhex("1408"),))
    return units_of(stream, [(frame, place % 16 == 0) for place, frame in enumerate(frames)], 64_000)


def documents() -> list[AccessUnit]:
    text = b'<?xml version="1.0"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"/>'
    return units_of(StreamFormat(codec=Codec.METADATA), [(text, True)] * SECONDS, 1_000_000)


def recorded(streams: Sequence[list[AccessUnit]]) -> tuple[MemoryFootage, MemoryRecordings]:
    """The streams as finished footage, each a track."""
    gops = []
    for track_id, units in enumerate(streams, start=1):
        starts = [place for place, unit in enumerate(units) if unit.key_frame]
        for start, end in itertools.pairwise([*starts, len(units)]):
            group = tuple(units[start:end])
            ends = end == len(units)
            gops.append(Gop(track_id=track_id, start_us=group[0].utc_us, units=group, complete=True, ends_span=ends))
    tracks = tuple(
        Track(
            token=TrackToken(f"TRACK{number}"),
            track_id=number,
            configuration=TrackConfiguration(kind=units[0].format.codec.kind),
        )
        for number, units in enumerate(streams, start=1)
    )
    recordings = MemoryRecordings("Recording-1")
    recordings.recordings["Recording-1"] = replace(recordings.recordings["Recording-1"], tracks=tracks)
    return MemoryFootage(*gops), recordings


async def capture(hub: StreamHub, units: list[AccessUnit], clock: SystemClock, start_ns: int) -> None:
    """Publish the units at their times, again and again."""
    step_us = units[1].utc_us - units[0].utc_us
    for number in itertools.count():
        due_ns = start_ns + number * step_us * 1_000
        await asyncio.sleep(max(0, due_ns - clock.mono_ns()) / 1e9)
        hub.publish(replace(units[number % len(units)], mono_ns=due_ns, utc_us=clock.utc_us()))


@contextlib.asynccontextmanager
async def station(*streams: list[AccessUnit]) -> AsyncIterator[int]:
    """A server with these streams, live as `main` and recorded as `Recording-1`; its port."""
    clock = SystemClock()
    hubs = [StreamHub(units[0].format.codec, clock) for units in streams]
    footage, recordings = recorded(streams)
    source = ReplaySource(
        recordings=recordings,
        footage=footage,
        clock=clock,
        session_timeout_s=lambda: 60,
        retention_now_us=clock.utc_us,
    )
    server = RtspServer(
        host="127.0.0.1",
        port=0,
        presentations=Directory(Streams(*hubs), source, clock),
        authenticator=Authenticator(OneAccount(), clock),
        ports=UdpPorts(),
        clock=clock,
    )
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(server.run())]
        start_ns = clock.mono_ns()
        running += [
            tasks.create_task(capture(hub, units, clock, start_ns)) for hub, units in zip(hubs, streams, strict=True)
        ]
        await server.listening.wait()
        await asyncio.sleep(0.1)
        try:
            yield server.bound_port
        finally:
            for task in running:
                task.cancel()


async def decoded(port: int, path: str, transport: str, *outputs: str) -> list[str]:
    """The streams' hashes of what ffmpeg decodes, by line."""
    address = f"rtsp://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/{path}"
    process = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-v", "warning", "-rtsp_transport", transport, "-i", address, *outputs, "-f", "framemd5", "-"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return [line for line in output.decode().splitlines() if not line.startswith("#")]


def hashes(lines: Sequence[str], stream: int) -> list[str]:
    return [line.split(",")[-1].strip() for line in lines if line.split(",")[0].strip() == str(stream)]


def reference(units: list[AccessUnit], container: str) -> list[str]:
    """The hashes of the pictures, decoded without a network."""
    data = b"".join(
        b"".join(b"\x00\x00\x00\x01" + bytes(nal) for nal in unit.nal_units())
        if unit.format.codec.length_prefixed
        else unit.data
        for unit in units
    )
    command = ["ffmpeg", "-v", "error", "-f", container, "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-"]
    output = subprocess.run(command, input=data, check=True, capture_output=True).stdout.decode()
    return hashes([line for line in output.splitlines() if not line.startswith("#")], 0)


def samples(lines: Sequence[str], stream: int) -> int:
    """How many samples were decoded."""
    return sum(int(line.split(",")[3]) for line in lines if line.split(",")[0].strip() == str(stream))


ALL = ("-map", "0:v", "-map", "0:a", "-fps_mode", "passthrough")


@pytest.mark.parametrize(
    ("path", "transport", "pictures", "sound"),
    [
        ("live/main", "tcp", "hevc", Codec.PCMU),
        ("live/main", "udp", "mjpeg", Codec.AAC),
        ("replay/Recording-1", "udp", "hevc", Codec.AAC),
        ("replay/Recording-1", "tcp", "mjpeg", Codec.PCMU),
    ],
)
async def test_pictures_and_sound_are_decoded_as_they_were_encoded(
    path: str, transport: str, pictures: str, sound: Codec
) -> None:
    video = h265() if pictures == "hevc" else jpeg()
    audio = aac() if sound is Codec.AAC else g711(sound)
    wanted = reference(video, pictures)
    async with station(video, audio, documents()) as port:
        # Up to a second of it is before the first key frame: sound begins at once.
        lines = await decoded(port, path, transport, *ALL, "-t", "3")
    received = hashes(lines, 0)
    assert len(received) >= 40
    start = wanted.index(received[0])
    assert received == [wanted[(start + place) % len(wanted)] for place in range(len(received))]
    assert samples(lines, 1) >= 1.5 * audio[0].format.clock_hz


async def test_a_law_is_played() -> None:
    async with station(jpeg(), g711(Codec.PCMA)) as port:
        lines = await decoded(port, "live/main", "tcp", "-map", "0:a", "-t", "1")
    assert samples(lines, 0) >= 3_000


async def test_the_tracks_of_a_profile_are_described_by_kind() -> None:
    async with station(h265(), g711(Codec.PCMU), documents()) as port:
        address = f"rtsp://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/live/main"
        process = await asyncio.create_subprocess_exec(
            *("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_type", address),
            *("-of", "csv=p=0"),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            output, _ = await process.communicate()
    assert output.decode().split()[: len(MediaKind)] == ["video", "audio", "data"]
