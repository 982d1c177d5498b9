"""What the configuration side asks of the ring on disk, and a twin of it that keeps only times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.errors import Unavailable


class Span(Protocol):
    """An unbroken run of footage: capture times of its first and last access unit.

    `growing` tells that more is being appended to it.
    """

    @property
    def start_us(self) -> int: ...

    @property
    def end_us(self) -> int: ...

    @property
    def growing(self) -> bool: ...


class Footage(Protocol):
    """The media of all tracks, by track id."""

    def append(self, track_id: int, unit: AccessUnit) -> None:
        """Take one access unit. Never blocks. Raises Unavailable("storage") where it cannot be taken."""

    def end_span(self, track_id: int) -> None:
        """Recording stopped: a gap follows."""

    def spans(self, track_id: int) -> tuple[Span, ...]:
        """Durable and visible footage in order of time, disjoint, clamped to the retention."""

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        """The format of the footage at that time, None in a gap."""

    def set_retention(self, track_id: int, retention_us: int) -> None:
        """Keep only the newest `retention_us`; 0 is unlimited."""

    def forget(self, track_id: int) -> None:
        """Delete the track for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSpan:
    """A span of the twin."""

    start_us: int
    end_us: int
    growing: bool
    format: StreamFormat


DeletionListener = Callable[[int, int, int], None]


class SimulatedFootage:
    """The ring's twin: what is appended is visible at once, nothing is written, the times are kept."""

    def __init__(self, on_deleted: DeletionListener | None = None) -> None:
        self.on_deleted = on_deleted
        self.retentions: dict[int, int] = {}
        self.full = False
        self._spans: dict[int, list[SimulatedSpan]] = {}

    def append(self, track_id: int, unit: AccessUnit) -> None:
        if self.full:
            raise Unavailable("storage", "the storage queue is full")
        spans = self._spans.setdefault(track_id, [])
        start_us = spans.pop().start_us if spans and spans[-1].growing else unit.utc_us
        spans.append(SimulatedSpan(start_us=start_us, end_us=unit.utc_us, growing=True, format=unit.format))

    def add(self, track_id: int, start_us: int, end_us: int, stream_format: StreamFormat) -> None:
        """A finished span, as if it had been recorded earlier."""
        span = SimulatedSpan(start_us=start_us, end_us=end_us, growing=False, format=stream_format)
        self._spans.setdefault(track_id, []).append(span)

    def end_span(self, track_id: int) -> None:
        spans = self._spans.get(track_id)
        if spans and spans[-1].growing:
            last = spans.pop()
            spans.append(
                SimulatedSpan(start_us=last.start_us, end_us=last.end_us, growing=False, format=last.format),
            )

    def spans(self, track_id: int) -> tuple[SimulatedSpan, ...]:
        return tuple(self._spans.get(track_id, ()))

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        within = (span for span in self.spans(track_id) if span.start_us <= utc_us <= span.end_us)
        return next((span.format for span in within), None)

    def set_retention(self, track_id: int, retention_us: int) -> None:
        self.retentions[track_id] = retention_us

    def forget(self, track_id: int) -> None:
        spans = self._spans.pop(track_id, [])
        if spans and self.on_deleted is not None:
            self.on_deleted(track_id, spans[0].start_us, spans[-1].end_us)
