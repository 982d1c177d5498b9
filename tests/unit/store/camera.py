"""A small ring in memory and a camera that records into it, remembering what it sent."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.unit.store.memory_device import MemoryDevice

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.base.clock import SimulatedClock
from argus.store.ring.ring import Gop, Ring, RingConfig
from argus.store.ring.volume import Geometry, Volume
from argus.store.ring.volume_file import format_volume

START_US = 1_767_225_600_000_000
VIDEO = StreamFormat(codec=Codec.H264, width=640, height=360, frame_rate=25.0, parameter_sets=(b"\x67sps", b"\x68pps"))
AUDIO = StreamFormat(codec=Codec.PCMU, clock_hz=8000)
METADATA = StreamFormat(codec=Codec.METADATA)
FRAME_US = 40_000

CONFIG = RingConfig(size_bytes=768 << 10, segment_bytes=64 << 10)


def new_device(config: RingConfig = CONFIG) -> MemoryDevice:
    geometry = Geometry.of(config.size_bytes, config.segment_bytes)
    device = MemoryDevice(bytes(geometry.size_bytes))
    format_volume(device, geometry, START_US)
    return device


@dataclass
class Station:
    """A ring on a device, the deletions it told, and the units it was given."""

    device: MemoryDevice
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    config: RingConfig = CONFIG
    deletions: list[tuple[int, int, int]] = field(default_factory=list)
    sent: dict[int, list[AccessUnit]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ring = Ring(
            Volume.open(self.device), self.config, self.clock, lambda *deletion: self.deletions.append(deletion)
        )

    def reopened(self) -> Station:
        """Another start on what the device holds now."""
        return Station(MemoryDevice(self.device.image), self.clock, self.config)

    def append(self, track_id: int, unit: AccessUnit) -> None:
        self.ring.append(track_id, unit)
        self.sent.setdefault(track_id, []).append(unit)

    async def record(
        self, track_id: int, seconds: int, rng: random.Random, *, bytes_per_frame: int = 300, gop: int = 25
    ) -> None:
        """Let the camera run: 25 frames a second, a tick each second."""
        for _ in range(seconds):
            for number in range(25):
                self.append(track_id, self.frame(number, rng, bytes_per_frame, key=number % gop == 0))
            await self.clock.advance(1)
            self.ring.tick()

    def frame(self, number: int, rng: random.Random, size: int, *, key: bool) -> AccessUnit:
        return AccessUnit(
            format=VIDEO,
            data=rng.randbytes(rng.randint(40, 2 * size - 40)),
            key_frame=key,
            utc_us=self.clock.utc_us() + number * FRAME_US,
            mono_ns=self.clock.mono_ns() + number * FRAME_US * 1000 + rng.randint(-500, 500),
        )

    async def replay(self, track_id: int) -> list[AccessUnit]:
        """Every unit that can be read, forwards."""
        return [unit for gop in await self.gops(track_id) for unit in gop.units]

    async def gops(self, track_id: int) -> list[Gop]:
        gops: list[Gop] = []
        gop = await self.ring.gop_at(track_id, -(1 << 60), forward=True)
        while gop is not None:
            gops.append(gop)
            gop = await self.ring.gop_after(gop)
        return gops

    async def rewind(self, track_id: int) -> list[AccessUnit]:
        """Every unit that can be read, GOP by GOP from the end, in order of time."""
        gops: list[Gop] = []
        gop = await self.ring.gop_at(track_id, 1 << 60, forward=False)
        while gop is not None:
            gops.insert(0, gop)
            gop = await self.ring.gop_before(gop)
        return [unit for gop in gops for unit in gop.units]
