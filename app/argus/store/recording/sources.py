"""Where recording jobs take their media from: the device's own media profiles, seen from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.errors import NotFound, Unavailable


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


class SimulatedSources:
    """The twin of the profiles: delivers what `publish` is given."""

    def __init__(self, profiles: Mapping[str, frozenset[MediaKind]]) -> None:
        self.profiles = dict(profiles)
        self.readers: list[SimulatedReader] = []

    def tokens(self) -> tuple[str, ...]:
        return tuple(self.profiles)

    def exists(self, token: str) -> bool:
        return token in self.profiles

    def kinds(self, token: str) -> frozenset[MediaKind]:
        return self.profiles.get(token, frozenset())

    def open_reader(self, token: str, kind: MediaKind, name: str) -> SimulatedReader:
        if kind not in self.kinds(token):
            raise NotFound("profile", token)
        reader = SimulatedReader(self, token, kind)
        self.readers.append(reader)
        return reader

    def publish(self, token: str, unit: AccessUnit) -> None:
        """Deliver one unit to everyone who reads that stream."""
        for reader in self.readers:
            if (reader.token, reader.kind) == (token, unit.format.codec.kind):
                reader.units.put_nowait(unit)

    def fail(self, token: str) -> None:
        """End the streams of a profile."""
        for reader in self.readers:
            if reader.token == token:
                reader.units.put_nowait(None)


class SimulatedReader:
    """A reader of the twin; None among its units ends the stream."""

    def __init__(self, sources: SimulatedSources, token: str, kind: MediaKind) -> None:
        self.token = token
        self.kind = kind
        self.units: asyncio.Queue[AccessUnit | None] = asyncio.Queue()
        self._sources = sources

    async def read(self) -> AccessUnit:
        unit = await self.units.get()
        if unit is None:
            raise Unavailable("stream", f"{self.token} has ended")
        return unit

    def close(self) -> None:
        if self in self._sources.readers:
            self._sources.readers.remove(self)
