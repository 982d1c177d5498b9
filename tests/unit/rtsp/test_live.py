"""Live playing from a real hub to a client in memory."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.unit.rtsp.twins import FRAME_US, START_US, MemoryLink, parse_interleaved, refusal, settle, unit

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.base.tokens import ProfileToken
from argus.media.hub import StreamHub
from argus.rtsp.h264 import packetize
from argus.rtsp.live import PATIENCE_NS, LivePlayback, LivePresentation
from argus.rtsp.outlet import InterleavedOutlet
from argus.rtsp.payload import payload_format
from argus.rtsp.protocol.playback import PlayRequest
from argus.rtsp.protocol.range import ClockRange, NptRange
from argus.rtsp.protocol.status import Status
from argus.rtsp.rtp import RtpStream


class Stage:
    """A hub, a client, and a playback between them."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.hub = StreamHub("main", self.clock)
        self.hub.publish(unit(START_US, key_frame=True))
        self.link = MemoryLink()
        outlet = InterleavedOutlet(self.link, RtpStream(96, 90_000), packetize, (0, 1))
        self.presentation = LivePresentation(ProfileToken("main"), [self.hub], self.clock)
        self.playback: LivePlayback = self.presentation.open({1: outlet})

    async def start(self) -> asyncio.Task[object]:
        self.start_told = await self.playback.play(PlayRequest(cseq=1, range=NptRange(now=True)))
        return asyncio.ensure_future(self.playback.run())


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    stage.playback.close()


def test_a_stream_without_a_picture_cannot_be_described() -> None:
    clock = SimulatedClock()
    with pytest.raises(Unavailable):
        LivePresentation(ProfileToken("main"), [StreamHub("main", clock)], clock)


async def test_a_client_begins_at_a_key_frame_and_times_are_those_of_capture(stage: Stage) -> None:
    playing = await stage.start()
    stage.hub.publish(unit(START_US))
    for number in range(3):
        stage.hub.publish(unit(START_US + number * FRAME_US, key_frame=number == 0))
    await settle()
    packets, _ = parse_interleaved(bytes(stage.link.sent))
    assert packets[0].payload[0] & 0x1F == 7, "the parameter sets come first"
    stamps = list(dict.fromkeys(packet.timestamp for packet in packets))
    assert [(stamp - stamps[0]) % 2**32 for stamp in stamps] == [0, 3_600, 7_200]
    assert [packet.marker for packet in packets] == [False, False, True, True, True]
    playing.cancel()


async def test_a_sender_report_comes_with_the_first_picture_and_every_five_seconds(stage: Stage) -> None:
    playing = await stage.start()
    for number in range(12):
        stage.hub.publish(unit(START_US + number * FRAME_US, key_frame=number == 0))
        await settle()
        await stage.clock.advance(1.0)
    _, reports = parse_interleaved(bytes(stage.link.sent))
    assert [channel for channel, _ in reports] == [1, 1, 1]
    playing.cancel()


async def test_the_report_maps_the_clock_onto_the_rtp_time_line(stage: Stage) -> None:
    playing = await stage.start()
    stage.hub.publish(unit(START_US, key_frame=True))
    await settle()
    _, [(_, report)] = parse_interleaved(bytes(stage.link.sent))
    # The clock has not moved since PLAY was answered, so both name the same instant.
    assert int.from_bytes(report[16:20], "big") == stage.start_told.rtp_timestamps[1]
    playing.cancel()


async def test_a_client_that_takes_nothing_is_told_from_one_that_waits_for_pictures(stage: Stage) -> None:
    playing = await stage.start()
    await settle()
    await stage.clock.advance(60)
    assert not stage.playback.stalled(stage.clock.mono_ns())
    stage.link.blocked = True
    stage.hub.publish(unit(START_US, key_frame=True))
    await settle()
    assert not stage.playback.stalled(stage.clock.mono_ns())
    assert stage.playback.stalled(stage.clock.mono_ns() + PATIENCE_NS + 1)
    stage.link.unblock()
    await settle()
    assert not stage.playback.stalled(stage.clock.mono_ns() + PATIENCE_NS + 1)
    playing.cancel()


async def test_playing_ends_with_the_stream(stage: Stage) -> None:
    playing = await stage.start()
    stage.hub.close()
    with pytest.raises(Unavailable):
        await playing


async def test_closing_leaves_the_hub(stage: Stage) -> None:
    await stage.playback.play(PlayRequest(cseq=1))
    assert stage.hub.health().readers == 1
    stage.playback.close()
    stage.playback.close()
    assert stage.hub.health().readers == 0


def test_a_live_stream_has_no_past_and_no_moment_to_pause_at() -> None:
    playback = Stage().playback
    assert refusal(lambda: playback.check(PlayRequest(cseq=1, range=ClockRange(start_us=1)))) is Status.INVALID_RANGE
    assert refusal(lambda: playback.pause_at(1)) is Status.INVALID_RANGE


AUDIO = StreamFormat(codec=Codec.PCMU, clock_hz=8_000)
METADATA = StreamFormat(codec=Codec.METADATA)


async def test_each_track_has_its_own_time_line_and_reports() -> None:
    clock, link = SimulatedClock(), MemoryLink()
    hubs = [StreamHub(name, clock) for name in ("video", "audio", "metadata")]
    hubs[0].publish(unit(START_US, key_frame=True))
    assert len(LivePresentation(ProfileToken("main"), hubs, clock).tracks) == 1, "sound has not come yet"
    hubs[1].format, hubs[2].format = AUDIO, METADATA
    presentation = LivePresentation(ProfileToken("main"), hubs, clock)
    assert [track.format.codec for track in presentation.tracks] == [Codec.H264, Codec.PCMU, Codec.METADATA]
    outlets = {}
    for track in presentation.tracks:
        payload = payload_format(track.format)
        stream = RtpStream(payload.payload_type, track.format.clock_hz, marked=payload.marked)
        outlets[track.number] = InterleavedOutlet(
            link, stream, payload.packetize, (track.number * 2, track.number * 2 + 1)
        )
    playback = presentation.open(outlets)
    started = await playback.play(PlayRequest(cseq=1))
    assert set(started.rtp_timestamps) == {1, 2, 3}
    playing = asyncio.ensure_future(playback.run())
    for number in range(2):
        sound = AccessUnit(
            format=AUDIO, data=bytes(80), key_frame=number == 0, utc_us=0, mono_ns=clock.mono_ns() + number * 10_000_000
        )
        hubs[1].publish(sound)
    hubs[0].publish(unit(START_US, key_frame=True))
    hubs[2].publish(AccessUnit(format=METADATA, data=b"<a/>", key_frame=True, utc_us=0, mono_ns=clock.mono_ns()))
    await settle()
    packets, reports = parse_interleaved(bytes(link.sent))
    sound_packets = [packet for packet in packets if packet.channel == 4]
    assert [packet.payload_type for packet in sound_packets] == [0, 0]
    assert [packet.marker for packet in sound_packets] == [False, False]
    assert sound_packets[0].timestamp == started.rtp_timestamps[2]
    assert (sound_packets[1].timestamp - sound_packets[0].timestamp) % 2**32 == 80
    assert [packet.payload for packet in packets if packet.channel == 6] == [b"<a/>"]
    assert sorted(channel for channel, _ in reports) == [3, 5, 7]
    hubs[1].close()
    with pytest.raises(Unavailable):
        await playing
    playback.close()
    assert [hub.health().readers for hub in hubs] == [0, 0, 0]
