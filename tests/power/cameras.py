"""Cameras whose every frame says which one it is, and the ledger of what a ring was given and what it promised."""

from __future__ import annotations

import asyncio
import random
import struct
import time
import zlib
from dataclasses import dataclass, field

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.store.ring.ring import Ring

FPS = 25
FRAME_NS = 1_000_000_000 // FPS
FORMAT = StreamFormat(codec=Codec.H264, width=1280, height=720, frame_rate=FPS, parameter_sets=(b"\x67", b"\x68"))
# Length prefix and NAL header of a slice, then: track, number, checksum of everything behind.
_HEAD = struct.Struct(">IBHII")
_KEY_NAL, _NAL = 0x65, 0x41
_POOL = random.Random(7).randbytes(1 << 20)


@dataclass(frozen=True, slots=True)
class Camera:
    """A track of so many bits per second; a key frame of four times the mean size each second."""

    track_id: int
    bitrate_bps: int

    def frame(self, number: int) -> bytes:
        mean = self.bitrate_bps // 8 // FPS
        size = 4 * mean if number % FPS == 0 else mean * (FPS - 4) // (FPS - 1)
        at = (self.track_id * 7919 + number * 104_729) % (len(_POOL) - size)
        body = _POOL[at : at + size - _HEAD.size]
        nal = _NAL if number % FPS else _KEY_NAL
        return _HEAD.pack(size - 4, nal, self.track_id, number, zlib.crc32(body)) + body


def number_of(track_id: int, data: bytes) -> int | None:
    """The number of a frame of the track, None if one of its bytes is not as it was made."""
    if len(data) < _HEAD.size:
        return None
    length, _, track, number, checksum = _HEAD.unpack_from(data)
    intact = length == len(data) - 4 and track == track_id and checksum == zlib.crc32(data[_HEAD.size :])
    return number if intact else None


@dataclass(frozen=True, slots=True)
class Promise:
    """From this moment on, the frames of a track up to one of this time are durable."""

    mono_ns: int
    track_id: int
    utc_us: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """A range that was told as deleted."""

    mono_ns: int
    track_id: int
    start_us: int
    end_us: int


@dataclass(slots=True)
class Ledger:
    """What happened while it was recorded. Frame `number` of each track was taken at `time_us(number)`."""

    cameras: tuple[Camera, ...]
    began_ns: int = 0
    offset_us: int = 0
    ended_ns: int = 0
    video_bytes: int = 0
    promises: list[Promise] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)

    def begin(self) -> None:
        """The first frame is taken now."""
        self.began_ns = time.monotonic_ns()
        self.offset_us = (time.time_ns() - self.began_ns) // 1000

    def time_us(self, number: int) -> int:
        return self.began_ns // 1000 + self.offset_us + number * FRAME_NS // 1000

    def moment_us(self, mono_ns: int) -> int:
        """The wall time of the cameras at a moment."""
        return mono_ns // 1000 + self.offset_us

    def tell(self, track_id: int, start_us: int, end_us: int) -> None:
        """The ring deletes."""
        self.deletions.append(Deletion(time.monotonic_ns(), track_id, start_us, end_us))


async def film(ring: Ring, ledger: Ledger, seconds: float, watch_s: float = 0.02) -> None:
    """Feed the ring in real time while its `run` runs; every `watch_s`, write down what it promises by then."""
    ledger.begin()
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(ring.run())
        watching = group.create_task(_watch(ring, ledger, watch_s))
        await _feed(ring, ledger, seconds)
        await ring.flush()
        ledger.ended_ns = time.monotonic_ns()
        watching.cancel()
        writing.cancel()


def fill(ring: Ring, ledger: Ledger, size_bytes: int) -> None:
    """Record so much as fast as it goes, as if it had been taken until now."""
    bytes_by_s = sum(camera.bitrate_bps for camera in ledger.cameras) // 8
    seconds = size_bytes // bytes_by_s + 1
    ledger.begin()
    ledger.began_ns -= seconds * 1_000_000_000
    for second in range(seconds):
        for number in range(second * FPS, second * FPS + FPS):
            _append(ring, ledger, number)
        ring.tick()


async def _feed(ring: Ring, ledger: Ledger, seconds: float) -> None:
    for number in range(int(seconds * FPS)):
        due_ns = ledger.began_ns + number * FRAME_NS
        await asyncio.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
        _append(ring, ledger, number)


def _append(ring: Ring, ledger: Ledger, number: int) -> None:
    """Frame `number` of every camera."""
    for camera in ledger.cameras:
        data = camera.frame(number)
        unit = AccessUnit(
            format=FORMAT,
            data=data,
            key_frame=number % FPS == 0,
            utc_us=ledger.time_us(number),
            mono_ns=ledger.began_ns + number * FRAME_NS,
        )
        ring.append(camera.track_id, unit)
        ledger.video_bytes += len(data)


async def _watch(ring: Ring, ledger: Ledger, watch_s: float) -> None:
    known = dict.fromkeys((camera.track_id for camera in ledger.cameras), 0)
    while True:
        for track_id in known:
            spans = ring.spans(track_id)
            if spans and spans[-1].end_us > known[track_id]:
                known[track_id] = spans[-1].end_us
                ledger.promises.append(Promise(time.monotonic_ns(), track_id, known[track_id]))
        await asyncio.sleep(watch_s)
