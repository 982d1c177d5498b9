"""The time a step may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from argus.base.clock import Clock
from argus.base.errors import Unavailable


class Deadlines:
    """Knows which steps are under way; `check`, called some times a second, raises when one takes too long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: dict[object, tuple[int, str, float]] = {}

    @contextmanager
    def step(self, why: str, seconds: float) -> Iterator[None]:
        """The block has so long; `why` completes the sentence "no ... within 10 s"."""
        key = object()
        self._steps[key] = (self._clock.mono_ns() + int(seconds * 1e9), why, seconds)
        try:
            yield
        finally:
            del self._steps[key]

    def check(self) -> None:
        """Raises Unavailable "receiver" where a step has taken too long."""
        now_ns = self._clock.mono_ns()
        for until_ns, why, seconds in self._steps.values():
            if now_ns >= until_ns:
                raise Unavailable("receiver", f"no {why} within {seconds:g} s")
