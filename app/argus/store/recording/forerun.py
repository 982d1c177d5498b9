"""What came before an event: the newest part of a stream, kept in memory until it is wanted or too old."""

from __future__ import annotations

from collections import deque

from argus.base.access_unit import AccessUnit

MAX_BYTES = 32 * 1024 * 1024


class Forerun:
    """Keeps whole groups of pictures that reach back `hold_us`, or as far as MAX_BYTES allow."""

    def __init__(self, hold_us: int) -> None:
        self._hold_us = hold_us
        self._groups: deque[list[AccessUnit]] = deque()
        self._size_bytes = 0

    def take(self, unit: AccessUnit) -> None:
        """Keep a unit; the first one kept is a key frame."""
        if unit.key_frame:
            self._groups.append([])
        elif not self._groups:
            return
        self._groups[-1].append(unit)
        self._size_bytes += len(unit.data)
        while len(self._groups) > 1 and self._groups[1][0].utc_us <= unit.utc_us - self._hold_us:
            self._drop()
        while self._size_bytes > MAX_BYTES:
            self._drop()

    def release(self, after_us: int) -> list[AccessUnit]:
        """Everything kept, in order, from the first key frame later than `after_us`; nothing is kept then."""
        later = (group for group in self._groups if group[0].utc_us > after_us)
        units = [unit for group in later for unit in group]
        self._groups.clear()
        self._size_bytes = 0
        return units

    def _drop(self) -> None:
        self._size_bytes -= sum(len(unit.data) for unit in self._groups.popleft())
