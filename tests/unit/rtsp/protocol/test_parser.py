"""Requests and frames out of a byte stream in any fragmentation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.twins import refusal

from argus.rtsp.protocol.message import Interleaved, Request, Response
from argus.rtsp.protocol.parser import MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADER_LINES, RequestParser
from argus.rtsp.protocol.status import Status

REQUEST = b"PLAY rtsp://h/live/main RTSP/1.0\r\nCSeq: 7\r\nSession: abc\r\n\r\n"


def parse(data: bytes) -> list[Request | Interleaved]:
    parser = RequestParser()
    parser.feed(data)
    messages = []
    while (message := parser.next_message()) is not None:
        messages.append(message)
    return messages


def test_a_request_gives_its_method_uri_cseq_and_headers() -> None:
    [request] = parse(REQUEST)
    assert isinstance(request, Request)
    assert (request.method, request.uri, request.cseq) == ("PLAY", "rtsp://h/live/main", 7)
    assert request.header("SESSION") == "abc"
    assert request.header("Range") is None


@given(st.integers(1, len(REQUEST) - 1))
def test_fragmentation_does_not_change_what_is_read(cut: int) -> None:
    parser = RequestParser()
    parser.feed(REQUEST[:cut])
    assert parser.next_message() is None
    parser.feed(REQUEST[cut:])
    assert [parser.next_message()] == parse(REQUEST)


def test_frames_and_requests_follow_each_other_in_order() -> None:
    messages = parse(b"$\x01\x00\x03abc" + REQUEST + b"\r\n$\x02\x00\x00")
    assert messages[0] == Interleaved(channel=1, payload=b"abc")
    assert isinstance(messages[1], Request)
    assert messages[2] == Interleaved(channel=2, payload=b"")


def test_a_body_is_taken_by_its_length() -> None:
    [first, second] = parse(b"SET_PARAMETER rtsp://h/ RTSP/1.0\nCSeq: 1\nContent-Length: 4\n\na: b" + REQUEST)
    assert isinstance(first, Request)
    assert first.body == b"a: b"
    assert isinstance(second, Request)


def test_of_a_repeated_header_nobody_needs_the_first_counts() -> None:
    [request] = parse(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: GStreamer\r\nUser-Agent: RealMedia\r\n\r\n")
    assert isinstance(request, Request)
    assert request.header("user-agent") == "GStreamer"


def test_repeated_list_headers_join_and_contradictions_are_refused() -> None:
    head = b"SETUP rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n"
    [request] = parse(head + b"Require: a\r\nrequire: b\r\n\r\n")
    assert isinstance(request, Request)
    assert request.header("require") == "a, b"
    assert refusal(lambda: parse(head + b"Authorization: a\r\nAuthorization: b\r\n\r\n")) is Status.BAD_REQUEST


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/2.0\r\nCSeq: 1\r\n\r\n", Status.RTSP_VERSION_NOT_SUPPORTED),
        (b"PLAY rtsp://h/ RTSP/1.0\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: -1\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 99999999999\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n folded\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\nA: \x00\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\nA: \xff\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: x\r\n\r\n", Status.BAD_REQUEST),
        (b"PLAY " + b"a" * 4_000, Status.REQUEST_URI_TOO_LARGE),
        (b"PLAY rtsp://h/" + b"a" * 3_000 + b" RTSP/1.0\r\nCSeq: 1\r\n\r\n", Status.REQUEST_URI_TOO_LARGE),
        (b"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\nA: " + b"a" * MAX_HEADER_BYTES * 2, Status.BAD_REQUEST),
        (b"PLAY rtsp://h/ RTSP/1.0\r\n" + b"A: b\r\n" * (MAX_HEADER_LINES + 1) + b"\r\n", Status.BAD_REQUEST),
        (
            f"PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(),
            Status.REQUEST_ENTITY_TOO_LARGE,
        ),
    ],
)
def test_what_is_malformed_or_too_large_is_refused(data: bytes, status: Status) -> None:
    assert refusal(lambda: parse(data)) is status


@given(st.lists(st.one_of(st.binary(max_size=300), st.just(REQUEST), st.just(b"$\x00\x00\x05hello")), max_size=8))
def test_any_bytes_give_messages_or_a_protocol_error_and_the_memory_stays_bounded(chunks: list[bytes]) -> None:
    parser = RequestParser()

    def take() -> None:
        while parser.next_message() is not None:
            pass

    for chunk in chunks:
        parser.feed(chunk)
        if refusal(take) is not None:
            break
        assert parser.pending_bytes <= MAX_BODY_BYTES + 16_384


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=100))
def test_any_text_in_a_request_is_read_or_refused(uri: str, name: str, value: str) -> None:
    data = f"PLAY {uri} RTSP/1.0\r\nCSeq: 1\r\n{name}: {value}\r\n\r\n".encode("utf-8", "surrogatepass")
    assert refusal(lambda: parse(data)) in (None, Status.BAD_REQUEST, Status.REQUEST_URI_TOO_LARGE)


def test_a_response_repeats_the_cseq_and_tells_the_length_of_its_body() -> None:
    encoded = Response(status=Status.OK, headers=(("Public", "PLAY"),), body=b"v=0").encode(7)
    assert encoded == b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nPublic: PLAY\r\nContent-Length: 3\r\n\r\nv=0"


def test_a_header_value_cannot_break_out_of_its_line() -> None:
    with pytest.raises(ValueError, match="control character"):
        Response(status=Status.OK, headers=(("A", "b\r\nC: d"),)).encode(1)
