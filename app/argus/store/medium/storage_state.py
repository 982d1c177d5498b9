"""How the storage is: whether there is a volume, whether it may be written, and how its writer does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StorageState(StrEnum):
    """What can be done with the storage now.

    OK, STALLED, FAILED: as the writer of the volume is (`WriterState`). FAILED also: there is a medium and no volume
    on it that can be used. READ_ONLY: the medium is write-protected. FOREIGN: the volume belongs to another station
    and is read only until it is adopted. ABSENT: there is no medium.
    """

    OK = "OK"
    STALLED = "STALLED"
    FAILED = "FAILED"
    READ_ONLY = "READ_ONLY"
    FOREIGN = "FOREIGN"
    ABSENT = "ABSENT"

    @property
    def takes_data(self) -> bool:
        """Whether recording has a chance; a stalled writer catches up."""
        return self in (StorageState.OK, StorageState.STALLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageHealth:
    """The state and why, for people; the counters are since the present volume was opened, 0 where there is none.

    `volume_uuid` is empty and `step` is "absent" while there is no volume. `step_age_s` is 0 where nothing is written.
    """

    state: StorageState
    detail: str = ""
    volume_uuid: str = ""
    step: str = "absent"
    step_age_s: float = 0.0
    last_durable_utc_us: int | None = None
    batches: int = 0
    batch_bytes: int = 0
    flushes: int = 0
    units: int = 0
    dropped_units: int = 0
    damaged: int = 0
    write_errors: int = 0
