"""The headers that say how to play: Scale, Speed, Rate-Control, Frames, Immediate; and Session, Require, Accept.

Spec: Streaming § Replay, RTSP header fields; RFC 2326 § Header Field Definitions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from argus.rtsp.protocol.message import Request
from argus.rtsp.protocol.range import PlayRange, parse_range
from argus.rtsp.protocol.status import ProtocolError, Status

SUPPORTED_OPTIONS = frozenset({"onvif-replay"})

_DECIMAL = re.compile(r"([+-]?)([0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})")


class Frames(StrEnum):
    """Which frames are sent."""

    ALL = "all"
    INTRA = "intra"
    PREDICTED = "predicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayRequest:
    """A PLAY request. `scale` as asked, None where absent; `interval_us` is the least recording time between frames."""

    cseq: int
    range: PlayRange | None = None
    scale: float | None = None
    speed: float | None = None
    rate_control: bool = True
    frames: Frames = Frames.ALL
    interval_us: int = 0
    immediate: bool = False

    @property
    def reverse(self) -> bool:
        return self.scale is not None and self.scale < 0


def parse_play(request: Request) -> PlayRequest:
    """Raises: ProtocolError: 457 for the range, 400 for the other headers."""
    range_header = request.header("range")
    frames, interval_us = parse_frames(request.header("frames"))
    return PlayRequest(
        cseq=request.cseq,
        range=parse_range(range_header) if range_header is not None else None,
        scale=parse_decimal("Scale", request.header("scale")),
        speed=parse_decimal("Speed", request.header("speed")),
        rate_control=parse_switch("Rate-Control", request.header("rate-control"), absent=True),
        frames=frames,
        interval_us=interval_us,
        immediate=parse_switch("Immediate", request.header("immediate"), absent=False),
    )


def parse_decimal(name: str, header: str | None) -> float | None:
    """A number other than zero. Raises: ProtocolError 400."""
    if header is None:
        return None
    match = _DECIMAL.fullmatch(header.strip())
    value = float(match[0]) if match is not None else 0.0
    if value == 0.0:
        raise ProtocolError(Status.BAD_REQUEST, f"{name} is not a number other than zero")
    return value


def parse_switch(name: str, header: str | None, *, absent: bool) -> bool:
    """`yes` or `no`. Raises: ProtocolError 400."""
    text = "" if header is None else header.strip().lower()
    if header is not None and text not in ("yes", "no"):
        raise ProtocolError(Status.BAD_REQUEST, f"{name} is neither yes nor no")
    return absent if header is None else text == "yes"


def parse_frames(header: str | None) -> tuple[Frames, int]:
    """The frames to send and the least interval between them in microseconds. Raises: ProtocolError 400."""
    match = re.fullmatch(
        r"(all|intra|predicted)\s*(?:/\s*([0-9]{1,9}))?", ("all" if header is None else header).strip().lower()
    )
    # "The interval argument is only allowed with intra." -- Streaming § Frames header field
    if match is None or (match[2] and match[1] != Frames.INTRA):
        raise ProtocolError(Status.BAD_REQUEST, "Frames is none of all, predicted, intra, intra/milliseconds")
    return Frames(match[1]), int(match[2] or 0) * 1000


def parse_session_id(header: str | None) -> str | None:
    """The session identifier without its parameters."""
    return None if header is None else header.partition(";")[0].strip()


def check_require(request: Request) -> None:
    """Raises: ProtocolError: 551 with Unsupported for options not known here."""
    names = (request.header("require") or "").split(",") + (request.header("proxy-require") or "").split(",")
    unknown = [name.strip() for name in names if name.strip() and name.strip().lower() not in SUPPORTED_OPTIONS]
    if unknown:
        unsupported = ", ".join(name for name in unknown if name.isprintable())
        raise ProtocolError(Status.OPTION_NOT_SUPPORTED, "an option is unknown", (("Unsupported", unsupported),))


def accepts_sdp(header: str | None) -> bool:
    """Whether the Accept header of a DESCRIBE admits application/sdp."""
    kinds = {part.partition(";")[0].strip().lower() for part in (header or "*/*").split(",")}
    return not kinds.isdisjoint({"application/sdp", "application/*", "*/*", ""})
