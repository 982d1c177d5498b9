"""Datagrams put back in order."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from argus.rtsp.client.media import ClientCounters
from argus.rtsp.client.reorder import LONGEST_WAIT_NS, MAX_BYTES, MAX_PACKETS, ReorderBuffer


def packet(sequence: int, ssrc: int = 1, size: int = 12) -> bytes:
    return struct.pack(">BBHII", 0x80, 96, sequence & 0xFFFF, 0, ssrc) + bytes(size - 12)


class Line:
    def __init__(self) -> None:
        self.taken: list[int] = []
        self.counters = ClientCounters()
        self.now_ns = 0
        self.buffer = ReorderBuffer(self._take, self.counters, lambda: self.now_ns)

    def _take(self, data: bytes, view: memoryview, start: int, end: int) -> None:
        assert (bytes(view), start, end) == (data, 0, len(data))
        self.taken.append(int.from_bytes(data[2:4], "big"))

    def arrive(self, *sequences: int) -> None:
        for sequence in sequences:
            self.buffer.arrive(packet(sequence))

    def expire(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self.buffer.expire()


def test_what_comes_in_order_is_handed_on_at_once() -> None:
    line = Line()
    line.arrive(65_534, 65_535, 0, 1)
    assert line.taken == [65_534, 65_535, 0, 1]
    assert line.counters == ClientCounters()


@given(st.integers(0, 0xFFFF), st.permutations(range(30)))
def test_any_disorder_is_undone_within_the_time(first: int, order: list[int]) -> None:
    line = Line()
    line.arrive(first)
    line.arrive(*(first + 1 + number & 0xFFFF for number in order))
    assert line.taken == [first + number & 0xFFFF for number in range(31)]
    assert line.counters.discarded == 0


def test_what_is_missing_is_waited_for_only_so_long() -> None:
    line = Line()
    line.arrive(1, 3)
    line.expire(LONGEST_WAIT_NS)
    assert line.taken == [1]
    line.expire(LONGEST_WAIT_NS + 1)
    assert line.taken == [1, 3]
    line.arrive(2, 4)
    assert line.taken == [1, 3, 4]
    assert line.counters.discarded == 1


def test_a_packet_that_comes_twice_is_taken_once() -> None:
    line = Line()
    line.arrive(1, 1, 3, 3, 2)
    assert line.taken == [1, 2, 3]
    assert (line.counters.discarded, line.counters.reordered) == (2, 1)


def test_waiting_takes_little_memory() -> None:
    line = Line()
    line.arrive(0, *range(2, 2 + MAX_PACKETS + 1))
    assert len(line.taken) == MAX_PACKETS + 2
    line.buffer.arrive(packet(5_000, size=MAX_BYTES + 1))
    assert line.taken[-1] == 5_000


def test_another_source_and_a_sender_that_begins_anew_are_followed() -> None:
    line = Line()
    line.arrive(100, 102)
    line.buffer.arrive(packet(7, ssrc=2))
    assert line.taken == [100, 102, 7]
    line.buffer.arrive(packet(60_000, ssrc=2))
    for number in range(60_001, 60_010):
        line.buffer.arrive(packet(number, ssrc=2))
    assert line.taken[-2:] == [60_008, 60_009]


def test_a_network_that_repeats_every_packet_later_is_no_sender_that_begins_anew() -> None:
    line = Line()
    line.arrive(*range(5))
    for number in range(20):
        line.arrive(5 + number, number)
    assert line.taken == list(range(25))


@given(st.lists(st.tuples(st.binary(max_size=16), st.integers(0, 10**9))))
def test_any_datagrams_are_taken_or_dropped(datagrams: list[tuple[bytes, int]]) -> None:
    line = Line()
    for data, now_ns in sorted(datagrams, key=lambda pair: pair[1]):
        line.now_ns = now_ns
        line.buffer.arrive(data)
