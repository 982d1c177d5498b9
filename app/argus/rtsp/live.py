"""Live presentations: from a stream's hub to one client.

Spec: Streaming § Real time streaming.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.base.tokens import ProfileToken
from argus.rtsp.outlet import Outlet, SenderReports
from argus.rtsp.payload import can_be_sent
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

    def hubs(self, token: ProfileToken) -> Sequence[LiveStream]:
        """Those of one profile: video, audio, metadata, as far as it has them. Raises NotFound "profile"."""


class LivePresentation:
    """The streams of one profile, numbered from 1. One that has no format yet is left out, but for the first."""

    service = Service.LIVE
    range = LIVE_RANGE
    timeout_s = SESSION_TIMEOUT_S

    def __init__(self, token: ProfileToken, streams: Sequence[LiveStream], clock: Clock) -> None:
        if not streams or streams[0].format is None:
            raise Unavailable("stream", f"profile {token} has not delivered a picture yet")
        self.name = token
        self._streams = dict(enumerate(streams, start=1))
        self.tracks = tuple(
            PresentedTrack(number=number, format=stream.format)
            for number, stream in self._streams.items()
            if stream.format is not None and can_be_sent(stream.format)
        )
        self._clock = clock

    def open(self, outlets: Mapping[int, Outlet]) -> LivePlayback:
        tracks = [
            LiveTrack(self.name, number, self._streams[number], outlets[number], self._clock) for number in outlets
        ]
        return LivePlayback(tracks, self._clock)


class LiveTrack:
    """One stream on its way to the client. The RTP time line is CLOCK_MONOTONIC; sender reports tie it to UTC."""

    def __init__(self, name: str, number: int, stream: LiveStream, outlet: Outlet, clock: Clock) -> None:
        self.number = number
        self._name = name
        self._stream = stream
        self._outlet = outlet
        self._clock = clock
        self._reports = SenderReports(outlet, clock, cname=name)
        self._reader: LiveReader | None = None
        self._draining_since_ns: int | None = None

    def open(self) -> None:
        """Take part from the next key frame on."""
        if self._reader is None:
            self._reader = self._stream.open_reader(f"rtsp {self._name}", MAX_QUEUED_BYTES)

    def rtp_timestamp(self, mono_us: int) -> int:
        return self._outlet.stream.rtp_timestamp(mono_us)

    async def run(self) -> None:
        """Send what comes, until there is no more or nobody to take it."""
        assert self._reader is not None  # `open` comes first
        while True:
            unit = await self._reader.read()
            self._outlet.send(unit, self.rtp_timestamp(unit.mono_ns // 1_000))
            self._reports.send_if_due()
            self._draining_since_ns = self._clock.mono_ns()
            await self._outlet.drain()
            self._draining_since_ns = None

    def stalled(self, now_ns: int) -> bool:
        return self._draining_since_ns is not None and now_ns - self._draining_since_ns > PATIENCE_NS

    def close(self) -> None:
        self._draining_since_ns = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None


class LivePlayback:
    """Pictures, sound and metadata as they are captured, each without waiting for the others."""

    def __init__(self, tracks: Sequence[LiveTrack], clock: Clock) -> None:
        self._tracks = tracks
        self._clock = clock

    def check(self, request: PlayRequest) -> None:
        if isinstance(request.range, ClockRange):
            raise ProtocolError(Status.INVALID_RANGE, "a live stream has no past")

    async def play(self, request: PlayRequest) -> PlayStart:
        now_us = self._clock.mono_ns() // 1_000
        for track in self._tracks:
            track.open()
        return PlayStart(
            range=LIVE_RANGE, rtp_timestamps={track.number: track.rtp_timestamp(now_us) for track in self._tracks}
        )

    async def run(self) -> Outcome:
        try:
            async with asyncio.TaskGroup() as tasks:
                for track in self._tracks:
                    tasks.create_task(track.run())
        except ExceptionGroup as failed:
            # The session knows what the end of a stream or of a connection means, whichever track met it first.
            raise failed.exceptions[0] from failed
        return Outcome.OVER

    def pause_at(self, utc_us: int) -> None:
        raise ProtocolError(Status.INVALID_RANGE, "a live stream pauses now")

    def stalled(self, now_ns: int) -> bool:
        return any(track.stalled(now_ns) for track in self._tracks)

    def close(self) -> None:
        for track in self._tracks:
            track.close()
