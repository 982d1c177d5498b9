"""Fragments that are taken many at once come out as those taken one by one."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.client.camera import rtp
from tests.unit.rtsp.twins import PPS, SPS

from argus.base.access_unit import Codec, MediaKind
from argus.rtsp.client.demultiplexer import Demultiplexer
from argus.rtsp.client.inlet import Inlet
from argus.rtsp.client.media import ClientCounters, ReceivedMedia
from argus.rtsp.client.source_clock import SourceClock
from argus.rtsp.depacketize import CodedUnit, depacketizer
from argus.rtsp.protocol.sdp_reader import parse_session

SDP = b"v=0\r\ns=x\r\nm=video 0 RTP/AVP 0\r\na=rtpmap:0 H264/90000\r\na=fmtp:0 packetization-mode=1\r\na=control:t1\r\n"
FRAGMENTS = 6


def frame(packet: bytes, channel: int = 0) -> bytes:
    return b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet


def pictures(count: int) -> list[bytes]:
    """RTP packets: parameter sets, then pictures in fragments, all of them key frames."""
    packets = [rtp(65_530, 0, SPS, marker=False), rtp(65_531, 0, PPS, marker=False)]
    for picture in range(count):
        for number in range(FRAGMENTS):
            edges = 0x80 if number == 0 else 0x40 if number == FRAGMENTS - 1 else 0
            payload = bytes((0x7C, 5 | edges)) + bytes((picture + 1, number + 1)) * 20
            sequence = (65_532 + picture * FRAGMENTS + number) & 0xFFFF
            packets.append(rtp(sequence, picture * 3_600, payload, marker=number == FRAGMENTS - 1))
    return packets


class Receiver:
    def __init__(self, *, runs: bool) -> None:
        self.units: list[CodedUnit] = []
        self.counters = ClientCounters()
        self.runs: list[int] = []
        offered = parse_session(SDP).media[0]
        media = ReceivedMedia(tag="t1", kind=MediaKind.VIDEO, codec=Codec.H264)
        self.inlet = Inlet(media, 0, 90_000, depacketizer(offered), SourceClock(), self.counters, self._take)
        self.demultiplexer = Demultiplexer(lambda _: None)
        self.demultiplexer.attach(0, self.inlet.take, self._take_run if runs else None)

    def _take(self, inlet: Inlet, units: Sequence[CodedUnit]) -> None:
        self.units += units

    def _take_run(self, data: bytes, view: memoryview, position: int, channel: int) -> int:
        behind = self.inlet.take_run(data, view, position, channel)
        self.runs.append(behind - position)
        return behind

    def feed(self, *pieces: bytes) -> "Receiver":
        for piece in pieces:
            self.demultiplexer.feed(piece)
        return self


def test_what_lies_between_the_ends_of_a_picture_is_taken_at_once() -> None:
    packets = pictures(3)
    whole = Receiver(runs=True).feed(b"".join(map(frame, packets)))
    assert whole.runs.count((FRAGMENTS - 2) * len(frame(packets[3]))) == 3
    assert [unit.rtp_timestamp for unit in whole.units] == [0, 3_600, 7_200]
    assert whole.counters == Receiver(runs=False).feed(*map(frame, packets)).counters


@given(
    st.permutations(range(2 + 3 * FRAGMENTS)),
    st.integers(0, 2 + 3 * FRAGMENTS),
    st.sets(st.integers(0, 2 + 3 * FRAGMENTS), max_size=3),
    st.lists(st.integers(0, 1_200), max_size=6),
    st.sampled_from([b"", frame(b"report", 1), frame(b""), frame(rtp(3, 3_600, b"", marker=False)), b"\r\n"]),
)
def test_losses_disorder_and_other_frames_change_nothing(
    order: list[int], sorted_from: int, lost: set[int], cuts: list[int], between: bytes
) -> None:
    packets = pictures(3)
    numbers = [*range(sorted_from), *[number for number in order if number >= sorted_from]]
    stream = between.join(frame(packets[number]) for number in numbers if number not in lost)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    quick, slow = Receiver(runs=True).feed(*pieces), Receiver(runs=False).feed(*pieces)
    assert (quick.units, quick.counters, quick.inlet.holes) == (slow.units, slow.counters, slow.inlet.holes)
    assert quick.inlet.report(0)[12:24] == slow.inlet.report(0)[12:24]


@pytest.mark.parametrize("size", [0, 1, 13, 14, 15])
def test_a_frame_too_short_for_a_fragment_is_left_to_the_slower_way(size: int) -> None:
    packets = pictures(1)
    short = frame(packets[3][:size])
    stream = b"".join(map(frame, packets[:3])) + short * 3 + frame(packets[4])
    quick, slow = Receiver(runs=True).feed(stream), Receiver(runs=False).feed(stream)
    assert quick.counters == slow.counters
    assert quick.units == slow.units
