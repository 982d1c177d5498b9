"""What a stranger can use up, and how it is held."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from argus.base.errors import LimitReached


@dataclass(frozen=True, slots=True, kw_only=True)
class RtspLimits:
    """`request_s` is the time from the first byte of a request to its last, `idle_s` that of a connection without a
    session between two requests. `answers_bytes` may wait for a client that asks and does not read."""

    connections: int = 128
    connections_per_address: int = 64
    sessions: int = 64
    request_s: float = 10.0
    idle_s: float = 30.0
    answers_bytes: int = 256 * 1024


class SessionSlots:
    """The sessions that can exist at one time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used = 0

    def claim(self) -> None:
        """Raises LimitReached "RTSP sessions"."""
        if self.used >= self._limit:
            raise LimitReached("RTSP sessions", self._limit)
        self.used += 1

    def release(self) -> None:
        self.used -= 1
        assert self.used >= 0  # every release follows its claim


class ConnectionSlots:
    """The connections that can exist at one time, in all and from one address."""

    def __init__(self, limits: RtspLimits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()

    @property
    def used(self) -> int:
        return self._by_address.total()

    def claim(self, host: str) -> bool:
        """Whether one more connection from this address may stay."""
        if self.used >= self._limits.connections or self._by_address[host] >= self._limits.connections_per_address:
            return False
        self._by_address[host] += 1
        return True

    def release(self, host: str) -> None:
        self._by_address[host] -= 1
        if not self._by_address[host]:
            del self._by_address[host]
