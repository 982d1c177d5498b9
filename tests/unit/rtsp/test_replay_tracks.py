"""Replay of pictures, sound and metadata together."""

import asyncio
from dataclasses import replace

import pytest
from tests.unit.rtsp.twins import (
    GOP_FRAMES,
    START_US,
    MemoryFootage,
    MemoryLink,
    MemoryRecordings,
    Packet,
    parse_interleaved,
    settle,
    span_of_gops,
)

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat
from argus.base.clock import SimulatedClock
from argus.base.tokens import RecordingToken, TrackToken
from argus.rtsp.outlet import InterleavedOutlet
from argus.rtsp.payload import payload_format
from argus.rtsp.protocol.playback import Frames, PlayRequest
from argus.rtsp.replay import ReplayPresentation
from argus.rtsp.replay_playback import ReplaySource
from argus.rtsp.rtp import RtpStream
from argus.store.recording.recordings import Track, TrackConfiguration
from argus.store.ring.span import Gop

SECOND_US = 1_000_000
SOUND_US = 80_000
GAP_US = 60_000_000
VIDEO, AUDIO, METADATA = 1, 2, 3
PCMU = StreamFormat(codec=Codec.PCMU, clock_hz=8_000)
AAC = StreamFormat(codec=Codec.AAC, clock_hz=16_000, parameter_sets=(bytes.fromhex("1408"),))
DOCUMENTS = StreamFormat(codec=Codec.METADATA)
FAST = PlayRequest(cseq=7, rate_control=False)


def groups(stream: StreamFormat, track_id: int, start_us: int, end_us: int, step_us: int, group_us: int) -> list[Gop]:
    """Finished footage of audio or metadata: the first unit of each `group_us` is a key frame."""
    found: list[Gop] = []
    for utc_us in range(start_us, end_us, step_us):
        key_frame = not found or utc_us - found[-1].start_us >= group_us
        unit = AccessUnit(format=stream, data=b"sound", key_frame=key_frame, utc_us=utc_us, mono_ns=0)
        if key_frame:
            found.append(Gop(track_id=track_id, start_us=utc_us, units=(unit,), complete=True, ends_span=False))
        else:
            found[-1] = replace(found[-1], units=(*found[-1].units, unit))
    found[-1] = replace(found[-1], ends_span=True)
    return found


class Stage:
    """Two spans of four seconds a minute apart, with sound and a document each second, and a client of it."""

    def __init__(self, sound: StreamFormat = PCMU) -> None:
        self.clock = SimulatedClock(utc_us=START_US + 3_600_000_000)
        gops: list[Gop] = []
        for start_us in (START_US, START_US + GAP_US):
            end_us = start_us + 4 * SECOND_US
            gops += span_of_gops(start_us, 2)
            gops += groups(sound, AUDIO, start_us + 1_000, end_us, SOUND_US, SECOND_US)
            gops += groups(DOCUMENTS, METADATA, start_us + 2_000, end_us, SECOND_US, 0)
        recordings = MemoryRecordings("R")
        tracks = tuple(
            Track(token=TrackToken(f"{kind}1"), track_id=number, configuration=TrackConfiguration(kind=kind))
            for number, kind in enumerate(MediaKind, start=1)
        )
        recordings.recordings["R"] = replace(recordings.recordings["R"], tracks=tracks)
        source = ReplaySource(
            recordings=recordings,
            footage=MemoryFootage(*gops),
            clock=self.clock,
            session_timeout_s=lambda: 60,
            retention_now_us=self.clock.utc_us,
        )
        self.link = MemoryLink()
        self.presentation = ReplayPresentation(RecordingToken("R"), source)
        outlets = {}
        for track in self.presentation.tracks:
            payload = payload_format(track.format)
            stream = RtpStream(payload.payload_type, track.format.clock_hz, marked=payload.marked)
            channels = (2 * track.number, 2 * track.number + 1)
            outlets[track.number] = InterleavedOutlet(self.link, stream, payload.packetize, channels)
        self.playback = self.presentation.open(outlets)

    async def play(self, request: PlayRequest, seconds: float = 0.0) -> dict[int, list[Packet]]:
        """The first packets of what arrives, by track."""
        await self.playback.play(request)
        running = asyncio.ensure_future(self.playback.run())
        await settle()
        for _ in range(int(seconds / 0.02)):
            await self.clock.advance(0.02)
        await settle()
        running.cancel()
        await asyncio.wait([running])
        packets, _ = parse_interleaved(bytes(self.link.sent))
        self.link.sent.clear()
        self.order = [packet.utc_us for packet in packets if packet.utc_us is not None]
        return {
            number: [packet for packet in packets if packet.channel == 2 * number and packet.utc_us is not None]
            for number in (VIDEO, AUDIO, METADATA)
        }


@pytest.mark.parametrize("sound", [PCMU, AAC])
async def test_tracks_are_interleaved_as_they_were_recorded(sound: StreamFormat) -> None:
    stage = Stage(sound)
    found = await stage.play(FAST)
    assert stage.order == sorted(stage.order)
    assert [len(found[track]) for track in (VIDEO, AUDIO, METADATA)] == [4 * GOP_FRAMES, 100, 8]
    first = found[AUDIO][0]
    steps = {(packet.timestamp - first.timestamp) % 2**32 for packet in found[AUDIO][:3]}
    assert steps == {0, sound.clock_hz * 80 // 1_000, sound.clock_hz * 160 // 1_000}


async def test_each_track_tells_its_own_clean_points_and_ends() -> None:
    found = await Stage().play(FAST)
    sound = [packet.letters for packet in found[AUDIO]]
    assert [place for place, letters in enumerate(sound[:50]) if "C" in letters] == [0, 13, 26, 39]
    assert (sound[49], sound[99]) == ("E", "ET")
    assert [packet.letters for packet in found[METADATA]] == ["C", "C", "C", "CE", "C", "C", "C", "CET"]
    assert [found[VIDEO][place].letters for place in (2 * GOP_FRAMES - 1, 4 * GOP_FRAMES - 1)] == ["E", "ET"]


async def test_with_rate_control_sound_and_pictures_keep_their_pace() -> None:
    found = await Stage().play(PlayRequest(cseq=7), seconds=2.0)
    assert [len(found[track]) for track in (VIDEO, AUDIO, METADATA)] == [51, 26, 2]
    assert all(not packet.marker for packet in found[AUDIO])
    assert all(packet.marker for packet in found[METADATA])


async def test_a_gap_of_all_tracks_is_skipped() -> None:
    found = await Stage().play(PlayRequest(cseq=7), seconds=6.0)
    assert max(packet.utc_us or 0 for packet in found[VIDEO]) >= START_US + GAP_US + 1_500_000


async def test_in_reverse_only_pictures_are_sent() -> None:
    found = await Stage().play(replace(FAST, scale=-1.0))
    assert [len(found[track]) for track in (VIDEO, AUDIO, METADATA)] == [4 * GOP_FRAMES, 0, 0]


async def test_beside_intra_pictures_there_is_no_sound() -> None:
    found = await Stage().play(replace(FAST, frames=Frames.INTRA))
    assert [len(found[track]) for track in (VIDEO, AUDIO, METADATA)] == [4, 0, 8]
