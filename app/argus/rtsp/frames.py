"""The walk through one track's footage: which access units follow each other, and what stands between them.

Spec: Streaming § RTP header extension, § Reverse replay.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Protocol

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat
from argus.rtsp.h264 import has_b_slices
from argus.rtsp.protocol.playback import Frames
from argus.store.ring.span import Gop, Span

# Frames further apart than this, without a recorded gap, have lost what was between them.
_DELETED_GAP_US = 1_000_000


class Footage(Protocol):
    """Recorded media by track id."""

    def spans(self, track_id: int) -> tuple[Span, ...]:
        """Durable, visible footage in order of time."""

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        """The format of the footage at that time."""

    async def gop_at(self, track_id: int, utc_us: int, *, forward: bool) -> Gop | None:
        """The GOP with that time in it; in a gap the first after it (forward) or the last before it."""

    async def gop_after(self, gop: Gop) -> Gop | None: ...

    async def gop_before(self, gop: Gop) -> Gop | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """An access unit on its way out. The flags are those of the ONVIF header extension.

    `gop_start_us` and `gop_end_us` are the capture times of the first and last unit of its group of pictures, as far
    as the group is played.
    """

    unit: AccessUnit
    gop_start_us: int
    gop_end_us: int
    end: bool = False
    terminal: bool = False
    discontinuity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A frame that was sent: its group of pictures and its own capture time."""

    gop_start_us: int
    unit_us: int


class FrameFilter:
    """Lets the frames through that the client wants: all, without B pictures, or key frames at an interval.

    Only frames are sent that can be decoded by what the client was told, `described`. The interval counts from `sent`.
    """

    def __init__(
        self,
        described: StreamFormat,
        frames: Frames = Frames.ALL,
        interval_us: int = 0,
        sent: Position | None = None,
    ) -> None:
        self._described = described
        self._frames = frames
        self._interval_us = interval_us
        self._last_us = sent.unit_us if sent is not None else None

    def admits(self, unit: AccessUnit) -> bool:
        if unit.format is not self._described and not _decodable(unit.format, self._described):
            return False
        if self._frames is Frames.PREDICTED:
            return self._described.codec is not Codec.H264 or not has_b_slices(unit.data)
        if self._frames is Frames.ALL:
            return True
        if not unit.key_frame or (self._last_us is not None and abs(unit.utc_us - self._last_us) < self._interval_us):
            return False
        self._last_us = unit.utc_us
        return True


def _decodable(stream: StreamFormat, described: StreamFormat) -> bool:
    """Whether a decoder for `described` decodes `stream`: pictures tell what changes themselves, sound does not."""
    if stream.codec is not described.codec or stream.clock_hz != described.clock_hz:
        return False
    return stream.codec.kind is not MediaKind.AUDIO or stream.parameter_sets == described.parameter_sets


async def walk_forward(
    footage: Footage, track_id: int, start_us: int, sent: Position | None, wanted: FrameFilter
) -> AsyncGenerator[Frame | None, None]:
    """The frames from the clean point at or before `start_us` on, or those behind `sent`.

    None means that there is nothing more now; asked again, it follows what is recorded later. The newest frame is
    held back until it is known whether the recording goes on, so that E is never missing and never wrong.
    """
    gop: Gop | None = None
    held: Frame | None = None
    while True:
        edge = _edge(footage, track_id)
        found = await _next_forward(footage, track_id, gop, start_us)
        if found is None or (gop is not None and _same(gop, found)):
            yield None
            while _edge(footage, track_id) == edge:
                yield None
            continue
        grown = gop is not None and found.start_us == gop.start_us
        deleted = gop is not None and not grown and _lies_apart(gop, found)
        for unit in found.units[len(gop.units) :] if gop is not None and grown else found.units:
            if (sent is None or unit.utc_us > sent.unit_us) and wanted.admits(unit):
                if held is not None:
                    yield held
                held = _frame(unit, found, found.units[-1].utc_us, discontinuity=deleted)
                deleted = False
        gop = found
        if gop.ends_span and held is not None:
            yield replace(held, end=True, terminal=await footage.gop_after(gop) is None)
            held = None


def _edge(footage: Footage, track_id: int) -> tuple[Span | None, Span | None]:
    """What new footage changes: the span that grows and the last one, which it need not be after the clock was set."""
    spans = footage.spans(track_id)
    return next((span for span in reversed(spans) if span.growing), None), spans[-1] if spans else None


async def _next_forward(footage: Footage, track_id: int, gop: Gop | None, start_us: int) -> Gop | None:
    """What to look at after `gop`: the next one, or the same again where it may have changed."""
    if gop is None:
        return await footage.gop_at(track_id, start_us, forward=True)
    # An incomplete GOP is not left behind: it may have grown since it was read.
    following = await footage.gop_after(gop) if gop.complete or gop.ends_span else None
    return following or await footage.gop_at(track_id, gop.start_us, forward=True)


def _same(known: Gop, again: Gop) -> bool:
    return (known.start_us, len(known.units), known.complete, known.ends_span) == (
        again.start_us,
        len(again.units),
        again.complete,
        again.ends_span,
    )


def _lies_apart(gop: Gop, following: Gop) -> bool:
    """Whether footage between the two was deleted since `gop` was read."""
    return not gop.ends_span and following.start_us - gop.units[-1].utc_us > _DELETED_GAP_US


async def walk_backward(
    footage: Footage, track_id: int, start_us: int, sent: Position | None, wanted: FrameFilter
) -> AsyncGenerator[Frame | None, None]:
    """Groups of pictures in reverse order, each from its clean point forward, none later than `start_us`.

    After `sent` it goes on inside that group of pictures. None means that the beginning was reached.
    """
    gop = await footage.gop_at(track_id, start_us if sent is None else sent.gop_start_us, forward=False)
    held: Frame | None = None
    while gop is not None:
        before = await footage.gop_before(gop)
        resumed = sent is not None and gop.start_us == sent.gop_start_us
        first = not resumed
        for unit in gop.units:
            if unit.utc_us > start_us or (sent is not None and resumed and unit.utc_us <= sent.unit_us):
                continue
            if wanted.admits(unit):
                if held is not None:
                    yield held
                held = _frame(unit, gop, min(start_us, gop.units[-1].utc_us), discontinuity=first)
                first = False
        if held is not None and (before is None or before.ends_span):
            yield replace(held, end=True, terminal=before is None)
            held = None
        gop = before
    while True:
        yield None


def _frame(unit: AccessUnit, gop: Gop, gop_end_us: int, *, discontinuity: bool) -> Frame:
    return Frame(unit=unit, gop_start_us=gop.start_us, gop_end_us=gop_end_us, discontinuity=discontinuity)
