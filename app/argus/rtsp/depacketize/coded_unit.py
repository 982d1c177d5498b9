"""What comes out of RTP payloads, and what every depacketizer promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from argus.base.access_unit import StreamFormat

# No picture of a camera comes near; a sender that never ends its unit loses it here.
MAX_UNIT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedUnit:
    """The data of one access unit, complete and in the form of `AccessUnit.data`, with the format it is coded in."""

    format: StreamFormat
    data: bytes
    key_frame: bool
    rtp_timestamp: int


class Depacketizer(Protocol):
    """Puts the payloads of one RTP stream together. They come in the order of their sequence numbers.

    Nothing of a payload is kept but copies, and not more than `MAX_UNIT_BYTES`.
    """

    dropped_units: int

    @property
    def format(self) -> StreamFormat | None:
        """What the session description or the stream has told so far; None while a decoder would not know enough."""

    def push(self, payload: memoryview, *, marker: bool, rtp_timestamp: int, lost: bool) -> Sequence[CodedUnit]:
        """The units that this payload completes; `lost` where packets are missing before it.

        A unit with a hole, or with a payload that makes no sense, is dropped and counted, of video also those after
        it up to the next key frame. Raises nothing.
        """
