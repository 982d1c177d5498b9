"""The incremental reader of what a client sends: requests and interleaved frames, in any fragmentation.

Spec: RFC 2326 § Request, § Embedded (Interleaved) Binary Data.
"""

from __future__ import annotations

import re

from argus.rtsp.protocol.message import Interleaved, Request
from argus.rtsp.protocol.status import ProtocolError, Status

MAX_REQUEST_LINE_BYTES = 2 * 1024
MAX_HEADER_BYTES = 8 * 1024
MAX_HEADER_LINES = 64
MAX_BODY_BYTES = 64 * 1024
_MAX_HEAD_BYTES = MAX_REQUEST_LINE_BYTES + MAX_HEADER_BYTES
_MAX_CSEQ = 0xFFFFFFFF

_DOLLAR = 0x24
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"([A-Z_]{1,32}) ([\x21-\x7e]+) RTSP/(\d)\.(\d)")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})[ \t]*:[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
# Headers whose repetition means one longer list, and headers of which two would contradict each other. Of any other
# header the first counts: GStreamer 1.22's rtspsrc sends User-Agent twice.
_LISTS = frozenset({"accept", "require", "proxy-require", "transport"})
_ONCE = frozenset(
    {"authorization", "content-length", "cseq", "session", "range", "scale", "speed", "rate-control", "frames"}
    | {"immediate"}
)


class RequestParser:
    """Bytes in by `feed`, messages out by `next_message`. After a ProtocolError the connection is out of step."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending_bytes(self) -> int:
        """Bytes of a message that is not complete yet. Bounded, when messages are taken before more is fed."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_message(self) -> Request | Interleaved | None:
        """The next complete message, or None until more bytes came.

        Raises:
            ProtocolError: the bytes are no request, or pass a limit.
        """
        self._skip_blank_lines()
        if not self._buffer:
            return None
        return self._next_frame() if self._buffer[0] == _DOLLAR else self._next_request()

    def _skip_blank_lines(self) -> None:
        # Clients end a body, or keep a connection alive, with stray line ends.
        start = 0
        while start < len(self._buffer) and self._buffer[start] in b"\r\n":
            start += 1
        del self._buffer[:start]

    def _next_frame(self) -> Interleaved | None:
        if len(self._buffer) < 4:
            return None
        end = 4 + int.from_bytes(self._buffer[2:4], "big")
        if len(self._buffer) < end:
            return None
        frame = Interleaved(channel=self._buffer[1], payload=bytes(self._buffer[4:end]))
        del self._buffer[:end]
        return frame

    def _next_request(self) -> Request | None:
        found = _HEAD_END.search(self._buffer, 0, _MAX_HEAD_BYTES + 4)
        if found is None:
            self._check_unfinished_head()
            return None
        method, uri, headers = _parse_head(bytes(self._buffer[: found.start()]))
        size = _content_length(headers.get("content-length", "0"))
        if len(self._buffer) < found.end() + size:
            return None
        body = bytes(self._buffer[found.end() : found.end() + size])
        del self._buffer[: found.end() + size]
        return Request(method=method, uri=uri, cseq=_cseq(headers.get("cseq")), headers=headers, body=body)

    def _check_unfinished_head(self) -> None:
        if self._buffer.find(b"\n", 0, MAX_REQUEST_LINE_BYTES + 2) < 0 and len(self._buffer) > MAX_REQUEST_LINE_BYTES:
            raise ProtocolError(Status.REQUEST_URI_TOO_LARGE, "the request line is too long")
        if len(self._buffer) > _MAX_HEAD_BYTES:
            raise ProtocolError(Status.BAD_REQUEST, "the headers are too long")


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    try:
        lines = head.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise ProtocolError(Status.BAD_REQUEST, "the headers are not UTF-8") from error
    if len(lines[0]) > MAX_REQUEST_LINE_BYTES:
        raise ProtocolError(Status.REQUEST_URI_TOO_LARGE, "the request line is too long")
    if len(lines) - 1 > MAX_HEADER_LINES or len(head) - len(lines[0]) > MAX_HEADER_BYTES:
        raise ProtocolError(Status.BAD_REQUEST, "the headers are too long or too many")
    request_line = _REQUEST_LINE.fullmatch(lines[0])
    if request_line is None:
        raise ProtocolError(Status.BAD_REQUEST, "the request line is malformed")
    method, uri, major, _ = request_line.groups()
    if major != "1":
        raise ProtocolError(Status.RTSP_VERSION_NOT_SUPPORTED, f"RTSP {major}.x is not spoken here")
    return method, uri, _parse_headers(lines[1:])


def _parse_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None:
            raise ProtocolError(Status.BAD_REQUEST, "a header line is malformed")
        name, value = match[1].lower(), match[2].strip()
        if name not in headers:
            headers[name] = value
        elif name in _LISTS:
            headers[name] += ", " + value
        elif name in _ONCE:
            raise ProtocolError(Status.BAD_REQUEST, f"the header {match[1]} came twice")
    return headers


def _content_length(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise ProtocolError(Status.BAD_REQUEST, "Content-Length is not a number")
    if int(text) > MAX_BODY_BYTES:
        raise ProtocolError(Status.REQUEST_ENTITY_TOO_LARGE, f"a body of {text} bytes is too large")
    return int(text)


def _cseq(text: str | None) -> int:
    if text is None or not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > _MAX_CSEQ:
        raise ProtocolError(Status.BAD_REQUEST, "CSeq is missing or not a number")
    return int(text)
