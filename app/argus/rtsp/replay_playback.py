"""One client's replay of one recording: chooses the frames, paces them, tells what they are.

Spec: Streaming § Replay; Recording Control § Retention.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from argus.base.access_unit import MediaKind, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import NotFound
from argus.base.tokens import RecordingToken
from argus.rtsp.frames import Footage, Frame, FrameFilter, Position, walk_backward, walk_forward
from argus.rtsp.merge import Walk, merge
from argus.rtsp.outlet import Outlet, SenderReports
from argus.rtsp.plan import Plan, resolve
from argus.rtsp.presentation import Outcome, PlayStart
from argus.rtsp.protocol.playback import Frames, PlayRequest
from argus.rtsp.protocol.range import encode_clock_range
from argus.rtsp.rtp import ReplayExtension
from argus.rtsp.timeline import Timeline
from argus.store.recording.recordings import Recording

# How often the end of the footage is looked at for more.
EDGE_POLL_S = 0.25
# A frame due within this leaves at once: waking later costs more than it straightens.
PACING_GRAIN_US = 1_000


class Recordings(Protocol):
    """The recordings by token."""

    def recording(self, token: RecordingToken) -> Recording:
        """Raises NotFound "recording"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySource:
    """What every replay is made of.

    `session_timeout_s` is asked at each SETUP, `retention_now_us` for the time that retention goes by: a clock that
    fell back brings nothing back.
    """

    recordings: Recordings
    footage: Footage
    clock: Clock
    session_timeout_s: Callable[[], int]
    retention_now_us: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedTrack:
    """A track on its way to the client."""

    number: int
    track_id: int
    format: StreamFormat
    outlet: Outlet
    reports: SenderReports


