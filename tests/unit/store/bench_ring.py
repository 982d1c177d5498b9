"""A ring on a card that can be cut off, refused and pulled, used through nothing but its public API."""

from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tests.unit.store.memory_device import FLUSH, MemoryDevice, Write, survive

from argus.base.errors import Unavailable
from argus.store.ring.ring import Gop, Ring, RingConfig
from argus.store.ring.volume import Geometry, Volume
from argus.store.ring.volume_file import format_volume

T = TypeVar("T")
BEFORE_ALL_US, BEHIND_ALL_US = -(1 << 61), 1 << 61


class PowerCut(BaseException):
    """No more of this process."""


class InlineLoop(asyncio.SelectorEventLoop):
    """Runs what is meant for a thread at once: a model takes thousands of reads."""

    def run_in_executor(self, executor: object, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class Card(MemoryDevice):
    """A device that may be pulled out; `durable` is what a power cut leaves of it at least."""

    def __init__(self, image: bytes | bytearray) -> None:
        super().__init__(image)
        self.durable = bytearray(image)
        self.gone = False

    def read(self, offset: int, size: int) -> bytes:
        self._answer()
        return super().read(offset, size)

    def _refuse(self) -> None:
        self._answer()
        super()._refuse()

    def _answer(self) -> None:
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")

    def after_power_cut(self, fate: str, rng: random.Random) -> Card:
        """The card with what is left on it."""
        volatile: list[Write] = []
        for entry in self.log:
            if isinstance(entry, Write):
                volatile.append(entry)
                continue
            # What a refused flush was about is on the medium or not.
            survive(self.durable, volatile, "all" if entry is FLUSH else fate, rng)
            volatile.clear()
        survive(self.durable, volatile, fate, rng)
        return Card(self.durable)


class BenchRing:
    """One life of a ring after the other, on one card."""

    def __init__(
        self, config: RingConfig, clock: Any, created_us: int, on_deleted: Callable[[int, int, int], None]
    ) -> None:
        geometry = Geometry.of(config.size_bytes, config.segment_bytes)
        blank = MemoryDevice(bytes(geometry.size_bytes))
        format_volume(blank, geometry, created_us)
        self.card = Card(blank.image)
        self.loop = InlineLoop()
        self._config, self._clock, self._on_deleted = config, clock, on_deleted
        self.open()

    def open(self) -> None:
        self.card.before = None
        self.ring = Ring(Volume.open(self.card), self._config, self._clock, self._on_deleted)

    def run(self, asked: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asked)

    def is_durable(self) -> bool:
        """Whether everything given to the ring is, or could be made so now."""
        try:
            self.run(self.ring.flush())
        except Unavailable:
            return False
        return True

    def tick_until(self, call: int) -> bool:
        """A tick that ends with a power cut at that call to the card; whether it came that far."""
        left = [call]

        def before() -> None:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCut

        self.card.before = before
        try:
            self.ring.tick()
        except PowerCut:
            return True
        finally:
            self.card.before = None
        return False

    def forwards(self, track_id: int) -> list[Gop]:
        """Every GOP that can be read, from the first on."""
        return self.run(self._walk(self.ring.gop_at(track_id, BEFORE_ALL_US, forward=True), self.ring.gop_after))

    def backwards(self, track_id: int) -> list[Gop]:
        """Every GOP that can be read, from the last on."""
        return self.run(self._walk(self.ring.gop_at(track_id, BEHIND_ALL_US, forward=False), self.ring.gop_before))

    async def _walk(
        self, first: Coroutine[Any, Any, Gop | None], step: Callable[[Gop], Coroutine[Any, Any, Gop | None]]
    ) -> list[Gop]:
        gops: list[Gop] = []
        gop = await first
        while gop is not None:
            gops.append(gop)
            gop = await step(gop)
        return gops
