"""Which units of an audio stream are marked as key frames: the first of each second."""

from __future__ import annotations

_RTP_CYCLE = 1 << 32


class SecondMarks:
    """Counts seconds of RTP time from one mark to the next; a time line that jumps is marked anew."""

    def __init__(self, clock_hz: int) -> None:
        self._clock_hz = clock_hz
        self._last: int | None = None

    def is_due(self, rtp_timestamp: int) -> bool:
        """Whether the unit of this time is the first of a second. Units come in order."""
        if self._last is not None and (rtp_timestamp - self._last) % _RTP_CYCLE < self._clock_hz:
            return False
        self._last = rtp_timestamp
        return True
