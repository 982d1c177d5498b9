"""Results of pure functions of immutable objects, remembered by which object it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")
R = TypeVar("R")


class Remembered(Generic[V, R]):
    """Makes a result once for each object, as long as that is one of the last `limit` that came.

    Objects are told apart by identity: to compare nested values, or to hash them, takes longer than most of what is
    made of them. For one thread.
    """

    def __init__(self, make: Callable[[V], R], limit: int) -> None:
        self._make = make
        self._limit = limit
        # With the object, so that nothing else can be at its address.
        self._results: dict[int, tuple[V, R]] = {}

    def __call__(self, value: V) -> R:
        known = self._results.get(id(value))
        if known is not None:
            return known[1]
        if len(self._results) >= self._limit:
            del self._results[next(iter(self._results))]
        result = self._make(value)
        self._results[id(value)] = value, result
        return result
