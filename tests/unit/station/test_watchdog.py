"""A real ring under the supervisor: a slow, refusing or full card is lived with, a writer that hangs or died is not."""

import asyncio
import errno
import random
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.unit.station.test_supervisor import Manager, ready
from tests.unit.store.camera import Station, new_device

from argus.station.supervisor import Supervisor
from argus.station.vitals import WRITER_STUCK_S, WriterVital
from argus.store.ring.health import WriterState
from argus.store.ring.writer import Progress


class DeadExecutor(Executor):
    """A thread that died: what is given to it is never begun."""

    def __init__(self) -> None:
        self.never: Future[Any] = Future()

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        return self.never

    def bury(self) -> None:
        """So that the test can end."""
        self.never.set_result(Progress())


class Watched:
    """A ring that runs under a supervisor with a watchdog."""

    def __init__(self) -> None:
        self.station = Station(new_device())
        self.clock, self.ring = self.station.clock, self.station.ring
        self.manager = Manager()
        self._rng = random.Random(3)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        supervisor = Supervisor(clock=self.clock, service_manager=self.manager, vitals=[WriterVital(self.ring)])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(supervisor.run([self.ring], ready=ready, stop=stop))
            await self.clock.advance(0)
            await self.settle()
            try:
                yield
            finally:
                stop.set()

    def append(self) -> None:
        self.ring.append(1, self.station.frame(0, self._rng, 100, key=True))

    async def until(self, true: Callable[[], bool]) -> None:
        """Let the writer's thread come to something that it does in no time."""
        while not true():
            await asyncio.to_thread(int)

    async def settle(self) -> None:
        """Let the writer finish its step; it has one thread."""
        await asyncio.get_running_loop().run_in_executor(self.ring._pulse._writing_thread, int)
        await self.clock.advance(0)

    async def fed(self, seconds: float) -> int:
        """How often the watchdog is fed while so much time passes."""
        before = self.manager.told.count("WATCHDOG")
        await self.clock.advance(seconds)
        return self.manager.told.count("WATCHDOG") - before


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_a_hanging_card_stalls_fails_and_in_the_end_starves_the_watchdog(watched: Watched) -> None:
    hanging, released = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        released.wait(5)

    async with watched.running():
        watched.station.device.before = hang
        watched.append()
        await watched.clock.advance(1)
        await watched.until(hanging.is_set)
        assert watched.ring.health().state is WriterState.OK
        await watched.clock.advance(2.5)
        assert watched.ring.health().state is WriterState.STALLED
        await watched.clock.advance(8)
        health = watched.ring.health()
        assert (health.state, health.step, round(health.step_age_s)) == (WriterState.FAILED, "write", 10)
        watched.append()
        assert await watched.fed(WRITER_STUCK_S - 13) == WRITER_STUCK_S - 13
        await watched.clock.advance(5)
        assert await watched.fed(60) == 0
        assert "store: the writer is in its step 'write' for 121 s" in watched.manager.told
        watched.station.device.before = None
        released.set()
        await watched.until(lambda: watched.ring.health().units == 2)
        assert await watched.fed(10) == 10
        assert (watched.ring.health().state, watched.ring.health().dropped_units) == (WriterState.OK, 0)


async def test_a_card_that_refuses_for_ten_minutes_is_lived_with(watched: Watched) -> None:
    def refuse() -> None:
        raise OSError(errno.EIO, "Input/output error")

    async with watched.running():
        watched.append()
        watched.station.device.before = refuse
        for _ in range(600):
            assert await watched.fed(1) == 1
            await watched.settle()
        assert watched.ring.health().state is WriterState.FAILED
        watched.station.device.before = None
        await watched.clock.advance(6)
        await watched.until(lambda: watched.ring.health().state is WriterState.OK)
        assert watched.ring.health().units == 1


async def test_a_dead_writing_thread_starves_the_watchdog(watched: Watched) -> None:
    async with watched.running():
        watched.append()
        await watched.clock.advance(1)
        await watched.until(lambda: watched.ring.health().units == 1)
        await watched.settle()
        dead = DeadExecutor()
        alive, watched.ring._pulse._writing_thread = watched.ring._pulse._writing_thread, dead  # type: ignore[assignment]
        assert await watched.fed(WRITER_STUCK_S - 2) == WRITER_STUCK_S - 2
        await watched.clock.advance(5)
        assert await watched.fed(600) == 0
        assert any("the writer has not moved for" in told for told in watched.manager.told)
        alive.shutdown()
        dead.bury()


async def test_a_writer_that_meets_the_unforeseen_ends_the_station(watched: Watched) -> None:
    def break_down() -> None:
        raise ValueError("a mistake")

    async def record() -> None:
        async with watched.running():
            watched.append()
            watched.station.device.before = break_down
            await watched.clock.advance(1)
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        await record()
    assert caught.group_contains(ValueError, match="a mistake")
