"""Receivers as sources of recording jobs."""

from __future__ import annotations

from collections.abc import Callable

from argus.base.access_unit import MediaKind
from argus.base.errors import NotFound
from argus.base.tokens import ReceiverToken
from argus.media.hub import StreamReader
from argus.rtsp.receiving.reception import Reception
from argus.rtsp.receiving.supervisor import Receiving
from argus.store.recording.media_source import SourceMedia, SourcePhase
from argus.store.recording.recordings import RECEIVER_SOURCE, SourceRef


class ReceiverSources:
    """Sources of type Receiver. A source that is none of these is absent."""

    def __init__(self, receiving: Receiving) -> None:
        self._receiving = receiving

    def compatible(self) -> tuple[str, ...]:
        """None: CompatibleSources lists media profiles only."""
        return ()

    def exists(self, source: SourceRef) -> bool:
        return self._reception(source) is not None

    def media(self, source: SourceRef) -> tuple[SourceMedia, ...]:
        """What the device had when it was connected last, at its present address; empty where it never was."""
        reception = self._reception(source)
        known = reception.media if reception is not None else ()
        return tuple(SourceMedia(tag=one.tag, kind=one.kind) for one in known)

    def phase(self, source: SourceRef, kind: MediaKind, tag: str) -> SourcePhase:
        reception = self._reception(source)
        return reception.phase(kind, tag) if reception is not None else SourcePhase.ABSENT

    def failure(self, source: SourceRef) -> str:
        """Why a stream of it FAILED, as a sentence for people; empty where none did."""
        reception = self._reception(source)
        return reception.failure if reception is not None else ""

    def open_reader(self, source: SourceRef, kind: MediaKind, tag: str, name: str) -> StreamReader:
        """Start reading; the reader waits where nothing is connected, and stays over all reconnections.

        Raises:
            NotFound("receiver"), LimitReached("stream readers")
        """
        reception = self._reception(source)
        if reception is None:
            raise NotFound("receiver", source.token)
        return reception.open_reader(kind, tag, name)

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` in the turn in which phases or media changed."""
        self._receiving.observe(observer)

    def _reception(self, source: SourceRef) -> Reception | None:
        if source.type != RECEIVER_SOURCE:
            return None
        return self._receiving.reception(ReceiverToken(source.token))
