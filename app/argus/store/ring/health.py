"""How the ring is: the state of its writer, what it counted, how full it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WriterState(StrEnum):
    """OK; STALLED: one step of the writer lasts longer than 2 s; FAILED: longer than 10 s, or the volume refuses."""

    OK = "OK"
    STALLED = "STALLED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class RingHealth:
    """The writer's state and its counters since the ring was opened."""

    state: WriterState
    step: str
    step_age_s: float
    last_durable_utc_us: int | None
    batches: int
    batch_bytes: int
    flushes: int
    units: int
    dropped_units: int
    damaged: int
    write_errors: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """How full the volume is; times of the oldest and newest visible unit (None while it is empty)."""

    used_bytes: int
    total_bytes: int
    oldest_us: int | None
    newest_us: int | None
    write_rate_bps: float
