"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable

SHORTEST_S = 1.0
# Footage of a camera that came back is lost until it is asked again.
LONGEST_S = 30.0


class BackOff:
    """Waits that double from 1-2 s to 15-30 s, each at random in its range: cameras behind one switch come back at
    once, and are not all asked at once."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        """`chance` gives a number in [0, 1)."""
        self._chance = chance
        self.reset()

    def reset(self) -> None:
        """Begin with the shortest wait again."""
        self._range_s = SHORTEST_S

    def next_s(self) -> float:
        """The next wait in seconds."""
        wait_s = self._range_s * (1 + self._chance())
        self._range_s = min(self._range_s * 2, LONGEST_S / 2)
        return wait_s
