"""A ring recorded on a rig in real time, then cut some hundred times: on a file of an ext4, or on the bare device."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.power.cameras import Camera, Ledger, film
from tests.power.cut import Images, draw_cuts
from tests.power.judge import Verdict, judge
from tests.power.rig import Rig

from argus.base.clock import SystemClock
from argus.store.ring.ring import Ring, RingConfig
from argus.store.ring.volume import FileDevice, Geometry, Volume
from argus.store.ring.volume_file import format_volume

CAMERAS = tuple(Camera(track_id, 2_000_000) for track_id in (1, 2, 3, 4))
VOLUME = "volume.ring"


class Design(StrEnum):
    """Where the ring lies."""

    EXT4 = "a file on ext4"
    RAW = "the raw device"


@dataclass(slots=True)
class Trial:
    """One design on a rig of its own."""

    design: Design
    rig: Rig
    config: RingConfig
    cameras: tuple[Camera, ...] = CAMERAS
    ledger: Ledger = field(init=False)
    ring: Ring = field(init=False)

    def prepare(self) -> Trial:
        """Make the volume; recording has to begin soon after."""
        self.ledger = Ledger(self.cameras)
        if self.design is Design.EXT4:
            path = self.rig.seen(self.rig.mount_ext4() / VOLUME)
            self.ring = Ring.open(path, self.config, SystemClock(), self.ledger.tell)
        else:
            device = FileDevice.open(self.rig.device, writable=True)
            geometry = Geometry.of(self.config.size_bytes, self.config.segment_bytes)
            format_volume(device, geometry, SystemClock().utc_us())
            self.ring = Ring(Volume.open(device), self.config, SystemClock(), self.ledger.tell)
        return self

    async def record(self, seconds: float) -> None:
        await film(self.ring, self.ledger, seconds)

    def finish(self) -> None:
        """Release ring and device; the log stays."""
        self.ring.close()
        if self.design is Design.EXT4:
            self.rig.unmount()

    async def cut(self, count: int, rng: random.Random) -> AsyncIterator[Verdict]:
        """Cut the power so many times after the first second, and judge what is left each time."""
        log = self.rig.log()
        begin_ns = self.ledger.began_ns + 1_000_000_000
        cuts = draw_cuts(log, begin_ns, self.ledger.ended_ns, count, rng)
        images = Images(log, self._quick_folder(), self.rig.size_bytes, rng)
        for cut, in_doubt in images.at(cuts):
            yield await self._judge(images.image, Verdict(cut, in_doubt))
        log.close()

    async def _judge(self, image: Path, verdict: Verdict) -> Verdict:
        if self.design is Design.RAW:
            return await judge(image, self.config, self.ledger, verdict)
        mounted = self.rig.folder / "mounted"
        inside = Path("/") / image.relative_to(self.rig.seen(Path("/")))
        try:
            self.rig.run("mount", "-t", "ext4", "-o", "loop,noatime", inside, mounted)
        except OSError as error:
            verdict.give_up(f"the file system is unusable: {error}", self.ledger)
            return verdict
        try:
            return await judge(self.rig.seen(mounted / VOLUME), self.config, self.ledger, verdict)
        finally:
            self.rig.unmount()

    def _quick_folder(self) -> Path:
        """Memory to build images in, gone with the rig."""
        folder = self.rig.folder / "images"
        folder.mkdir()
        self.rig.run("mount", "-t", "tmpfs", "-o", f"size={self.rig.size_bytes * 5 // 2}", "none", folder)
        return self.rig.seen(folder)


async def record_all(trials: Sequence[Trial], seconds: float) -> None:
    """All trials at once."""
    async with asyncio.TaskGroup() as group:
        for trial in trials:
            group.create_task(trial.record(seconds))
