"""Packets of one stream: their order, their losses, and the reports about them."""

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.client.camera import goodbye, rtp, sender_report

from argus.base.access_unit import Codec, MediaKind, StreamFormat
from argus.rtsp.client.inlet import KEY_FRAME_REQUEST_NS, MAX_DROPOUT, Inlet
from argus.rtsp.client.media import ClientCounters, ReceivedMedia
from argus.rtsp.client.source_clock import SourceClock
from argus.rtsp.depacketize import CodedUnit

FORMAT = StreamFormat(codec=Codec.PCMU, clock_hz=8_000)


class Payloads:
    """A depacketizer that remembers; every payload is a unit."""

    dropped_units = 0
    format = FORMAT

    def __init__(self) -> None:
        self.pushed: list[tuple[bytes, bool, int, bool]] = []

    def push(self, payload: memoryview, *, marker: bool, rtp_timestamp: int, lost: bool) -> Sequence[CodedUnit]:
        self.pushed.append((bytes(payload), marker, rtp_timestamp, lost))
        return (CodedUnit(format=FORMAT, data=bytes(payload), key_frame=True, rtp_timestamp=rtp_timestamp),)


class Bench:
    def __init__(self) -> None:
        self.payloads = Payloads()
        self.counters = ClientCounters()
        self.units: list[CodedUnit] = []
        media = ReceivedMedia(tag="a", kind=MediaKind.AUDIO, codec=Codec.PCMU)
        self.inlet = Inlet(media, 0, 8_000, self.payloads, SourceClock(), self.counters, self._take)

    def _take(self, inlet: Inlet, units: Sequence[CodedUnit]) -> None:
        self.units += units

    def take(self, *packets: bytes) -> None:
        for packet in packets:
            # in the middle of something else, as they lie in a read
            data = b"before" + packet + b"behind"
            self.inlet.take(data, memoryview(data), 6, 6 + len(packet))

    def report(self, packet: bytes, now_ns: int = 0) -> None:
        self.inlet.take_report(packet, memoryview(packet), 0, len(packet), now_ns)

    @property
    def lost(self) -> list[bool]:
        return [lost for *_, lost in self.payloads.pushed]


def test_payloads_reach_the_depacketizer_with_marker_and_time() -> None:
    bench = Bench()
    bench.take(rtp(65_535, 5, b"one", marker=False), rtp(0, 0xFFFFFFFF, b"two"))
    assert bench.payloads.pushed == [(b"one", False, 5, False), (b"two", True, 0xFFFFFFFF, False)]
    assert [unit.data for unit in bench.units] == [b"one", b"two"]
    assert (bench.counters.packets, bench.counters.bytes, bench.counters.lost) == (2, 30, 0)


def test_contributing_sources_extension_and_padding_are_no_payload() -> None:
    bench = Bench()
    head = struct.pack(">BBHII", 0x80 | 0x20 | 0x10 | 2, 0, 1, 0, 1)
    bench.take(head + bytes(8) + b"\xab\xac\x00\x01EXTE" + b"payload" + b"\x00\x00\x03")
    assert bench.payloads.pushed[0][0] == b"payload"


def test_a_gap_is_told_once_and_counted() -> None:
    bench = Bench()
    bench.take(rtp(1, 0, b"a"), rtp(4, 1, b"b"), rtp(5, 2, b"c"))
    assert bench.lost == [False, True, False]
    assert (bench.counters.lost, bench.inlet.holes) == (2, 1)


def test_late_and_repeated_packets_are_dropped() -> None:
    bench = Bench()
    bench.take(rtp(10, 0, b"a"), rtp(10, 0, b"a"), rtp(9, 0, b"z"), rtp(11, 1, b"b"))
    assert [payload for payload, *_ in bench.payloads.pushed] == [b"a", b"b"]
    assert bench.counters.discarded == 2


@pytest.mark.parametrize("other", [rtp(500, 7, b"b", ssrc=2), rtp(MAX_DROPOUT + 20, 7, b"b")])
def test_a_stream_that_begins_anew_is_followed_and_its_hole_not_counted_in_packets(other: bytes) -> None:
    bench = Bench()
    bench.take(rtp(10, 0, b"a"), other)
    assert bench.lost == [False, True]
    assert (bench.counters.lost, bench.inlet.holes) == (0, 1)


@pytest.mark.parametrize("packet", [b"", bytes(12), rtp(1, 0, b"x", kind=13), rtp(1, 0, b"x")[:11]])
def test_what_is_not_of_the_stream_is_dropped(packet: bytes) -> None:
    bench = Bench()
    bench.take(packet)
    assert bench.payloads.pushed == []
    assert bench.counters.discarded == 1


@given(st.lists(st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda tail: b"\x80\x00" + tail))))
def test_any_packets_and_reports_are_taken_or_dropped(packets: list[bytes]) -> None:
    bench = Bench()
    for packet in packets:
        bench.take(packet)
        bench.report(packet)
        assert len(bench.inlet.report(10**9)) % 4 == 0


def test_a_report_tells_what_was_lost_since_the_last_one_and_in_all() -> None:
    bench = Bench()
    bench.take(*(rtp(number, number, b"x") for number in range(65_530, 65_540) if number != 65_533))
    bench.report(sender_report(0x1234_5678_9ABC_DEF0, 65_539), now_ns=2_000_000_000)
    fields = struct.unpack(">BBHIIIIIII", bench.inlet.report(3_500_000_000)[:32])
    assert fields[:3] == (0x81, 201, 7)
    ssrc, lost, highest, _, last, age = fields[4:]
    assert (ssrc, lost, highest, last, age) == (1, 25 << 24 | 1, 65_539, 0x5678_9ABC, 3 << 15)
    bench.take(rtp(65_540, 65_540, b"x"))
    _, lost, highest, *_ = struct.unpack(">IIIIII", bench.inlet.report(4_000_000_000)[8:32])
    assert (lost, highest) == (1, 65_540)


def test_before_anything_came_the_report_is_empty() -> None:
    assert Bench().inlet.report(0)[:4] == b"\x80\xc9\x00\x01"


def test_the_end_is_heard_of_the_own_stream_only() -> None:
    bench = Bench()
    bench.take(rtp(1, 0, b"x"))
    bench.report(goodbye(2))
    assert not bench.inlet.ended
    bench.report(goodbye(1))
    assert bench.inlet.ended


def test_a_key_frame_is_asked_for_at_most_once_a_second() -> None:
    bench = Bench()
    assert bench.inlet.request_key_frame(0) is None  # there is no stream yet
    bench.take(rtp(1, 0, b"x", ssrc=0xABCD))
    packet = bench.inlet.request_key_frame(0)
    assert packet is not None
    assert packet[-12:-8] == b"\x81\xce\x00\x02"
    assert packet[-4:] == b"\x00\x00\xab\xcd"
    assert bench.inlet.request_key_frame(KEY_FRAME_REQUEST_NS - 1) is None
    assert bench.inlet.request_key_frame(KEY_FRAME_REQUEST_NS) is not None
