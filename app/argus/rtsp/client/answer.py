"""What a server sends beside media: answers to our requests, and requests of its own.

Servers are read more liberally than clients: a header line that makes no sense is passed over.

Spec: RFC 2326 § Response.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_HEAD_BYTES = 16 * 1024
MAX_HEADER_LINES = 128
MAX_BODY_BYTES = 256 * 1024

_STATUS_LINE = re.compile(r"(?:RTSP|HTTP)/1\.[0-9] ([1-9][0-9]{2})(?: (.{0,200}))?")
_REQUEST_LINE = re.compile(r"([A-Z_]{1,32}) [\x21-\x7e]+ RTSP/1\.[0-9]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})[ \t]*:[ \t]*(.*)")
_NUMBER = re.compile(r"[0-9]{1,10}")
_BLANK_LINES = (b"\n\r\n", b"\n\n")
_RETURN = 0x0D


class BadAnswer(Exception):
    """The bytes are neither an answer, nor a request, nor media; what follows cannot be told from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One message of the server. `status` is 0 where it is a request, `method` empty where it is an answer.

    Header names are in lower case. A header that came several times has all its values.
    """

    status: int
    reason: str = ""
    method: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header, empty where it is missing."""
        return next((value for known, value in self.headers if known == name), "")

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(value for known, value in self.headers if known == name)

    @property
    def cseq(self) -> int | None:
        text = self.header("cseq")
        return int(text) if _NUMBER.fullmatch(text) else None

    @property
    def title(self) -> str:
        """Status and reason, fit for logs."""
        reason = "".join(character for character in self.reason if character.isprintable())[:60]
        return f"{self.status} {reason}".strip()


def find_head(data: bytes | bytearray, start: int) -> tuple[int, int] | None:
    """Where the head that begins at `start` ends, and where its body begins; None where it is not complete.

    Raises:
        BadAnswer: it is longer than a head can be.
    """
    stop = start + MAX_HEAD_BYTES
    # Not by a pattern: a head that comes byte by byte is looked at as many times.
    ends = (data.find(blank, start, stop) for blank in _BLANK_LINES)
    found = min((end for end in ends if end >= 0), default=-1)
    if found >= 0:
        head_end = found - 1 if found > start and data[found - 1] == _RETURN else found
        return head_end, data.index(b"\n", found + 1) + 1
    if len(data) - start >= MAX_HEAD_BYTES:
        raise BadAnswer("the head of an answer is too long")
    return None


def parse_head(head: bytes) -> tuple[Answer, int]:
    """The message without its body, and the size of that body in bytes.

    Raises:
        BadAnswer: it is no message, or passes a limit.
    """
    first, *lines = head.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_HEADER_LINES:
        raise BadAnswer("an answer has too many headers")
    matches = (_HEADER.fullmatch(line) for line in lines)
    headers = tuple((match[1].lower(), match[2].strip()) for match in matches if match is not None)
    status, request = _STATUS_LINE.fullmatch(first.rstrip()), _REQUEST_LINE.fullmatch(first.rstrip())
    if status is not None:
        answer = Answer(status=int(status[1]), reason=(status[2] or "").strip(), headers=headers)
    elif request is not None:
        answer = Answer(status=0, method=request[1], headers=headers)
    else:
        raise BadAnswer("what arrived is no answer")
    size = answer.header("content-length") or "0"
    if not _NUMBER.fullmatch(size) or int(size) > MAX_BODY_BYTES:
        raise BadAnswer("the body of an answer is too long")
    return answer, int(size)
