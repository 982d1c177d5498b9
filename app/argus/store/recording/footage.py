"""What the configuration side asks of the ring on disk, and a twin of it that keeps only times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.errors import Unavailable
from argus.store.ring.label import TrackLabel
from argus.store.ring.span import Span


class Footage(Protocol):
    """The media of all tracks, by track id."""

    def append(self, track_id: int, unit: AccessUnit) -> None:
        """Take one access unit. Never blocks. Raises Unavailable("storage") where it cannot be taken."""

    def end_span(self, track_id: int) -> None:
        """Recording stopped: a gap follows."""

    def tracks(self) -> tuple[int, ...]:
        """Every track with footage, visible or not."""

    def spans(self, track_id: int) -> tuple[Span, ...]:
        """Durable and visible footage in order of time, disjoint, clamped to the retention."""

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        """The format in force at a time inside visible footage, None in a gap."""

    def set_retention(self, track_id: int, retention_us: int) -> None:
        """Keep only the newest `retention_us`; 0 is unlimited."""

    def set_label(self, track_id: int, label: TrackLabel) -> None:
        """What the medium tells of the track to a station that does not know it."""

    def forget(self, track_id: int) -> None:
        """Delete the track for ever, also from a medium that is not there now."""

    async def flush(self) -> None:
        """Return when all that was appended and ended is durable and visible. Raises Unavailable("storage")."""


DeletionListener = Callable[[int, int, int], None]


class SimulatedFootage:
    """The ring's twin: what is appended is visible at once, no media is kept, `full` refuses it."""

    def __init__(self, on_deleted: DeletionListener | None = None) -> None:
        self.on_deleted = on_deleted
        self.retentions: dict[int, int] = {}
        self.labels: dict[int, TrackLabel] = {}
        self.full = False
        self.flushes = 0
        self._spans: dict[int, list[Span]] = {}
        self._formats: dict[int, list[tuple[int, StreamFormat]]] = {}

    def append(self, track_id: int, unit: AccessUnit) -> None:
        if self.full:
            raise Unavailable("storage", "the storage queue is full")
        spans = self._spans.setdefault(track_id, [])
        if spans and spans[-1].growing:
            spans[-1] = spans[-1]._replace(end_us=unit.utc_us)
        else:
            spans.append(Span(start_us=unit.utc_us, end_us=unit.utc_us, growing=True))
        self._formats.setdefault(track_id, []).append((unit.utc_us, unit.format))

    def add(self, track_id: int, start_us: int, end_us: int, stream_format: StreamFormat) -> None:
        """A finished span, as if it had been recorded earlier."""
        self._spans.setdefault(track_id, []).append(Span(start_us=start_us, end_us=end_us, growing=False))
        self._formats.setdefault(track_id, []).append((start_us, stream_format))

    def end_span(self, track_id: int) -> None:
        spans = self._spans.get(track_id)
        if spans:
            spans[-1] = spans[-1]._replace(growing=False)

    def tracks(self) -> tuple[int, ...]:
        return tuple(self._spans)

    def spans(self, track_id: int) -> tuple[Span, ...]:
        return tuple(self._spans.get(track_id, ()))

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        if not any(span.start_us <= utc_us <= span.end_us for span in self.spans(track_id)):
            return None
        return [known for start_us, known in self._formats[track_id] if start_us <= utc_us][-1]

    def set_retention(self, track_id: int, retention_us: int) -> None:
        self.retentions[track_id] = retention_us

    def set_label(self, track_id: int, label: TrackLabel) -> None:
        self.labels[track_id] = label

    def forget(self, track_id: int) -> None:
        self._formats.pop(track_id, None)
        spans = self._spans.pop(track_id, [])
        if spans and self.on_deleted is not None:
            self.on_deleted(track_id, spans[0].start_us, spans[-1].end_us)

    async def flush(self) -> None:
        self.flushes += 1
        if self.full:
            raise Unavailable("storage", "the storage queue is full")
