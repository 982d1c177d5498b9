"""A card that says "written" and is not: noticed within a minute, and nothing else is."""

import asyncio
import errno
import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.unit.store.camera import Station, new_device
from tests.unit.store.memory_device import MemoryDevice

from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.store.medium.readback import LOSES_WRITES, ReadBack
from argus.store.ring.health import WriterState
from argus.store.ring.witness import WitnessedDevice

PATH = Path("/dev/card")
BATCH_BYTES = 256 << 10


@dataclass
class Medium:
    """What is really on the card: reads of the reader come from here."""

    kept: bytearray
    error: OSError | None = None
    before: Callable[[], None] | None = None
    lies: int = 0
    opened: int = 0

    def __call__(self, path: Path) -> "Medium":
        assert path == PATH
        self.opened += 1
        return self

    def read(self, offset: int, size: int) -> bytes:
        if self.before is not None:
            self.before()
        if self.error is not None:
            raise self.error
        if self.lies:
            self.lies -= 1
            return bytes(size)
        return bytes(self.kept[offset : offset + size])

    def close(self) -> None:
        self.opened -= 1


@dataclass
class Card:
    """A card that is written to each second and begins to lose writes when it is told to."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    keeps: Callable[[], bool] = lambda: True
    seed: int = 1

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.device = MemoryDevice(bytes(64 * BATCH_BYTES))
        self.medium = Medium(bytearray(self.device.image))
        self.witness = WitnessedDevice(self.device, self.clock, self.rng)
        self.readback = ReadBack(self.clock, self.medium)
        self.readback.watch(self.witness, PATH)
        self.position = 0

    def write(self) -> None:
        data = self.rng.randbytes(BATCH_BYTES)
        self.witness.write(self.position, data)
        if self.keeps():
            self.medium.kept[self.position : self.position + BATCH_BYTES] = data
        self.witness.sync()
        self.position = (self.position + BATCH_BYTES) % self.device.size_bytes

    async def record(self, seconds: int) -> int:
        """Write each second until the card is found out; after how many seconds that was."""
        for second in range(seconds):
            if self.readback.doubt():
                return second
            self.write()
            await pass_time(self.clock, 1)
        return seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # With one thread whatever is given to it next waits for the read.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        task = asyncio.ensure_future(self.readback.run())
        await self.clock.advance(0)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def pass_time(clock: SimulatedClock, seconds: float) -> None:
    """Let time pass, and the thread that reads finish."""
    await clock.advance(seconds)
    await asyncio.to_thread(int)
    await clock.advance(0)


async def test_a_card_that_keeps_its_word_is_never_doubted() -> None:
    card = Card()
    async with card.running():
        await card.record(500)
    counters = card.readback.counters
    assert (card.readback.doubt(), counters.wrong, counters.uncounted) == ("", 0, 0)
    assert counters.samples == 20
    assert counters.read_bytes <= 0.011 * 500 * BATCH_BYTES
    assert card.medium.opened == 0


@pytest.mark.parametrize("honest_s", [0, 1, 23, 24, 25, 26, 40])
async def test_a_card_that_loses_every_write_is_found_out_within_a_minute(honest_s: int) -> None:
    card = Card(seed=honest_s)
    async with card.running():
        await card.record(honest_s)
        card.keeps = lambda: False
        assert await card.record(200) <= 60
    assert card.readback.doubt() == LOSES_WRITES
    with pytest.raises(OSError, match=LOSES_WRITES):
        card.write()


async def test_a_card_that_loses_every_other_write_is_found_out_soon() -> None:
    card = Card(seed=2)
    card.keeps = lambda: card.rng.random() < 0.5
    async with card.running():
        assert await card.record(600) < 300


async def test_a_single_wrong_sample_is_counted_and_condemns_nothing() -> None:
    card = Card()
    async with card.running():
        for _ in range(5):
            card.medium.lies = 1
            await card.record(100)
    assert (card.readback.counters.wrong, card.readback.doubt()) == (5, "")


async def test_what_is_written_over_while_it_is_read_does_not_count() -> None:
    card = Card()
    card.write()
    card.medium.before = lambda: card.witness.write(0, bytes(BATCH_BYTES))
    card.medium.kept[:] = bytes(len(card.medium.kept))
    await card.readback.look()
    assert (card.readback.counters.samples, card.readback.counters.uncounted) == (0, 1)


@pytest.mark.parametrize(("number", "wrong"), [(errno.EIO, 1), (errno.ENODEV, 0), (errno.ENXIO, 0)])
async def test_a_read_error_is_a_loss_and_a_card_taken_out_is_none(number: int, wrong: int) -> None:
    card = Card()
    card.write()
    card.medium.error = OSError(number, "no")
    await card.readback.look()
    assert card.readback.counters.wrong == wrong
    assert card.medium.opened == 0


async def test_a_path_that_cannot_be_opened_counts_for_nothing() -> None:
    card = Card()
    readback = ReadBack(card.clock)
    readback.watch(card.witness, Path("/nonexistent/card"))
    card.write()
    await readback.look()
    assert (readback.counters.samples, readback.counters.uncounted) == (0, 1)


async def test_another_card_is_another_matter() -> None:
    card = Card()
    card.keeps = lambda: False
    async with card.running():
        await card.record(100)
        assert card.readback.doubt()
        card.readback.unwatch()
        assert card.readback.doubt() == ""
        await pass_time(card.clock, 100)
        card.keeps = lambda: True
        card.witness = WitnessedDevice(card.device, card.clock, card.rng)
        card.readback.watch(card.witness, PATH)
        await card.record(100)
    assert card.readback.doubt() == ""


async def test_a_result_for_a_card_that_was_taken_out_meanwhile_is_dropped() -> None:
    card = Card()
    card.write()
    card.medium.before = card.readback.unwatch
    card.medium.kept[:] = bytes(len(card.medium.kept))
    await card.readback.look()
    assert (card.readback.counters.wrong, card.readback.counters.uncounted) == (0, 1)


async def test_a_ring_on_a_distrusted_card_takes_no_data_and_tells_why() -> None:
    station, rng = Station(new_device()), random.Random(7)
    witness = WitnessedDevice(station.device, station.clock, rng)
    station.ring._volume.device = witness
    await station.record(1, 3, rng)
    assert witness.draw(0) is not None
    witness.distrust(LOSES_WRITES)
    station.append(1, station.frame(0, rng, 100, key=True))
    station.ring.tick()
    health = station.ring.health()
    assert (health.state, LOSES_WRITES in health.detail) == (WriterState.FAILED, True)
    with pytest.raises(Unavailable, match=LOSES_WRITES):
        station.ring.append(1, station.frame(0, rng, 100, key=True))
    assert len(await station.replay(1)) == 75