class ReplayPlayback:
    """Recorded frames in either direction, paced or as fast as the client takes them.

    The RTP time line is CLOCK_MONOTONIC with rate control, and UTC without.
    """

    def __init__(self, token: RecordingToken, source: ReplaySource, tracks: list[PlayedTrack]) -> None:
        self._token = token
        self._source = source
        self._clock = source.clock
        self._tracks = {track.number: track for track in tracks}
        self._recording: Recording | None = None
        self._plan: Plan | None = None
        self._timeline: Timeline | None = None
        self._sent: dict[int, Frame] = {}
        self._expired: set[int] = set()
        self._pause_us: int | None = None

    def check(self, request: PlayRequest) -> None:
        self._resolve(request)

    async def play(self, request: PlayRequest) -> PlayStart:
        self._plan = plan = self._resolve(request)
        self._pause_us = None
        if not plan.resumed:
            self._sent.clear()
        self._expired.clear()
        start_us = plan.start_us if plan.resumed else await self._first_us(plan)
        origin_us = self._clock.mono_ns() // 1_000
        self._timeline = (
            Timeline(origin_us=origin_us, start_us=start_us, reverse=plan.reverse) if request.rate_control else None
        )
        line_us = origin_us if request.rate_control else start_us
        return PlayStart(
            range=encode_clock_range(start_us, plan.end_us),
            scale=-1.0 if plan.reverse else 1.0,
            rtp_timestamps={n: track.outlet.stream.rtp_timestamp(line_us) for n, track in self._tracks.items()},
        )

    async def run(self) -> Outcome:
        plan = self._plan
        assert plan is not None  # `play` comes first
        sought = set(self._tracks) if plan.seek else set()
        async with AsyncExitStack() as stack:
            walks = {n: await stack.enter_async_context(aclosing(self._walk(n, plan))) for n in self._played(plan)}
            merged = await stack.enter_async_context(aclosing(merge(walks, reverse=plan.reverse)))
            async for number, frame in merged:
                line_us = await self._pace(frame)
                # Looked at after waiting: what is deleted meanwhile is not sent any more.
                if not self._exists():
                    break
                if frame is None:
                    continue
                if self._at_end(plan, frame):
                    return Outcome.PAUSED
                if self._came_too_late(number, frame):
                    sought.add(number)
                    continue
                await self._send(number, frame, plan.request.cseq, line_us, sought=number in sought)
                sought.discard(number)
        return Outcome.OVER

    def pause_at(self, utc_us: int) -> None:
        self._pause_us = utc_us

    def stalled(self, now_ns: int) -> bool:
        # "as fast as the transport allows": a client that does not read is a client that waits. Its session ends
        # when it gives no sign of life.
        return False

    def close(self) -> None:
        """Nothing is held between two runs but numbers."""

    def _resolve(self, request: PlayRequest) -> Plan:
        return resolve(request, *self._edges(), previous=self._plan, sent_us=self._sent_us())

    def _edges(self) -> tuple[int, int]:
        """The earliest and latest capture time of all tracks; now where there is no footage."""
        spans = [span for track in self._tracks.values() for span in self._source.footage.spans(track.track_id)]
        now_us = self._clock.utc_us()
        return min((s.start_us for s in spans), default=now_us), max((s.end_us for s in spans), default=now_us)

    def _sent_us(self) -> int | None:
        """The capture time of the frame sent last, in the direction of play."""
        last = min if self._plan is not None and self._plan.reverse else max
        return last((frame.unit.utc_us for frame in self._sent.values()), default=None)

    async def _first_us(self, plan: Plan) -> int:
        """The capture time where playing really begins: at the clean point, in reverse not later than asked.

        Where there is nothing to play before the end of the range, the time asked for.
        """
        found = []
        for track in self._played(plan).values():
            gop = await self._source.footage.gop_at(track.track_id, plan.start_us, forward=not plan.reverse)
            if gop is not None:
                found.append(min(plan.start_us, gop.units[-1].utc_us) if plan.reverse else gop.start_us)
        first_us = (max if plan.reverse else min)(found, default=plan.start_us)
        return plan.start_us if plan.is_behind(plan.end_us, first_us, first_us) else first_us

    def _played(self, plan: Plan) -> dict[int, PlayedTrack]:
        """The tracks that are sent: beside pictures no sound where only some of them are, and in reverse them alone.

        Groups of pictures go backwards one by one, in the time each lasts; what is between their frames has no place.
        """
        pictures = {n: track for n, track in self._tracks.items() if track.format.codec.kind is MediaKind.VIDEO}
        if not pictures or not (plan.reverse or plan.request.frames is Frames.INTRA):
            return self._tracks
        if plan.reverse:
            return pictures
        return {n: track for n, track in self._tracks.items() if track.format.codec.kind is not MediaKind.AUDIO}

    def _walk(self, number: int, plan: Plan) -> Walk:
        track, last = self._tracks[number], self._sent.get(number)
        sent = None if last is None else Position(gop_start_us=last.gop_start_us, unit_us=last.unit.utc_us)
        wanted = FrameFilter(track.format, plan.request.frames, plan.request.interval_us, sent)
        walk = walk_backward if plan.reverse else walk_forward
        return walk(self._source.footage, track.track_id, plan.start_us, sent, wanted)

    def _exists(self) -> bool:
        """Whether the recording still has the tracks that are played."""
        try:
            recording = self._source.recordings.recording(self._token)
        except NotFound:
            return False
        if recording is not self._recording:
            existing = {track.track_id for track in recording.tracks}
            if any(track.track_id not in existing for track in self._tracks.values()):
                return False
            self._recording = recording
        return True

    def _came_too_late(self, number: int, frame: Frame) -> bool:
        """Whether the frame, or what it is decoded from, became older than the recording keeps while it waited."""
        assert self._recording is not None  # it exists
        retention_us = self._recording.configuration.maximum_retention_us
        if 0 < retention_us < self._source.retention_now_us() - frame.unit.utc_us:
            self._expired.add(number)
        elif frame.unit.key_frame:
            self._expired.discard(number)
        return number in self._expired

    def _at_end(self, plan: Plan, frame: Frame) -> bool:
        """Whether the frame lies behind the range, or behind the moment to pause at."""
        first_us = frame.unit.utc_us
        last_us = frame.gop_end_us if plan.reverse else first_us
        if plan.is_behind(plan.end_us, first_us, last_us):
            # The range was played: a PLAY without one goes on from here, and not to the same end again.
            self._plan = replace(plan, end_us=None)
            return True
        return plan.is_behind(self._pause_us, first_us, last_us)

    async def _pace(self, frame: Frame | None) -> int:
        """Wait until the frame is due, or there may be one; its place on the RTP time line in microseconds."""
        if frame is None:
            if self._timeline is not None:
                self._timeline.wait()
            await self._clock.sleep(EDGE_POLL_S)
            return 0
        if self._timeline is None:
            if frame.unit.key_frame:
                # Neither reading from memory nor writing to an idle network waits: others get their turn here.
                await asyncio.sleep(0)
            return frame.unit.utc_us
        now_us = self._clock.mono_ns() // 1_000
        send_us, line_us = self._timeline.place(frame, now_us)
        if send_us - now_us > PACING_GRAIN_US:
            await self._clock.sleep((send_us - now_us) / 1e6)
        return line_us

    async def _send(self, number: int, frame: Frame, cseq: int, line_us: int, *, sought: bool) -> None:
        track, unit = self._tracks[number], frame.unit
        extension = ReplayExtension(
            utc_us=unit.utc_us,
            clean_point=unit.key_frame,
            end=frame.end,
            discontinuity=frame.discontinuity or sought,
            terminal=frame.terminal,
            cseq=cseq,
        )
        timestamp = track.outlet.stream.rtp_timestamp(line_us)
        track.outlet.send(unit, timestamp, extension.encode(), bulk=self._timeline is None)
        self._sent[number] = frame
        if self._timeline is not None:
            track.reports.send_if_due()
        await track.outlet.drain()
