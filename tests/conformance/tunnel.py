"""RTSP over HTTP, the server's side: a GET that carries what it says, and a POST that carries what it hears, in base64.

Spec: Streaming § RTP/RTSP/HTTP/TCP
"""

from __future__ import annotations

import base64
import re
import socket

_COOKIE = re.compile(r"(?im)^x-sessioncookie:\s*(\S+)")
OPENED = (
    b"HTTP/1.0 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\nPragma: no-cache\r\n"
    b"Content-Type: application/x-rtsp-tunnelled\r\n\r\n"
)


def read_head(connection: socket.socket) -> tuple[str, bytes]:
    """An HTTP request's head, and what came behind it. Raises OSError where it ends or never does."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(4_096)
        if not more or len(data) > 16_384:
            raise ConnectionError("no HTTP request")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest


def cookie_of(head: str) -> str:
    """What ties a POST to its GET; empty where there is none."""
    found = _COOKIE.search(head)
    return found[1] if found else ""


class Decoder:
    """Base64 in pieces of any size; each request may be encoded, and padded, by itself."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, data: bytes) -> bytes:
        whole = self._rest + b"".join(data.split())
        end = len(whole) // 4 * 4
        self._rest = whole[end:]
        return b"".join(base64.b64decode(whole[place : place + 4]) for place in range(0, end, 4))
