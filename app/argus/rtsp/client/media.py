"""What a client of RTSP hands on: the media it receives, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from argus.base.access_unit import AccessUnit, Codec, MediaKind


class ClientTransport(StrEnum):
    """How media travel: as datagrams, inside the RTSP connection, or with that connection inside HTTP(S)."""

    UDP = "UDP"
    TCP = "TCP"
    HTTP = "HTTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMedia:
    """One m= section that is set up. `tag` is its control attribute as written, unique in the presentation."""

    tag: str
    kind: MediaKind
    codec: Codec


class Sink(Protocol):
    """Whoever takes what arrives. Called in the event loop's thread; it must only queue."""

    def opened(self, media: tuple[ReceivedMedia, ...]) -> None:
        """The device plays these media; called once, before the first `take`."""

    def take(self, media: ReceivedMedia, unit: AccessUnit) -> None:
        """The next unit of a medium; capture times of one medium rise, but for a step of the station's wall clock."""


@dataclass(slots=True, kw_only=True)
class ClientCounters:
    """What one client received since it began.

    `lost` are packets that never came, `reordered` those that came late and still in time, `discarded` those that came
    twice, too late or malformed, `reports` packets of RTCP, `unit_bytes` the size of all `units`.
    """

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    reordered: int = 0
    discarded: int = 0
    reports: int = 0
    units: int = 0
    unit_bytes: int = 0
