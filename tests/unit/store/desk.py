"""A station's storage on a card that a test pulls and pushes in."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.store.house import picture

from argus.base.clock import SimulatedClock
from argus.linux.block_devices import SimulatedBlockDevices
from argus.store.medium.medium import Medium
from argus.store.medium.storage import LOOK_S, Storage
from argus.store.ring.ring import RingConfig
from argus.store.ring.volume import FileDevice, InUse, Volume

OURS, THEIRS = uuid.UUID(int=1), uuid.UUID(int=2)
CONFIG = RingConfig(size_bytes=2 << 20, segment_bytes=64 << 10)
GATE, DOOR = 41, 42


@dataclass
class Desk:
    """A station's storage on a card that a test pulls and pushes in."""

    card: Path
    pocket: Path
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    devices: SimulatedBlockDevices = field(default_factory=SimulatedBlockDevices)
    deleted: list[tuple[int, int, int]] = field(default_factory=list)

    def storage(self, station: uuid.UUID = OURS, **options: object) -> Storage:
        def on_deleted(*deletion: int) -> None:
            self.deleted.append(deletion)  # type: ignore[arg-type]

        return Storage(Medium(self.card, self.devices, station), CONFIG, self.clock, on_deleted, **options)  # type: ignore[arg-type]

    def pull(self) -> None:
        self.card.rename(self.pocket)

    def push(self) -> None:
        self.pocket.rename(self.card)

    def give_to(self, station: uuid.UUID, path: Path | None = None) -> None:
        device = FileDevice.open(path or self.card, writable=True)
        Volume.open(device).adopt(station)
        device.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let simulated time pass, and the threads come to their end, until the condition holds."""
        for _ in range(2_000):
            if condition():
                return
            await self.clock.advance(LOOK_S / 4)
            await asyncio.to_thread(os.sched_yield)
        raise AssertionError("it never came true")

    @asynccontextmanager
    async def running(self, storage: Storage) -> AsyncIterator[None]:
        task = asyncio.create_task(storage.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            storage.close()
            assert task.cancelled(), task.exception()

    async def film(self, storage: Storage, track_id: int = GATE) -> None:
        """One second of it, durable."""
        for number in range(5):
            storage.append(track_id, picture(self.clock, key=number == 0))
            await self.clock.advance(0.2)
        storage.end_span(track_id)
        await storage.flush()


def is_free(path: Path) -> bool:
    """Whether nobody writes the volume any more."""
    try:
        FileDevice.open(path, writable=True).close()
    except InUse:
        return False
    return True


def started(desk: Desk, **options: object) -> Storage:
    storage = desk.storage(**options)  # type: ignore[arg-type]
    storage.create()
    storage.start()
    return storage
