"""What the watchdog depends on: pictures that arrive, and a writer that moves."""

from __future__ import annotations

from argus.media.source import VideoSource
from argus.store.ring import Ring

# A source notices a standstill itself after some seconds and starts its pipeline anew; longer means that it hangs.
SOURCE_STUCK_S = 30.0
# "a wedged pipeline restarts us, a slow card does not": a write this old is waiting for hardware that is gone.
WRITER_STUCK_S = 120.0


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


class WriterVital:
    """Stuck when one step of the store's writer does not end."""

    def __init__(self, ring: Ring) -> None:
        self.name = ring.name
        self._ring = ring

    def stuck(self) -> str | None:
        health = self._ring.health()
        if health.step_age_s > WRITER_STUCK_S:
            return f"the writer is in its step {health.step!r} for {health.step_age_s:.0f} s"
        return None
