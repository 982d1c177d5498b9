"""Time as two numbers: wall time in microseconds UTC, and monotonic time in nanoseconds."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """What every room asks for the time; nobody calls `time` or `datetime.now` itself."""

    def utc_us(self) -> int:
        """Wall time, microseconds since 1970-01-01T00:00:00Z. May step in either direction."""

    def mono_ns(self) -> int:
        """CLOCK_MONOTONIC in nanoseconds. Never steps; meaningless across a reboot."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""


class SystemClock:
    """The machine's own clock."""

    def utc_us(self) -> int:
        return time.time_ns() // 1_000

    def mono_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SimulatedClock:
    """A clock that moves only when `advance` is called; its twin in tests and simulated runs."""

    def __init__(self, utc_us: int = 1_767_225_600_000_000, mono_ns: int = 1_000_000_000) -> None:
        self._utc_us = utc_us
        self._mono_ns = mono_ns
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def utc_us(self) -> int:
        return self._utc_us

    def mono_ns(self) -> int:
        return self._mono_ns

    async def sleep(self, seconds: float) -> None:
        wake_ns = self._mono_ns + int(seconds * 1e9)
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (wake_ns, next(self._order), future))
        await future

    def step(self, seconds: float) -> None:
        """Step the wall clock, as an NTP correction does; monotonic time stays."""
        self._utc_us += int(seconds * 1_000_000)

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking sleepers in order and letting each run before the next wakes."""
        end_ns = self._mono_ns + int(seconds * 1e9)
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end_ns:
            wake_ns, _, future = heapq.heappop(self._sleepers)
            self._move_to(wake_ns)
            if not future.done():
                future.set_result(None)
            await _settle()
        self._move_to(end_ns)

    def _move_to(self, mono_ns: int) -> None:
        passed_ns = max(0, mono_ns - self._mono_ns)
        self._utc_us += passed_ns // 1_000
        self._mono_ns += passed_ns


async def _settle() -> None:
    """Give every ready task a turn; ten rounds cover the longest hand-over chain in the tests."""
    for _ in range(10):
        await asyncio.sleep(0)
