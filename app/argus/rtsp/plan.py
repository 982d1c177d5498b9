"""What a PLAY request means for a recording: from when, until when, in which direction.

Spec: Streaming § Range header field; RFC 2326 § PLAY.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from argus.rtsp.protocol.playback import PlayRequest
from argus.rtsp.protocol.range import ClockRange, PlayRange
from argus.rtsp.protocol.status import ProtocolError, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A PLAY request resolved to capture times.

    In reverse `end_us` is the earlier one. `resumed` continues exactly behind what was sent; `seek` begins elsewhere
    in a session that has played before.
    """

    request: PlayRequest
    start_us: int
    end_us: int | None = None
    resumed: bool = False
    seek: bool = False

    @property
    def reverse(self) -> bool:
        return self.request.reverse

    def is_behind(self, end_us: int | None, first_us: int, last_us: int) -> bool:
        """Whether a frame or group of pictures from `first_us` to `last_us` lies wholly behind `end_us`.

        In reverse the group with the end in it is played whole: its pictures need its clean point.
        """
        return end_us is not None and (last_us < end_us if self.reverse else first_us > end_us)


def resolve(
    request: PlayRequest, earliest_us: int, latest_us: int, *, previous: Plan | None, sent_us: int | None
) -> Plan:
    """The plan for a request on footage between the two times.

    `previous` is the plan of the PLAY before, `sent_us` the capture time of the last frame sent for it.

    Raises:
        ProtocolError: 457 where the range runs against the direction.
    """
    if request.range is None and previous is not None and previous.reverse == request.reverse:
        if sent_us is None:
            return replace(previous, request=request)
        return Plan(request=request, start_us=sent_us, end_us=previous.end_us, resumed=True)
    start_us, end_us = _times(request.range, earliest_us, latest_us)
    if start_us is None:
        start_us = sent_us if sent_us is not None else latest_us if request.reverse else earliest_us
    if end_us is not None and (end_us > start_us if request.reverse else end_us < start_us):
        raise ProtocolError(Status.INVALID_RANGE, "the range runs against the direction of play")
    return Plan(request=request, start_us=start_us, end_us=end_us, seek=previous is not None)


def _times(wanted: PlayRange | None, earliest_us: int, latest_us: int) -> tuple[int | None, int | None]:
    """Start and end of a range as capture times; normal play time counts from the earliest footage."""
    if wanted is None or isinstance(wanted, ClockRange):
        return (wanted.start_us, wanted.end_us) if wanted is not None else (None, None)
    start_us = None if wanted.start_us is None else earliest_us + wanted.start_us
    end_us = None if wanted.end_us is None else earliest_us + wanted.end_us
    return latest_us if wanted.now else start_us, end_us
