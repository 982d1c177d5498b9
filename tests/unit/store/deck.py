"""A ring in memory for several recorders on a clock set by hand, cheap enough for many laps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from tests.crash.workload import HandClock
from tests.unit.store.camera import START_US, VIDEO
from tests.unit.store.memory_device import MemoryDevice

from argus.base.access_unit import AccessUnit, MediaKind, StreamFormat
from argus.linux.time_sync import SimulatedTimeSync
from argus.store.ring.label import TrackLabel
from argus.store.ring.ring import Gop, Ring, RingConfig, Span
from argus.store.ring.volume import Geometry, Volume
from argus.store.ring.volume_file import format_volume

SEGMENT_BYTES = 64 << 10
S = 1_000_000


class Deck:
    """One life of a ring; `reopened` and `after_crash` are the next ones. Footage of a second is one key frame."""

    def __init__(
        self,
        device: MemoryDevice | None = None,
        clock: HandClock | None = None,
        *,
        size_bytes: int = 2 << 20,
        time_sync: SimulatedTimeSync | None = None,
        read_only: bool = False,
    ) -> None:
        self.config = RingConfig(size_bytes=size_bytes, segment_bytes=SEGMENT_BYTES)
        self.device = device or new_device(self.config)
        self.clock = clock or HandClock(START_US)
        self.time_sync = time_sync or SimulatedTimeSync()
        self.deletions: list[tuple[int, int, int]] = []
        self.sent: dict[int, list[AccessUnit]] = {}
        self.ring = Ring(
            Volume.open(self.device),
            self.config,
            self.clock,
            lambda *deletion: self.deletions.append(deletion),
            read_only=read_only,
            time_sync=self.time_sync,
        )
        self._rng = random.Random(1)

    @property
    def segments(self) -> int:
        """How many the volume has."""
        return self.ring._volume.geometry.data_segments

    @property
    def volume_bytes(self) -> int:
        return self.segments * SEGMENT_BYTES

    def after_crash(self, time_sync: SimulatedTimeSync | None = None) -> Deck:
        """Another start on what the device holds now; in the same boot unless `time_sync` tells of another."""
        size_bytes = self.config.size_bytes
        again = Deck(
            MemoryDevice(self.device.image),
            self.clock,
            size_bytes=size_bytes,
            time_sync=time_sync or self.time_sync,
        )
        again.sent = self.sent
        return again

    def reopened(self, time_sync: SimulatedTimeSync | None = None) -> Deck:
        """Another start after the ring was closed."""
        self.ring.close()
        return self.after_crash(time_sync)

    def name(self, track_id: int, recording: str) -> None:
        self.ring.set_label(track_id, TrackLabel(recording=recording, track="V", kind=MediaKind.VIDEO))

    def frame(
        self, track_id: int, size: int, *, key: bool = True, after_us: int = 0, stream_format: StreamFormat = VIDEO
    ) -> AccessUnit:
        """Append one unit."""
        unit = AccessUnit(
            format=stream_format,
            data=self._rng.randbytes(size),
            key_frame=key,
            utc_us=self.clock.utc_us() + after_us,
            mono_ns=self.clock.mono_ns() + after_us * 1000,
        )
        self.ring.append(track_id, unit)
        self.sent.setdefault(track_id, []).append(unit)
        return unit

    def record(self, seconds: int, sizes: Mapping[int, int], *, maintain: bool = True) -> None:
        """One unit a second of each track, of so many bytes; retention, quotas and the clock are looked after."""
        for second in range(seconds):
            for track_id, size in sizes.items():
                self.frame(track_id, size)
            self.ring.tick()
            if maintain and second % 10 == 9:
                self.maintain()
            self.clock.pass_time(1)

    def maintain(self) -> None:
        self.ring.apply_retention()
        self.ring.tick()

    def idle(self, seconds: int) -> None:
        """Time passes, nobody records."""
        for _ in range(0, seconds, 10):
            self.maintain()
            self.clock.pass_time(10)
        self.maintain()

    def spans(self, track_id: int) -> list[tuple[int, int]]:
        """Where the footage is, in seconds since the first start."""
        return [seconds(span) for span in self.ring.spans(track_id)]

    def gops(self, track_id: int) -> list[Gop]:
        return asyncio.run(self._gops(track_id))

    def replay(self, track_id: int) -> list[AccessUnit]:
        return [unit for gop in self.gops(track_id) for unit in gop.units]

    async def _gops(self, track_id: int) -> list[Gop]:
        gops: list[Gop] = []
        gop = await self.ring.gop_at(track_id, -(1 << 60), forward=True)
        while gop is not None:
            gops.append(gop)
            gop = await self.ring.gop_after(gop)
        return gops


def new_device(config: RingConfig) -> MemoryDevice:
    geometry = Geometry.of(config.size_bytes, config.segment_bytes)
    device = MemoryDevice(bytes(geometry.size_bytes))
    format_volume(device, geometry, START_US)
    return device


def seconds(span: Span) -> tuple[int, int]:
    return (span.start_us - START_US) // S, (span.end_us - START_US) // S
