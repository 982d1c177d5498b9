"""Where recording jobs take their media from: the device's own media profiles, seen from the store."""

from __future__ import annotations

from typing import Protocol

from argus.base.access_unit import AccessUnit, MediaKind


class SourceReader(Protocol):
    """One stream being read, from a key frame on."""

    async def read(self) -> AccessUnit:
        """The next access unit. Raises Unavailable("stream") once the stream has ended or was closed."""

    def close(self) -> None:
        """End it; may be called twice."""


class MediaSources(Protocol):
    """Media profiles by token."""

    def tokens(self) -> tuple[str, ...]:
        """Every profile that can be recorded."""

    def exists(self, token: str) -> bool: ...

    def kinds(self, token: str) -> frozenset[MediaKind]:
        """What the profile delivers; empty where it does not exist."""

    def open_reader(self, token: str, kind: MediaKind, name: str) -> SourceReader:
        """Start reading. `name` says who reads. Raises NotFound or Unavailable."""
