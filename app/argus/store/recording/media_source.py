"""Where recording jobs take their media from, seen from the store: media profiles of this device and receivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from argus.base.access_unit import AccessUnit, MediaKind
from argus.store.recording.recordings import SourceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMedia:
    """One stream of a source. `tag` tells several of one kind apart."""

    tag: str = ""
    kind: MediaKind


class SourcePhase(StrEnum):
    """What can be expected of one stream of a source."""

    ABSENT = "absent"  # there is no such source
    OFF = "off"  # its owner does not want it connected
    UNCONFIGURED = "unconfigured"  # nobody has said yet where it is
    CONNECTING = "connecting"  # nothing has come since it was configured
    DELIVERING = "delivering"  # media comes, or came a moment ago and is waited for
    LACKING = "lacking"  # the source works and has no such stream
    FAILED = "failed"


class SourceReader(Protocol):
    """One stream being read, from a key frame on."""

    async def read(self) -> AccessUnit:
        """The next access unit. Raises Unavailable("stream") once the stream has ended or was closed."""

    def close(self) -> None:
        """End it; may be called twice."""


class MediaSources(Protocol):
    """Everything that can be recorded. An empty tag means the source's first stream of that kind."""

    def compatible(self) -> tuple[str, ...]:
        """The tokens of the media profiles."""

    def exists(self, source: SourceRef) -> bool: ...

    def media(self, source: SourceRef) -> tuple[SourceMedia, ...]:
        """Its streams as far as they are known now; empty where nothing is known."""

    def phase(self, source: SourceRef, kind: MediaKind, tag: str) -> SourcePhase: ...

    def failure(self, source: SourceRef) -> str:
        """Why a source FAILED, as a sentence for people; empty where it did not."""

    def open_reader(self, source: SourceRef, kind: MediaKind, tag: str, name: str) -> SourceReader:
        """Start reading. `name` says who reads. Raises NotFound, Unavailable or LimitReached."""

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` in the turn in which phases or streams changed."""
