"""All media sources of the station as one, and a twin of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.errors import NotFound, Unavailable
from argus.store.recording.media_source import MediaSources, SourceMedia, SourcePhase, SourceReader
from argus.store.recording.recordings import PROFILE_SOURCE, SourceRef


class SourcesByType:
    """Passes each question on to the sources of that type."""

    def __init__(self, sources: Mapping[str, MediaSources]) -> None:
        """`sources` by the type of their references."""
        self._sources = dict(sources)

    def compatible(self) -> tuple[str, ...]:
        return tuple(token for sources in self._sources.values() for token in sources.compatible())

    def exists(self, source: SourceRef) -> bool:
        return source.type in self._sources and self._sources[source.type].exists(source)

    def media(self, source: SourceRef) -> tuple[SourceMedia, ...]:
        return self._sources[source.type].media(source)

    def phase(self, source: SourceRef, kind: MediaKind, tag: str) -> SourcePhase:
        return self._sources[source.type].phase(source, kind, tag)

    def failure(self, source: SourceRef) -> str:
        return self._sources[source.type].failure(source)

    def open_reader(self, source: SourceRef, kind: MediaKind, tag: str, name: str) -> SourceReader:
        return self._sources[source.type].open_reader(source, kind, tag, name)

    def observe(self, observer: Callable[[], None]) -> None:
        for sources in self._sources.values():
            sources.observe(observer)


class SimulatedSources:
    """The twin of media profiles and receivers: delivers what `publish` is given, is in the phase that `put` says."""

    def __init__(self, media: Mapping[str, frozenset[MediaKind]], type_: str = PROFILE_SOURCE) -> None:
        """`media` by token; every source delivers."""
        self.known = {token: _media(kinds) for token, kinds in media.items()}
        self.readers: list[SimulatedReader] = []
        self._type = type_
        self.phases: dict[str, SourcePhase] = {}
        self._failures: dict[str, str] = {}
        self._observers: list[Callable[[], None]] = []

    def compatible(self) -> tuple[str, ...]:
        return tuple(self.known) if self._type == PROFILE_SOURCE else ()

    def exists(self, source: SourceRef) -> bool:
        return source.type == self._type and source.token in self.known

    def media(self, source: SourceRef) -> tuple[SourceMedia, ...]:
        return self.known.get(source.token, ())

    def phase(self, source: SourceRef, kind: MediaKind, tag: str) -> SourcePhase:
        if not self.exists(source):
            return SourcePhase.ABSENT
        if source.token in self.phases:
            return self.phases[source.token]
        delivers = any(media.kind is kind and tag in ("", media.tag) for media in self.media(source))
        return SourcePhase.DELIVERING if delivers else SourcePhase.LACKING

    def failure(self, source: SourceRef) -> str:
        return self._failures.get(source.token, "")

    def open_reader(self, source: SourceRef, kind: MediaKind, tag: str, name: str) -> SimulatedReader:
        if self.phase(source, kind, tag) in (SourcePhase.ABSENT, SourcePhase.LACKING):
            raise NotFound("source", source.token)
        reader = SimulatedReader(self, source.token, kind)
        self.readers.append(reader)
        return reader

    def observe(self, observer: Callable[[], None]) -> None:
        self._observers.append(observer)

    def forget_observers(self) -> None:
        """Those who observed it are no more."""
        self._observers.clear()

    def add(self, token: str, kinds: frozenset[MediaKind]) -> None:
        """One more source, or other media of a known one."""
        self.known[token] = _media(kinds)
        self._tell()

    def remove(self, token: str) -> None:
        """The source ceases to exist."""
        del self.known[token]
        self._tell()

    def put(self, token: str, phase: SourcePhase | None, failure: str = "") -> None:
        """Put a source into a phase; None: it delivers what it has."""
        self._failures[token] = failure
        if phase is None:
            self.phases.pop(token, None)
        else:
            self.phases[token] = phase
        self._tell()

    def publish(self, token: str, unit: AccessUnit) -> None:
        """Deliver one unit to everyone who reads that stream."""
        for reader in self.readers:
            if (reader.token, reader.kind) == (token, unit.format.codec.kind):
                reader.units.put_nowait(unit)

    def fail(self, token: str) -> None:
        """End the streams of a source."""
        for reader in self.readers:
            if reader.token == token:
                reader.units.put_nowait(None)

    def _tell(self) -> None:
        for observer in self._observers:
            observer()


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


def _media(kinds: frozenset[MediaKind]) -> tuple[SourceMedia, ...]:
    return tuple(SourceMedia(kind=kind) for kind in MediaKind if kind in kinds)
