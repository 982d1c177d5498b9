"""What clients may configure about replay, kept over restarts.

Spec: Replay 19.06 § ReplayConfiguration
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from argus.base.errors import InvalidValue
from argus.base.units import US_PER_S

SHORTEST_TIMEOUT_US = 10 * US_PER_S
LONGEST_TIMEOUT_US = 3_600 * US_PER_S
DEFAULT_TIMEOUT_US = 60 * US_PER_S
_NAME = "replay.session_timeout_us"


class SettingsStore(Protocol):
    """Named texts that survive a restart."""

    def get(self, name: str, default: str = "") -> str: ...

    async def put(self, values: Mapping[str, str]) -> None:
        """Store all values or none. Raises Unavailable where the disk refused."""


class ReplayConfiguration:
    """The session timeout: how long an RTSP replay session lives without a sign of its client."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    @property
    def session_timeout_us(self) -> int:
        stored = self._settings.get(_NAME)
        return int(stored) if stored.isdecimal() else DEFAULT_TIMEOUT_US

    async def set_session_timeout(self, timeout_us: int) -> None:
        """Change the timeout for sessions to come; when this returns it survives a power cut.

        Raises:
            InvalidValue("replay configuration"): out of range.
        """
        if not SHORTEST_TIMEOUT_US <= timeout_us <= LONGEST_TIMEOUT_US:
            raise InvalidValue(
                "replay configuration",
                f"a session timeout lies between {SHORTEST_TIMEOUT_US // US_PER_S} and"
                f" {LONGEST_TIMEOUT_US // US_PER_S} seconds",
            )
        await self._settings.put({_NAME: str(timeout_us)})
