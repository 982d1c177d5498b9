"""A track that a volume describes and the catalog does not know."""

from __future__ import annotations

from dataclasses import dataclass

from argus.store.ring.label import TrackLabel


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTrack:
    """What the volume tells of it. `newest_us` is None where there is no footage."""

    track_id: int
    label: TrackLabel
    retention_us: int
    newest_us: int | None
