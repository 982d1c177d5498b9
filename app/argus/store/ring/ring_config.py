"""The bounds of a ring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RingConfig:
    """Geometry of a new volume and the bounds of the writer."""

    size_bytes: int
    segment_bytes: int = 16 << 20
    tick_s: float = 1.0
    pending_bytes: int = 8 << 20
    queue_bytes: int = 64 << 20
    queue_units: int = 50_000
    gap_us: int = 2_000_000
    retention_step_s: float = 10.0
