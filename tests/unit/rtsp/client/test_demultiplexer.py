"""Media and messages out of one stream of bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.rtsp.client.answer import MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_HEADER_LINES, Answer, BadAnswer, parse_head
from argus.rtsp.client.demultiplexer import Demultiplexer

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 5\r\n\r\nhello"
STREAM = b"$\x00\x00\x03abc" + ANSWER + b"\r\n$\x05\x00\x02xx$\x01\x00\x01d" + ANSWER + b"$\x00\x00\x00"
LONGEST = max(MAX_HEAD_BYTES + MAX_BODY_BYTES, 65_539)


class Taken:
    """Remembers what came, in order."""

    def __init__(self) -> None:
        self.all: list[Answer | tuple[int, bytes]] = []
        self.demultiplexer = Demultiplexer(self.all.append)
        for channel in (0, 1):
            self.demultiplexer.attach(channel, self.taker(channel))

    def taker(self, channel: int):  # type: ignore[no-untyped-def]
        def take(data: bytes, view: memoryview, start: int, end: int) -> None:
            assert bytes(view[start:end]) == data[start:end]
            self.all.append((channel, data[start:end]))

        return take


def demultiplex(*pieces: bytes) -> Taken:
    taken = Taken()
    for piece in pieces:
        taken.demultiplexer.feed(piece)
    return taken


def test_frames_go_to_the_taker_of_their_channel_and_answers_between_them() -> None:
    first, answer, second, _, last = demultiplex(STREAM).all
    assert (first, second, last) == ((0, b"abc"), (1, b"d"), (0, b""))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.cseq, answer.body) == (200, 3, b"hello")


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_fragmentation_does_not_change_what_is_taken(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    taken = demultiplex(*pieces)
    assert taken.all == demultiplex(STREAM).all
    assert taken.demultiplexer.pending_bytes == 0


@given(st.lists(st.one_of(st.binary(max_size=40), st.just(STREAM), st.just(b"RTSP/1.0 200 OK\r\n"), st.just(b"$\x01"))))
def test_any_bytes_are_taken_or_refused_and_little_is_kept(pieces: list[bytes]) -> None:
    taken = Taken()
    try:
        for piece in pieces:
            taken.demultiplexer.feed(piece)
            assert taken.demultiplexer.pending_bytes <= LONGEST
    except BadAnswer:
        pass


def test_a_head_that_does_not_end_is_refused_before_it_fills_the_memory() -> None:
    taken = demultiplex(*[b"RTSP/1.0 200 OK "] * (MAX_HEAD_BYTES // 16 - 1))
    with pytest.raises(BadAnswer):
        taken.demultiplexer.feed(b"RTSP/1.0 200 OK ")


@pytest.mark.parametrize(
    "head",
    [
        b"RTSP/2.0 200 OK",
        b"RTSP/1.0 20 OK",
        b"SSH-2.0-OpenSSH",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1",
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999999",
        b"RTSP/1.0 200 OK" + b"\r\na: b" * (MAX_HEADER_LINES + 1),
    ],
)
def test_what_is_no_answer_or_passes_a_limit_is_refused(head: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse_head(head)


@pytest.mark.parametrize("blank", [b"\r\n\r\n", b"\n\r\n", b"\r\n\n", b"\n\n"])
def test_a_head_ends_with_any_kind_of_blank_line(blank: bytes) -> None:
    [answer, packet] = demultiplex(b"RTSP/1.0 200 OK\r\nCSeq: 7" + blank + b"\r\n\r\n$\x00\x00\x01a").all
    assert isinstance(answer, Answer)
    assert (answer.cseq, packet) == (7, (0, b"a"))


def test_everything_that_costs_time_is_counted() -> None:
    data = ANSWER * 3 + b"\r\n" * 5 + b"$\x07\x00\x00" * 4
    stream = demultiplex(data[:10], data[10:]).demultiplexer
    assert (stream.fed_bytes, stream.messages, stream.stray_frames) == (len(data), 3, 4)


def test_header_lines_without_sense_are_passed_over_and_repeated_ones_kept() -> None:
    answer, _ = parse_head(b"RTSP/1.0 401\r\nnonsense\r\nWWW-Authenticate: A\r\nwww-authenticate: B\r\n\xff\xfe: x")
    assert (answer.status, answer.values("www-authenticate"), answer.title) == (401, ("A", "B"), "401")


def test_a_request_of_the_server_is_told_from_an_answer() -> None:
    [request] = demultiplex(b"OPTIONS rtsp://h/ RTSP/1.0\r\nCSeq: 9\r\n\r\n").all
    assert isinstance(request, Answer)
    assert (request.status, request.method, request.cseq) == (0, "OPTIONS", 9)


@given(st.binary(max_size=300))
def test_any_head_is_a_message_or_refused(head: bytes) -> None:
    try:
        answer, size = parse_head(head)
    except BadAnswer:
        return
    assert answer.title.isprintable()
    assert 0 <= size <= MAX_BODY_BYTES
