"""What came before an event: the newest part of a stream, kept in memory until it is wanted or too old."""

from __future__ import annotations

from collections import deque

from argus.base.access_unit import AccessUnit

MAX_BYTES = 32 * 1024 * 1024
# Of all streams together, however many jobs wait for an event.
MAX_TOTAL_BYTES = 96 * 1024 * 1024
# What a unit takes beside its data: streams of tiny units are not free.
UNIT_BYTES = 256


class ForerunMemory:
    """The memory that all foreruns share: together they hold at most `limit_bytes`.

    A unit that several of them keep, because their jobs read one stream, counts once. Where memory runs out, whoever
    keeps the most reaches back less far.
    """

    def __init__(self, limit_bytes: int = MAX_TOTAL_BYTES) -> None:
        self.used_bytes = 0
        self._limit_bytes = limit_bytes
        self._holders: dict[int, int] = {}  # how many foreruns keep a unit, by its identity
        self._foreruns: set[Forerun] = set()

    def join(self, forerun: Forerun) -> None:
        self._foreruns.add(forerun)

    def leave(self, forerun: Forerun) -> None:
        self._foreruns.discard(forerun)

    def keep(self, unit: AccessUnit) -> None:
        """Count a unit that one forerun more keeps."""
        holders = self._holders.get(id(unit), 0)
        self._holders[id(unit)] = holders + 1
        if not holders:
            self.used_bytes += _size_bytes(unit)

    def give_up(self, unit: AccessUnit) -> None:
        """Count a unit that one forerun less keeps; it must still exist."""
        holders = self._holders.pop(id(unit)) - 1
        if holders:
            self._holders[id(unit)] = holders
        else:
            self.used_bytes -= _size_bytes(unit)

    def relieve(self) -> None:
        """Take back what is beyond the limit."""
        while self.used_bytes > self._limit_bytes:
            max(self._foreruns, key=lambda forerun: forerun.size_bytes).shorten()


class Forerun:
    """Keeps whole groups of pictures that reach back `hold_us`, or as far as MAX_BYTES and the memory allow."""

    def __init__(self, hold_us: int, memory: ForerunMemory) -> None:
        self.size_bytes = 0
        self.hold_us = hold_us
        self._memory = memory
        self._groups: deque[list[AccessUnit]] = deque()
        memory.join(self)

    def take(self, unit: AccessUnit) -> None:
        """Keep a unit; the first one kept is a key frame."""
        if unit.key_frame:
            self._groups.append([])
        elif not self._groups:
            return
        self._groups[-1].append(unit)
        self.size_bytes += _size_bytes(unit)
        self._memory.keep(unit)
        # The wall clock may be set meanwhile.
        oldest_ns = unit.mono_ns - self.hold_us * 1_000
        while len(self._groups) > 1 and self._groups[1][0].mono_ns <= oldest_ns:
            self.shorten()
        while self.size_bytes > MAX_BYTES:
            self.shorten()
        self._memory.relieve()

    def release(self, after_us: int) -> list[AccessUnit]:
        """Everything kept, in order, from the first key frame later than `after_us`; the forerun is over then."""
        later = (group for group in self._groups if group[0].utc_us > after_us)
        units = [unit for group in later for unit in group]
        self.end()
        return units

    def end(self) -> None:
        """Keep nothing any more."""
        while self._groups:
            self.shorten()
        self._memory.leave(self)

    def shorten(self) -> None:
        """Keep the oldest group no longer."""
        for unit in self._groups.popleft():
            self.size_bytes -= _size_bytes(unit)
            self._memory.give_up(unit)


def _size_bytes(unit: AccessUnit) -> int:
    return len(unit.data) + UNIT_BYTES
