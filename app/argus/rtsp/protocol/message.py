"""RTSP requests and responses as values.

Spec: RFC 2326 § RTSP Message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from argus.rtsp.protocol.status import Headers, Status


class Method(StrEnum):
    """Methods this server implements."""

    OPTIONS = "OPTIONS"
    DESCRIBE = "DESCRIBE"
    SETUP = "SETUP"
    PLAY = "PLAY"
    PAUSE = "PAUSE"
    TEARDOWN = "TEARDOWN"
    GET_PARAMETER = "GET_PARAMETER"
    SET_PARAMETER = "SET_PARAMETER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. Header names are in lower case; `cseq` is the number every answer repeats."""

    method: str
    uri: str
    cseq: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of a header, or None; `name` in any case."""
        return self.headers.get(name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Interleaved:
    """One binary frame embedded in the RTSP connection.   Spec: RFC 2326 § Embedded (Interleaved) Binary Data"""

    channel: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; `encode` adds CSeq and Content-Length."""

    status: Status
    headers: Headers = ()
    body: bytes = b""

    def encode(self, cseq: int | None) -> bytes:
        """The bytes on the wire. A header value never breaks out of its line.

        Raises:
            ValueError: a header holds a control character.
        """
        lines = [f"RTSP/1.0 {self.status.value} {self.status.reason}"]
        if cseq is not None:
            lines.append(f"CSeq: {cseq}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        if not all(line.isprintable() for line in lines):
            raise ValueError("a response header holds a control character")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body
