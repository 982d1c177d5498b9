"""Rebase: footage recorded before the first synchronization of a boot moves to the time it was really recorded at.

Decides only. An *offset* is wall time minus monotonic time in microseconds: footage of one boot keeps its monotonic
times, so the difference of two offsets is how far wrong its wall times are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from argus.base.units import US_PER_S
from argus.store.ring.clock_trust import PLAUSIBLE_FROM_US

# A server that is heard first is often corrected by the next, and pictures from before the step are still encoded.
SETTLE_NS = 30_000_000_000
SMALLEST_SHIFT_US = US_PER_S
# A boot that recorded more spans than this before it heard a server keeps the oldest of them where they are.
MOST_MOVES = 4096


class RecordedSpan(NamedTuple):
    """A span of the present boot, as its newest chunk tells.

    `offset_us` is that of the newest chunk: where the clock stepped by less than makes a gap, its end counts.
    `synchronized`: whether the clock was when it was recorded; False where nobody remembers.
    """

    track_id: int
    span: int
    start_us: int
    end_us: int
    offset_us: int
    synchronized: bool


class Move(NamedTuple):
    """All of a span becomes later by `shift_us`; earlier if that is negative."""

    track_id: int
    span: int
    shift_us: int


class Rebase:
    """At most one rebase in a boot, however often the process restarts.

    Ask `is_due` every few seconds. Once it says yes, make the `moves` durable together with the boot id: given as
    `rebased_boot_id` at the next start, it tells that this boot has had its rebase.
    """

    def __init__(self, *, boot_id: int, rebased_boot_id: int) -> None:
        self._boot_id = boot_id
        self._done = boot_id == rebased_boot_id
        self._offset_us = 0
        self._since_ns: int | None = None

    def is_due(self, mono_ns: int, offset_us: int, *, synchronized: bool) -> bool:
        """Whether the clock has been synchronized, without a step, for long enough, and for the first time."""
        if self._done or not synchronized or offset_us + mono_ns // 1000 < PLAUSIBLE_FROM_US:
            self._since_ns = None
            return False
        if self._since_ns is None or abs(offset_us - self._offset_us) >= SMALLEST_SHIFT_US:
            self._offset_us, self._since_ns = offset_us, mono_ns
        return mono_ns - self._since_ns >= SETTLE_NS

    def moves(self, mono_ns: int, newest_boot_id: int, spans: Iterable[RecordedSpan]) -> tuple[Move, ...]:
        """What has to be moved to the offset that `is_due` saw, newest first; ends the rebase of this boot.

        `newest_boot_id`: the boot that recorded the newest footage; if it is another one, `spans` are none of ours.
        """
        assert self._since_ns is not None, "moves are decided when they are due"
        self._done = True
        if newest_boot_id != self._boot_id:
            return ()
        wrong = sorted(
            (span for span in spans if self._is_wrong(span, mono_ns // 1000)),
            key=lambda span: span.end_us - span.offset_us,
            reverse=True,
        )
        return tuple(Move(span.track_id, span.span, self._offset_us - span.offset_us) for span in wrong[:MOST_MOVES])

    def _is_wrong(self, span: RecordedSpan, mono_us: int) -> bool:
        # Monotonic times outside this boot so far are of another one: its offset says nothing.
        if span.start_us < span.offset_us or span.end_us - span.offset_us > mono_us + SMALLEST_SHIFT_US:
            return False
        return not span.synchronized and abs(self._offset_us - span.offset_us) >= SMALLEST_SHIFT_US
