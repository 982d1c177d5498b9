"""Answers waiting for their moment: each Probe is answered after a random delay."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass

from argus.base.clock import Clock
from argus.linux.multicast import Address

# An answer that becomes due before the one being waited for is late by at most this.
_LONGEST_NAP_S = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whom to answer, and the interface and own address the question came to (None where it came to the group)."""

    relates_to: str
    to: Address
    port: int
    interface_index: int
    source: Address | None


class PendingAnswers:
    """A bounded queue ordered by due time."""

    def __init__(self, *, max_answers: int, clock: Clock) -> None:
        self._max_answers = max_answers
        self._clock = clock
        self._heap: list[tuple[int, int, Answer]] = []
        self._order = itertools.count()
        self._added = asyncio.Event()

    def add(self, answer: Answer, *, delay_s: float) -> bool:
        """Queue an answer for `delay_s` from now; False where the queue is full and the answer is dropped."""
        if len(self._heap) >= self._max_answers:
            return False
        heapq.heappush(self._heap, (self._clock.mono_ns() + int(delay_s * 1e9), next(self._order), answer))
        self._added.set()
        return True

    async def next(self) -> Answer:
        """The next answer, as soon as it is due."""
        while True:
            if not self._heap:
                self._added.clear()
                await self._added.wait()
            wait_s = (self._heap[0][0] - self._clock.mono_ns()) / 1e9
            if wait_s <= 0:
                return heapq.heappop(self._heap)[2]
            await self._clock.sleep(min(wait_s, _LONGEST_NAP_S))
