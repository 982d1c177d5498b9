"""Runs the subsystems in one task group and feeds the service watchdog with real progress only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from argus.base.clock import Clock
from argus.base.tasks import Subsystem

logger = logging.getLogger(__name__)

WATCHDOG_PERIOD_S = 1.0


class Vital(Protocol):
    """A part whose progress decides whether the station lives."""

    name: str

    def stuck(self) -> str | None:
        """Why no progress can be expected without a restart, or None."""


class ServiceManager(Protocol):
    """The part of sd_notify(3) that the supervisor uses."""

    def ready(self) -> None: ...
    def status(self, text: str) -> None: ...
    def watchdog(self) -> None: ...
    def stopping(self) -> None: ...


class Supervisor:
    """Starts every subsystem, says READY when the station serves, and stops all when one of them ends.

    An essential subsystem that raises ends the process: the service manager starts it again, which is simpler to
    reason about than half a station. Subsystems that can recover do so inside (`base.tasks.run_again`).
    """

    def __init__(self, *, clock: Clock, service_manager: ServiceManager, vitals: Sequence[Vital]) -> None:
        self._clock = clock
        self._service_manager = service_manager
        self._vitals = vitals

    async def run(
        self, subsystems: Sequence[Subsystem], *, ready: Callable[[], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Run until `stop` is set, then cancel the subsystems in the reverse order of their start.

        `ready` is awaited before READY=1 is told.

        Raises:
            ExceptionGroup: a subsystem failed.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_named(subsystem), name=subsystem.name) for subsystem in subsystems]
            watchdog = group.create_task(self._feed_watchdog(), name="watchdog")
            announcing = group.create_task(self._announce(ready), name="ready")
            await stop.wait()
            self._service_manager.stopping()
            logger.info("stopping")
            announcing.cancel()
            for task in reversed(tasks):
                task.cancel()
                await asyncio.wait([task])
            watchdog.cancel()

    async def _announce(self, ready: Callable[[], Awaitable[None]]) -> None:
        await ready()
        self._service_manager.ready()

    async def _feed_watchdog(self) -> None:
        """Pet the watchdog while nothing vital is stuck; say what is stuck when it is, and let the watchdog bite."""
        told = ""
        while True:
            reasons = [f"{vital.name}: {reason}" for vital in self._vitals if (reason := vital.stuck())]
            if not reasons:
                self._service_manager.watchdog()
            elif told != (told := "; ".join(reasons)):
                logger.critical("no progress, the watchdog is no longer fed: %s", told)
                self._service_manager.status(told)
            await self._clock.sleep(WATCHDOG_PERIOD_S)


async def _named(subsystem: Subsystem) -> None:
    await subsystem.run()
    raise RuntimeError(f"{subsystem.name} ended by itself")
