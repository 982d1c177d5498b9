import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.store.camera import START_US, VIDEO, new_device
from tests.unit.store.memory_device import MemoryDevice

from argus.base.access_unit import AccessUnit
from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.store.ring.ring import Ring, RingConfig
from argus.store.ring.volume import Volume

CONFIG = RingConfig(size_bytes=768 << 10, segment_bytes=64 << 10, pending_bytes=10_000)


class Bench:
    """A ring that runs, on a clock that stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.device: MemoryDevice = new_device()
        self.clock = SimulatedClock()
        self.deletions: list[int] = []
        self.ring = Ring(
            Volume.open(self.device), CONFIG, self.clock, lambda track_id, *_: self.deletions.append(track_id)
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.ring.run())
            try:
                yield
            finally:
                task.cancel()

    def append(self, size: int = 100) -> None:
        unit = AccessUnit(
            format=VIDEO, data=bytes(size), key_frame=True, utc_us=self.clock.utc_us(), mono_ns=self.clock.mono_ns()
        )
        self.ring.append(1, unit)

    async def until_durable(self, count: int) -> None:
        while self.ring.health().units < count:
            await asyncio.sleep(0)


async def test_flush_returns_when_everything_is_durable_without_waiting_for_the_tick() -> None:
    bench = Bench()
    async with bench.running():
        await bench.ring.flush()
        bench.append()
        assert bench.ring.spans(1) == ()
        await bench.ring.flush()
        assert len(bench.ring.spans(1)) == 1
    bench.ring.close()


async def test_what_is_pending_beyond_its_bound_is_written_before_the_tick() -> None:
    bench = Bench()
    async with bench.running():
        await bench.ring.flush()
        bench.append(11_000)
        await bench.until_durable(1)
    bench.ring.close()


async def test_every_tick_writes_and_beats() -> None:
    bench = Bench()
    async with bench.running():
        await bench.ring.flush()
        for count in range(1, 4):
            bench.append()
            await bench.clock.advance(CONFIG.tick_s)
            await bench.until_durable(count)
        # The heart beats once the step is over.
        await bench.ring.flush()
        assert bench.ring.heartbeat.age_s() < 2
    bench.ring.close()


async def test_retention_goes_with_the_next_tick() -> None:
    bench = Bench()
    async with bench.running():
        bench.ring.set_retention(1, 5_000_000)
        bench.append()
        await bench.ring.flush()
        while not bench.deletions:
            await bench.clock.advance(1)
    assert bench.deletions == [1]
    bench.ring.close()


async def test_flush_of_a_volume_that_fails_says_so() -> None:
    bench = Bench()
    async with bench.running():
        await bench.ring.flush()
        bench.append()
        bench.device.refusals = 1000
        while not bench.ring.health().detail:
            await bench.clock.advance(6)
        with pytest.raises(Unavailable, match="refused"):
            await bench.ring.flush()
    bench.device.refusals = 0


async def test_a_step_that_was_begun_is_finished_when_the_ring_stops() -> None:
    bench = Bench()
    async with bench.running():
        await bench.ring.flush()
        bench.append()
        bench.ring._pulse.due.set()
        await asyncio.sleep(0)
    bench.append()
    bench.ring.close()
    again = Ring(Volume.open(MemoryDevice(bench.device.image)), CONFIG, SimulatedClock(), lambda *_: None)
    gop = await again.gop_at(1, START_US, forward=True)
    assert gop is not None
    assert again.spans(1)[0].end_us == START_US


async def test_flush_without_run_writes_in_the_callers_thread() -> None:
    bench = Bench()
    bench.append()
    await bench.ring.flush()
    assert len(bench.ring.spans(1)) == 1
    bench.ring.close()
