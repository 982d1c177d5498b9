"""What a session plays, without knowing whether it is live or recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from argus.base.access_unit import StreamFormat
from argus.base.tokens import TrackToken
from argus.rtsp.outlet import Outlet
from argus.rtsp.protocol.playback import PlayRequest
from argus.rtsp.protocol.uri import MediaUri, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedTrack:
    """One track a client can set up. `number` is in its address; `token` is told in replay."""

    number: int
    format: StreamFormat
    token: TrackToken | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayStart:
    """What the answer to PLAY tells: the range, the scale in use, and the RTP timestamp of its start by track."""

    range: str
    scale: float = 1.0
    rtp_timestamps: Mapping[int, int]


class Outcome(Enum):
    """Why a playback stopped by itself."""

    PAUSED = auto()
    OVER = auto()


class Playback(Protocol):
    """One client's playing of one presentation. It remembers where it stopped."""

    def check(self, request: PlayRequest) -> None:
        """Raises ProtocolError 457 for a range that cannot be played; what is being played goes on."""

    async def play(self, request: PlayRequest) -> PlayStart:
        """Choose where to begin, for a request that was checked; nothing is sent before `run`."""

    async def run(self) -> Outcome:
        """Send until the end of the range, or of the presentation itself. Cancelling it is a pause."""

    def pause_at(self, utc_us: int) -> None:
        """Stop when this capture time is reached. Raises ProtocolError 457 where that cannot be done."""

    def stalled(self, now_ns: int) -> bool:
        """Whether the client has taken nothing for so long that it is to be dropped."""

    def close(self) -> None:
        """Release what is held until the next `play`. May be called twice."""


class Presentation(Protocol):
    """A live profile or a recording, as it is at the moment."""

    @property
    def service(self) -> Service: ...

    @property
    def name(self) -> str: ...

    @property
    def tracks(self) -> tuple[PresentedTrack, ...]: ...

    @property
    def range(self) -> str:
        """The range of the session description."""

    @property
    def timeout_s(self) -> int:
        """How long a session lives without a sign from the client."""

    def open(self, outlets: Mapping[int, Outlet]) -> Playback:
        """A playback of the tracks with these numbers."""


class Presentations(Protocol):
    """Everything that can be played."""

    def find(self, uri: MediaUri) -> Presentation:
        """The presentation of that address. Raises NotFound, or Unavailable while it has no format yet."""
