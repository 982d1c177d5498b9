"""The pulse: lets the writer of a ring step every tick, and retention every few seconds, outside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.base.tasks import Heartbeat
from argus.store.ring.ring_config import RingConfig
from argus.store.ring.writer import Progress, Writer


class Pulse:
    """Belongs to the event loop's thread. The writer has a thread of its own, because a card may keep it waiting.

    `announce` tells what a step did and answers whether another one is to follow at once; `retain` queues what is to
    be deleted, may block, and runs in `threads`.
    """

    def __init__(
        self,
        writer: Writer,
        announce: Callable[[Progress], bool],
        retain: Callable[[], None],
        config: RingConfig,
        clock: Clock,
        heartbeat: Heartbeat,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.running = False
        self.due = asyncio.Event()
        self.retention_due = asyncio.Event()
        self._writer = writer
        self._announce = announce
        self._retain = retain
        self._config = config
        self._clock = clock
        self._heartbeat = heartbeat
        self._threads = threads
        self._writing_thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._stepped = asyncio.Event()
        self._hurried = False

    async def run(self) -> None:
        """Go on until cancelled; a step that was begun is finished then."""
        self.running = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._remind(self.due, self._config.tick_s))
                group.create_task(self._remind(self.retention_due, self._config.retention_step_s))
                group.create_task(self._write_when_due())
                group.create_task(self._retain_regularly())
        finally:
            self.running = False

    def retain_now(self) -> None:
        """Apply retention, and make that durable, without waiting for the next turn."""
        self._hurried = True
        self.retention_due.set()

    async def durable(self, wanted: int) -> None:
        """Return when that many of all things ever queued are durable.

        Raises:
            Unavailable: the volume failed.
        """
        while self._writer.durable < wanted:
            if self._writer.failure or not self.running:
                raise Unavailable("storage", self._writer.failure or "the recorder's store is not running")
            stepped = self._stepped
            self.due.set()
            await stepped.wait()

    def close(self) -> None:
        """Return when the last step ended."""
        self._writing_thread.shutdown(wait=True)

    async def _remind(self, due: asyncio.Event, interval_s: float) -> None:
        while True:
            due.set()
            await self._clock.sleep(interval_s)

    async def _write_when_due(self) -> None:
        while True:
            await self.due.wait()
            self.due.clear()
            more = True
            while more:
                more = await self._step_in_thread()

    async def _step_in_thread(self) -> bool:
        """One step of the writer; it runs to its end even when the caller is cancelled."""
        running = asyncio.get_running_loop().run_in_executor(self._writing_thread, self._writer.step)
        cancelled: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
        more = self._announce(running.result())
        if not self._writer.failure:
            self._heartbeat.beat()
        self._stepped.set()
        self._stepped = asyncio.Event()
        if cancelled is not None:
            raise cancelled
        return more

    async def _retain_regularly(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.retention_due.wait()
            self.retention_due.clear()
            # A volume that takes no data takes no cuts, and the same ones must not pile up meanwhile.
            if self._writer.failure:
                continue
            hurried, self._hurried = self._hurried, False
            await loop.run_in_executor(self._threads, self._retain)
            # What the time queues goes with the next tick: no flush for it alone.
            if hurried:
                self.due.set()
