"""What the watchdog depends on: pictures that arrive, and a writer that moves."""

from __future__ import annotations

from typing import Protocol

from argus.media.source import VideoSource
from argus.store.medium.storage_state import StorageState

# A source notices a standstill itself after some seconds and starts its pipeline anew; longer means that it hangs.
SOURCE_STUCK_S = 30.0
# "a wedged pipeline restarts us, a slow card does not": a write this old is waiting for hardware that is gone.
WRITER_STUCK_S = 120.0
# Nobody writes then, and a restart brings no card.
_WITHOUT_WRITER = (StorageState.READ_ONLY, StorageState.FOREIGN, StorageState.ABSENT)


class VideoVital:
    """Stuck when no picture came for long and the source gives no reason for it, such as a camera that is unplugged."""

    def __init__(self, source: VideoSource) -> None:
        self.name = source.name
        self._source = source

    def stuck(self) -> str | None:
        health = self._source.health()
        if health.failure is None and health.frame_age_s > SOURCE_STUCK_S:
            return f"no picture for {health.frame_age_s:.0f} s"
        return None


class WriterHealth(Protocol):
    """The heartbeat of a writer: its step and for how long; "idle" between steps, "absent" without a volume."""

    @property
    def state(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def step_age_s(self) -> float: ...


class Writes(Protocol):
    """What has a writer: a ring, or a storage with a ring that comes and goes."""

    @property
    def name(self) -> str: ...
    def health(self) -> WriterHealth: ...


class WriterVital:
    """Stuck when one step of the store's writer does not end, or when none begins any more.

    A writer looks for work each second, also on a medium that refuses it: an old rest means that its thread is dead.
    """

    def __init__(self, storage: Writes) -> None:
        self.name = storage.name
        self._storage = storage

    def stuck(self) -> str | None:
        health = self._storage.health()
        if health.step_age_s <= WRITER_STUCK_S or health.step == "absent" or health.state in _WITHOUT_WRITER:
            return None
        if health.step == "idle":
            return f"the writer has not moved for {health.step_age_s:.0f} s"
        return f"the writer is in its step {health.step!r} for {health.step_age_s:.0f} s"
