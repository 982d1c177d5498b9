"""What the ring holds, as its readers see it: spans of time with footage, and groups of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from argus.base.access_unit import AccessUnit


class Span(NamedTuple):
    """Footage without a gap: capture times of its first and its last access unit, in microseconds UTC.

    `growing` while a recorder appends to it; after a crash it is closed at the last durable unit.
    """

    start_us: int
    end_us: int
    growing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gop:
    """Consecutive access units of one track of which the first is a clean point.

    Video: a key frame and everything up to the next one. Where every unit is a clean point (audio, metadata) it is a
    run of at most about a second. `complete` is False while the recorder may still append to it; `ends_span` tells
    that a gap or the end of the recording follows.
    """

    track_id: int
    start_us: int
    units: tuple[AccessUnit, ...]
    complete: bool
    ends_span: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Footage of a track from `start_us` up to, not including, `end_us` is gone for good.

    `number` grows by one with each deletion of a volume; it orders announcements across restarts.
    """

    number: int
    track_id: int
    start_us: int
    end_us: int
