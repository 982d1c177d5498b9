"""Replay from footage in memory to a client in memory."""

import asyncio
from dataclasses import replace

import pytest
from tests.unit.rtsp.twins import (
    FRAME_US,
    GOP_FRAMES,
    START_US,
    MemoryFootage,
    MemoryLink,
    MemoryRecordings,
    Packet,
    gop,
    parse_interleaved,
    settle,
    span_of_gops,
)

from argus.base.clock import SimulatedClock
from argus.base.tokens import RecordingToken
from argus.rtsp.h264 import packetize
from argus.rtsp.outlet import InterleavedOutlet
from argus.rtsp.presentation import Outcome, PlayStart
from argus.rtsp.protocol.playback import Frames, PlayRequest
from argus.rtsp.protocol.range import ClockRange, encode_clock_range
from argus.rtsp.replay import ReplayPresentation
from argus.rtsp.replay_playback import ReplaySource
from argus.rtsp.rtp import RtpStream

GOP_US = GOP_FRAMES * FRAME_US
GAP_US = 60_000_000
FAST = PlayRequest(cseq=5, rate_control=False)


class Stage:
    """A recording, a client, and a playback between them."""

    def __init__(self, footage: MemoryFootage, tracks: tuple[int, ...] = (1,)) -> None:
        self.clock = SimulatedClock(utc_us=START_US + 3_600_000_000)
        self.footage = footage
        self.recordings = MemoryRecordings("R")
        self.link = MemoryLink()
        self.storage_clock = self.clock
        source = ReplaySource(
            recordings=self.recordings,
            footage=footage,
            clock=self.clock,
            session_timeout_s=lambda: 60,
            retention_now_us=lambda: self.storage_clock.utc_us(),
        )
        self.presentation = ReplayPresentation(RecordingToken("R"), source)
        self.outlets = {
            number: InterleavedOutlet(self.link, RtpStream(96, 90_000), packetize, (2 * number, 2 * number + 1))
            for number in tracks
        }
        self.playback = self.presentation.open(self.outlets)
        self.running: asyncio.Task[Outcome] | None = None

    async def play(self, request: PlayRequest) -> PlayStart:
        await self.pause()
        start = await self.playback.play(request)
        self.running = asyncio.ensure_future(self.playback.run())
        await settle()
        return start

    async def pause(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.wait([self.running])

    def received(self) -> list[Packet]:
        """The first packets of the access units that arrived since the last call."""
        packets, self.reports = parse_interleaved(bytes(self.link.sent))
        self.link.sent.clear()
        return [packet for packet in packets if packet.utc_us is not None]

    def times(self) -> list[int]:
        """The capture times that arrived since the last call, in frames since the start."""
        return [((packet.utc_us or 0) - START_US) // FRAME_US for packet in self.received()]


@pytest.fixture
def footage() -> MemoryFootage:
    return MemoryFootage(*span_of_gops(START_US, 3), *span_of_gops(START_US + GAP_US, 2))


async def test_without_rate_control_everything_is_sent_at_once_with_the_times_of_the_recording(
    footage: MemoryFootage,
) -> None:
    stage = Stage(footage)
    start = await stage.play(FAST)
    packets = stage.received()
    assert len(packets) == 5 * GOP_FRAMES
    assert packets[0].timestamp == start.rtp_timestamps[1]
    deltas = [(packet.timestamp - packets[0].timestamp) % 2**32 for packet in packets]
    assert deltas == [((packet.utc_us or 0) - START_US) * 9 // 100 for packet in packets]
    assert {packet.cseq for packet in packets} == {5}
    assert stage.reports == [], "no wall time belongs to recorded RTP time"
    await stage.pause()


async def test_flags_tell_clean_points_gaps_and_the_end(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    await stage.play(FAST)
    letters = {number: packet.letters for number, packet in enumerate(stage.received()) if packet.letters}
    clean = {n * GOP_FRAMES: "C" for n in range(5)}
    assert letters == {**clean, 3 * GOP_FRAMES - 1: "E", 5 * GOP_FRAMES - 1: "ET"}
    await stage.pause()


async def test_with_rate_control_a_second_of_footage_takes_a_second(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    start = await stage.play(PlayRequest(cseq=1))
    assert stage.times() == [0]
    await stage.clock.advance(1.0)
    await settle()
    packets = stage.received()
    assert len(packets) == 25
    assert (packets[-1].timestamp - start.rtp_timestamps[1]) % 2**32 == 90_000
    assert stage.reports == []
    await stage.clock.advance(60)
    await settle()
    assert stage.times() == [*range(26, 150), *range(1500, 1600)], "the gap is skipped"
    assert stage.reports != []
    await stage.pause()


async def test_a_closed_range_ends_with_its_last_frame_and_playing_can_go_on(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    end_us = START_US + 10 * FRAME_US
    start = await stage.play(replace(FAST, range=ClockRange(start_us=START_US + FRAME_US, end_us=end_us)))
    assert start.range == "clock=20260101T000000.000000Z-20260101T000000.400000Z"
    assert stage.times() == list(range(11))
    assert stage.running is not None
    assert await stage.running is Outcome.PAUSED
    await stage.play(FAST)
    assert stage.times()[:2] == [11, 12]
    await stage.pause()


@pytest.mark.parametrize(("start_s", "end_s"), [(20, 30), (-20, -10)])
async def test_a_range_without_footage_is_answered_as_asked_and_stays_silent(
    footage: MemoryFootage, start_s: int, end_s: int
) -> None:
    stage = Stage(footage)
    wanted = ClockRange(start_us=START_US + start_s * 1_000_000, end_us=START_US + end_s * 1_000_000)
    start = await stage.play(replace(FAST, range=wanted))
    assert start.range == encode_clock_range(wanted.start_us or 0, wanted.end_us)
    assert stage.times() == []
    assert stage.running is not None
    assert await stage.running is Outcome.PAUSED


async def test_a_pause_resumes_with_the_very_next_frame(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    await stage.play(PlayRequest(cseq=1))
    await stage.clock.advance(0.4)
    await stage.pause()
    assert stage.times() == list(range(11))
    start = await stage.play(PlayRequest(cseq=2))
    assert start.range.startswith("clock=20260101T000000.400000Z-")
    await stage.clock.advance(0.1)
    [first, *_] = stage.received()
    assert (first.utc_us, first.cseq, first.letters) == (START_US + 11 * FRAME_US, 2, "")
    await stage.pause()


async def test_a_pause_at_a_time_comes_when_it_is_reached(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    await stage.play(PlayRequest(cseq=1))
    stage.playback.pause_at(START_US + 5 * FRAME_US)
    await stage.clock.advance(3)
    assert stage.times() == list(range(6))
    assert stage.running is not None
    assert await stage.running is Outcome.PAUSED
    await stage.play(PlayRequest(cseq=2))
    await stage.clock.advance(0.1)
    assert stage.times()[0] == 6
    await stage.pause()


async def test_a_seek_marks_its_first_frame_as_discontinuity(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    await stage.play(FAST)
    stage.received()
    await stage.play(replace(FAST, cseq=300, range=ClockRange(start_us=START_US + GOP_US), immediate=True))
    first, second, *_ = stage.received()
    assert (first.utc_us, first.letters, first.cseq) == (START_US + GOP_US, "CD", 300 & 0xFF)
    assert second.letters == ""
    await stage.pause()


async def test_reverse_sends_groups_backwards_and_numbers_packets_forwards(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    start = await stage.play(replace(FAST, scale=-1.0, range=ClockRange(start_us=START_US + 3 * GOP_US)))
    assert start.scale == -1.0
    packets, _ = parse_interleaved(bytes(stage.link.sent))
    assert [p.sequence - packets[0].sequence & 0xFFFF for p in packets] == list(range(len(packets)))
    units = stage.received()
    starts = [packet.utc_us for packet in units if "C" in packet.letters]
    assert starts == [START_US + n * GOP_US for n in (2, 1, 0)]
    assert [packet.letters for packet in units if packet.letters] == ["CD", "CD", "CD", "ET"]
    await stage.pause()


async def test_a_reverse_range_plays_the_group_with_its_end_and_stops(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    wanted = ClockRange(start_us=START_US + 2 * GOP_US, end_us=START_US + GOP_US + 10 * FRAME_US)
    await stage.play(replace(FAST, scale=-1.0, range=wanted))
    assert stage.times() == [2 * GOP_FRAMES, *range(GOP_FRAMES, 2 * GOP_FRAMES)]
    assert stage.running is not None
    assert await stage.running is Outcome.PAUSED


async def test_another_scale_is_answered_with_the_one_in_use(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    assert (await stage.play(replace(FAST, scale=4.0))).scale == 1.0
    await stage.pause()


async def test_intra_with_an_interval_thins_out_the_key_frames(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    await stage.play(replace(FAST, frames=Frames.INTRA, interval_us=4_000_000))
    assert stage.times() == [0, 100, 1500]
    await stage.pause()


async def test_at_the_end_playing_waits_and_goes_on_with_new_footage(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    await stage.play(FAST)
    stage.received()
    await stage.clock.advance(10)
    assert stage.running is not None
    assert not stage.running.done()
    footage.gops.append(gop(START_US + 2 * GAP_US, ends_span=True))
    await stage.clock.advance(1)
    await settle()
    assert stage.times() == list(range(3_000, 3_000 + GOP_FRAMES))
    await stage.pause()


async def test_a_range_behind_the_newest_footage_waits_for_it(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    start = await stage.play(replace(FAST, range=ClockRange(start_us=START_US + 2 * GAP_US)))
    assert start.range.startswith("clock=20260101T000200.000000Z-")
    footage.gops.append(gop(START_US + 2 * GAP_US, ends_span=True))
    await stage.clock.advance(1)
    await settle()
    assert stage.times()[0] == 3_000
    await stage.pause()


async def test_playing_is_over_when_the_recording_is_deleted(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    await stage.play(PlayRequest(cseq=1))
    stage.received()
    stage.recordings.recordings.clear()
    footage.gops.clear()
    await stage.clock.advance(1)
    assert stage.running is not None
    assert await stage.running is Outcome.OVER
    assert stage.received() == []


def retain(stage: Stage, retention_us: int) -> None:
    """Limit what the recording keeps."""
    known = stage.recordings.recordings["R"]
    configuration = replace(known.configuration, maximum_retention_us=retention_us)
    stage.recordings.recordings["R"] = replace(known, configuration=configuration)


async def test_the_storage_and_not_the_wall_clock_tells_what_is_too_old() -> None:
    stage = Stage(MemoryFootage(*span_of_gops(START_US, 3)))
    stage.storage_clock = SimulatedClock(utc_us=START_US + 3 * GOP_US)
    retain(stage, GOP_US)
    await stage.play(FAST)
    assert stage.times() == list(range(2 * GOP_FRAMES, 3 * GOP_FRAMES))
    await stage.pause()


async def test_what_became_too_old_while_it_waited_for_its_turn_is_not_sent(footage: MemoryFootage) -> None:
    """In reverse with few key frames the next one waits for as long as it is older than the one before."""
    stage = Stage(footage)
    newest_us = footage.gops[-1].units[-1].utc_us
    stage.clock.step((newest_us - stage.clock.utc_us()) / 1e6)
    retain(stage, 3_000_000)
    await stage.play(PlayRequest(cseq=1, scale=-1.0, frames=Frames.INTRA))
    await stage.clock.advance(10)
    assert [packet.utc_us for packet in stage.received()] == [footage.gops[-1].start_us]
    await stage.pause()


async def test_after_what_became_too_old_a_slow_client_goes_on_with_a_clean_point(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    stage.clock.step((START_US - stage.clock.utc_us()) / 1e6)
    retain(stage, 1_000_000)
    stage.link.blocked = True
    await stage.play(FAST)
    await stage.clock.advance(1.5)
    assert stage.times() == [0]
    stage.link.unblock()
    await settle()
    first, *rest = stage.received()
    assert ((first.utc_us or 0) - START_US) // FRAME_US == GOP_FRAMES
    assert first.letters == "CD"
    assert len(rest) > GOP_FRAMES
    await stage.pause()


async def test_a_client_that_does_not_read_holds_the_replay_and_is_not_dropped(footage: MemoryFootage) -> None:
    stage = Stage(footage)
    stage.link.blocked = True
    await stage.play(FAST)
    await stage.clock.advance(30)
    assert stage.times() == [0]
    assert not stage.playback.stalled(stage.clock.mono_ns())
    stage.link.unblock()
    await settle()
    assert len(stage.times()) == 5 * GOP_FRAMES - 1
    await stage.pause()


async def test_two_tracks_are_sent_in_the_order_of_capture(footage: MemoryFootage) -> None:
    footage.gops += span_of_gops(START_US + FRAME_US // 2, 3, track_id=2)
    stage = Stage(footage, tracks=(1, 2))
    await stage.play(FAST)
    packets = [packet for packet in stage.received() if (packet.utc_us or 0) < START_US + GAP_US]
    assert [packet.channel for packet in packets] == [2, 4] * (3 * GOP_FRAMES)
    await stage.pause()


def test_the_description_tells_tracks_with_footage_and_the_range(footage: MemoryFootage) -> None:
    presentation = Stage(footage).presentation
    assert [(track.number, track.token) for track in presentation.tracks] == [(1, "VIDEO001")]
    assert presentation.range == "clock=20260101T000000.000000Z-20260101T000103.960000Z"
    footage.gops[-1] = replace(footage.gops[-1], ends_span=False)
    assert presentation.range == "clock=20260101T000000.000000Z-"


def test_a_recording_without_footage_has_no_tracks() -> None:
    assert Stage(MemoryFootage(), tracks=()).presentation.tracks == ()
