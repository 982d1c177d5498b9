"""One search under way: results are computed as they are asked for, in slices that leave the event loop its turns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from argus.base.clock import Clock
from argus.base.errors import InvalidValue

T = TypeVar("T")

# Candidates looked at in one turn of the event loop.
_SLICE = 512
# Results in one answer, whatever was asked for.
MOST_RESULTS = 1000
DEFAULT_WAIT_US = 10_000_000
LONGEST_WAIT_US = 60_000_000


class SearchState(StrEnum):
    """tt:SearchState, without the deprecated words."""

    SEARCHING = "Searching"
    COMPLETED = "Completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results(Generic[T]):
    """Part of the results of a search. COMPLETED comes with the last of them."""

    state: SearchState
    items: tuple[T, ...]


class SearchSession(Generic[T]):
    """A search over `candidates`, of which None stands for one that does not match.

    Results are handed out once. `busy` while a call is collecting: the keep-alive time starts again at its end.
    """

    def __init__(
        self, candidates: Iterator[T | None], clock: Clock, *, max_matches: int | None, keep_alive_us: int
    ) -> None:
        self.busy = 0
        self.last: T | None = None
        self._candidates = candidates
        self._clock = clock
        self._missing = max_matches
        self._keep_alive_ns = keep_alive_us * 1000
        self._ready: deque[T] = deque()
        self._exhausted = max_matches == 0
        self._ended = False
        self._touched_ns = clock.mono_ns()

    @property
    def state(self) -> SearchState:
        """COMPLETED once nothing is left to hand out."""
        over = self._ended or (self._exhausted and not self._ready)
        return SearchState.COMPLETED if over else SearchState.SEARCHING

    def expired(self) -> bool:
        """Whether nobody asked for the keep-alive time."""
        return not self.busy and self._clock.mono_ns() - self._touched_ns > self._keep_alive_ns

    def touch(self) -> None:
        """Start the keep-alive time anew."""
        self._touched_ns = self._clock.mono_ns()

    def end(self) -> None:
        """Have a call that is collecting return at once."""
        self._ended = True

    async def collect(self, min_results: int | None, max_results: int | None, wait_us: int | None) -> Results[T]:
        """Wait for `max_results`, for `min_results`, for the end of the search or for `wait_us`, what comes first.

        A wait or a minimum out of range is adapted.

        Raises:
            InvalidValue("max results"): it is negative.
        """
        if max_results is not None and max_results < 0:
            raise InvalidValue("max results", f"{max_results} results cannot be returned")
        most = MOST_RESULTS if max_results is None else min(max_results, MOST_RESULTS)
        enough = most if min_results is None else min(max(min_results, 1), most)
        wait_us = DEFAULT_WAIT_US if wait_us is None else min(max(wait_us, 0), LONGEST_WAIT_US)
        deadline_ns = self._clock.mono_ns() + wait_us * 1000
        self.busy += 1
        try:
            self._look(most)
            while not self._collected(enough) and self._clock.mono_ns() < deadline_ns:
                await asyncio.sleep(0)
                self._look(most)
        finally:
            self.busy -= 1
            self.touch()
        return self._hand_out(most)

    def _collected(self, enough: int) -> bool:
        return self._ended or self._exhausted or len(self._ready) >= enough

    def _look(self, most: int) -> None:
        """Look at one slice of candidates; one result beyond `most` is enough to tell that more will come."""
        for _ in range(_SLICE):
            if self._exhausted or self._ended or len(self._ready) > most:
                return
            try:
                found = next(self._candidates)
            except StopIteration:
                self._exhausted = True
                return
            if found is None:
                continue
            self._ready.append(found)
            if self._missing is not None:
                self._missing -= 1
                self._exhausted = self._missing == 0

    def _hand_out(self, most: int) -> Results[T]:
        items = tuple(self._ready.popleft() for _ in range(min(most, len(self._ready))))
        if items:
            self.last = items[-1]
        return Results(state=self.state, items=items)
