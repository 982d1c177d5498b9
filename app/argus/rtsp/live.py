"""Live presentations: from a stream's hub to one client.

Spec: Streaming § Real time streaming.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.base.tokens import ProfileToken
from argus.rtsp.outlet import Outlet, SenderReports
from argus.rtsp.presentation import Outcome, PlayStart, PresentedTrack
from argus.rtsp.protocol.playback import PlayRequest
from argus.rtsp.protocol.range import ClockRange
from argus.rtsp.protocol.status import ProtocolError, Status
from argus.rtsp.protocol.uri import Service

SESSION_TIMEOUT_S = 60
# A client that takes nothing for so long is gone, or on a network that cannot carry the stream.
PATIENCE_NS = 5_000_000_000
MAX_QUEUED_BYTES = 4 * 1024 * 1024
LIVE_RANGE = "npt=now-"
VIDEO_TRACK = 1


class LiveReader(Protocol):
    """A bounded queue of access units that begins at a key frame."""

    async def read(self) -> AccessUnit: ...

    def close(self) -> None: ...


class LiveStream(Protocol):
    """One encoded stream."""

    format: StreamFormat | None

    def open_reader(self, name: str, max_bytes: int) -> LiveReader: ...


class LiveStreams(Protocol):
    """The streams by profile."""

    def hub(self, token: ProfileToken) -> LiveStream:
        """Raises NotFound "profile"."""


class LivePresentation:
    """The stream of one profile."""

    service = Service.LIVE
    range = LIVE_RANGE
    timeout_s = SESSION_TIMEOUT_S

    def __init__(self, token: ProfileToken, stream: LiveStream, clock: Clock) -> None:
        if stream.format is None:
            raise Unavailable("stream", f"profile {token} has not delivered a picture yet")
        self.name = token
        self.tracks = (PresentedTrack(number=VIDEO_TRACK, format=stream.format),)
        self._stream = stream
        self._clock = clock

    def open(self, outlets: Mapping[int, Outlet]) -> LivePlayback:
        return LivePlayback(self.name, self._stream, outlets[VIDEO_TRACK], self._clock)


class LivePlayback:
    """Pictures as they are captured. The RTP time line is CLOCK_MONOTONIC; sender reports tie it to UTC."""

    def __init__(self, name: str, stream: LiveStream, outlet: Outlet, clock: Clock) -> None:
        self._name = name
        self._stream = stream
        self._outlet = outlet
        self._clock = clock
        self._reports = SenderReports(outlet, clock, cname=name)
        self._reader: LiveReader | None = None
        self._draining_since_ns: int | None = None

    def check(self, request: PlayRequest) -> None:
        if isinstance(request.range, ClockRange):
            raise ProtocolError(Status.INVALID_RANGE, "a live stream has no past")

    async def play(self, request: PlayRequest) -> PlayStart:
        if self._reader is None:
            self._reader = self._stream.open_reader(f"rtsp {self._name}", MAX_QUEUED_BYTES)
        now_us = self._clock.mono_ns() // 1_000
        return PlayStart(range=LIVE_RANGE, rtp_timestamps={VIDEO_TRACK: self._outlet.stream.rtp_timestamp(now_us)})

    async def run(self) -> Outcome:
        assert self._reader is not None  # `play` comes first
        rtp_timestamp = self._outlet.stream.rtp_timestamp
        while True:
            unit = await self._reader.read()
            self._outlet.send(unit, rtp_timestamp(unit.mono_ns // 1_000))
            self._reports.send_if_due()
            self._draining_since_ns = self._clock.mono_ns()
            await self._outlet.drain()
            self._draining_since_ns = None

    def pause_at(self, utc_us: int) -> None:
        raise ProtocolError(Status.INVALID_RANGE, "a live stream pauses now")

    def stalled(self, now_ns: int) -> bool:
        return self._draining_since_ns is not None and now_ns - self._draining_since_ns > PATIENCE_NS

    def close(self) -> None:
        self._draining_since_ns = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None
