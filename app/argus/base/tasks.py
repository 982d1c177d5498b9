"""Subsystems: named, supervised loops with a heartbeat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from argus.base.clock import Clock
from argus.base.errors import ArgusError

logger = logging.getLogger(__name__)

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0


class Subsystem(Protocol):
    """A part of the station that runs until cancelled. Ending or raising is a failure of the station."""

    name: str

    async def run(self) -> None: ...


class Heartbeat:
    """Proof of progress of one subsystem: `beat` on every real step, `age_s` asks how long ago that was."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._last_ns = clock.mono_ns()
        self.beats = 0

    def beat(self) -> None:
        self._last_ns = self._clock.mono_ns()
        self.beats += 1

    def age_s(self) -> float:
        return (self._clock.mono_ns() - self._last_ns) / 1e9


async def run_again(name: str, run_once: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Run `run_once` for ever; where it raises, log, back off (0.5 s doubling to 30 s) and start again.

    A run that lasted longer than the longest back-off starts the back-off anew.
    """
    backoff_s = FIRST_BACKOFF_S
    while True:
        started_ns = clock.mono_ns()
        try:
            await run_once()
            backoff_s = FIRST_BACKOFF_S
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if clock.mono_ns() - started_ns > LONGEST_BACKOFF_S * 1e9:
                backoff_s = FIRST_BACKOFF_S
            # An expected error says all there is to say; a camera that stays away must not fill the log.
            unforeseen = None if isinstance(error, ArgusError) else error
            logger.error("%s: %s; it starts again in %.1f s", name, error, backoff_s, exc_info=unforeseen)
            await clock.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, LONGEST_BACKOFF_S)
