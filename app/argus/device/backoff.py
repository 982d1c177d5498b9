"""Patience with wrong passwords: makes guessing slow for the guesser and for nobody else."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from argus.base.clock import Clock

FREE_FAILURES = 5
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
# A row of failures is forgotten after this long without another.
MEMORY_S = 15 * 60
MAX_ENTRIES = 2048
# Longer names cannot belong to an account; the table does not keep what a stranger made up.
_KEY_LENGTH = 65


@dataclass(slots=True)
class _Row:
    failures: int = 0
    blocked_until_ns: int = 0
    last_ns: int = 0


class Backoff:
    """Counts failures in a row per (address, user) and says how long that pair must wait.

    After five failures the pair waits 1 s, then 2, 4, 8, 16 and at most 30 s after each further one. The wait
    concerns the pair alone: the same user from another address is not locked out. The table is bounded; the pair
    that failed longest ago is forgotten first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: OrderedDict[tuple[str, str], _Row] = OrderedDict()

    def wait_s(self, peer: str, username: str) -> float:
        """Seconds until this pair is heard again; 0 when it is heard now."""
        row = self._rows.get((peer, username[:_KEY_LENGTH]))
        return 0.0 if row is None else max(0.0, (row.blocked_until_ns - self._clock.mono_ns()) / 1e9)

    def failed(self, peer: str, username: str) -> None:
        key, now_ns = (peer, username[:_KEY_LENGTH]), self._clock.mono_ns()
        row = self._rows.pop(key, None)
        if row is None or now_ns - row.last_ns > MEMORY_S * 1e9:
            row = _Row()
        row.failures += 1
        row.last_ns = now_ns
        if row.failures >= FREE_FAILURES:
            doublings = min(row.failures - FREE_FAILURES, 10)
            row.blocked_until_ns = now_ns + int(min(FIRST_WAIT_S * 2**doublings, LONGEST_WAIT_S) * 1e9)
        self._rows[key] = row
        while len(self._rows) > MAX_ENTRIES:
            self._rows.popitem(last=False)

    def succeeded(self, peer: str, username: str) -> None:
        self._rows.pop((peer, username[:_KEY_LENGTH]), None)
