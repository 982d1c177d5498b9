"""Cameras that do what no camera does, each named by the path of its address."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.unit.rtsp.twins import PPS, SPS

SDP = (
    "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=control:track1\r\n"
)
PICTURE_S = 0.04


def rtp(sequence: int, timestamp: int, payload: bytes, *, marker: bool = True) -> bytes:
    """An interleaved frame with one RTP packet."""
    header = struct.pack(">BBHII", 0x80, 96 | marker << 7, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 1)
    return b"$\x00" + struct.pack(">H", 12 + len(payload)) + header + payload


def key_frame(sequence: int, timestamp: int, size_bytes: int = 200) -> bytes:
    """A picture in three packets."""
    sets = (rtp(sequence + number, timestamp, nal, marker=False) for number, nal in enumerate((SPS, PPS)))
    return b"".join((*sets, rtp(sequence + 2, timestamp, b"\x65" + bytes(size_bytes))))


class Conversation:
    """One connection, seen from the camera."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = b""
        self._head = ""

    def hear(self) -> tuple[str, str]:
        """Method and address of the next request; media and reports of the client are passed over."""
        while True:
            if self._received[:1] == b"$" and len(self._received) >= 4:
                size = 4 + int.from_bytes(self._received[2:4], "big")
                if len(self._received) >= size:
                    self._received = self._received[size:]
                    continue
            elif b"\r\n\r\n" in self._received:
                head, _, self._received = self._received.partition(b"\r\n\r\n")
                self._head = head.decode()
                method, uri, _ = self._head.split("\r\n")[0].split(" ")
                return method, uri
            piece = self._connection.recv(65_536)
            if not piece:
                raise ConnectionError
            self._received += piece

    def header(self, name: str) -> str:
        found = re.search(rf"(?im)^{name}: *(.*?)\r?$", self._head)
        return found[1] if found else ""

    def answer(self, *headers: str, status: str = "200 OK", body: str = "") -> None:
        length = (f"Content-Length: {len(body)}",) if body else ()
        lines = (f"RTSP/1.0 {status}", f"CSeq: {self.header('CSeq')}", *headers, *length, "", body)
        self.say("\r\n".join(lines).encode())

    def say(self, data: bytes) -> None:
        self._connection.sendall(data)

    def play(self, description: str = SDP) -> None:
        """Be a good camera until PLAY is answered."""
        method = ""
        while method != "PLAY":
            method, _ = self.hear()
            transport = f"Transport: {self.header('Transport')}"
            body = description if method == "DESCRIBE" else ""
            self.answer("Session: 1", *([transport] if method == "SETUP" else []), body=body)


def good(talk: Conversation) -> None:
    talk.play()
    for number in range(100_000):
        talk.say(key_frame(3 * number, 3_600 * number))
        time.sleep(PICTURE_S)


def tiny(talk: Conversation) -> None:
    """Packets of one byte as fast as they go."""
    talk.play()
    for start in range(0, 1 << 31, 1_000):
        talk.say(b"".join(rtp(start + number, start + number, b"\x41") for number in range(1_000)))


def pictures(talk: Conversation) -> None:
    """Key frames as fast as they go."""
    talk.play()
    for start in range(0, 1 << 31, 300):
        talk.say(b"".join(key_frame(3 * (start + number), start + number) for number in range(300)))


def answers(talk: Conversation) -> None:
    talk.play()
    while True:
        talk.say(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n" * 1_000)


def picture(talk: Conversation) -> None:
    """One picture that never ends."""
    talk.play()
    talk.say(key_frame(0, 0) + rtp(3, 3_600, b"\x7c\x85" + bytes(60_000), marker=False))
    for sequence in range(4, 1 << 31):
        talk.say(rtp(sequence, 3_600, b"\x7c\x05" + bytes(60_000), marker=False))


def headers(talk: Conversation) -> None:
    talk.hear()
    talk.say(b"RTSP/1.0 200 OK\r\n")
    while True:
        talk.say(b"X: y\r\n" * 100)


def redirections(talk: Conversation) -> None:
    _, uri = talk.hear()
    talk.answer(f"Location: {uri}/again", status="302 Moved")


def elsewhere(talk: Conversation) -> None:
    talk.hear()
    talk.answer("Location: rtsp://[::ffff:169.254.169.254]/latest", status="302 Moved")


def login(talk: Conversation) -> None:
    for number in range(100):
        talk.hear()
        talk.answer(f'WWW-Authenticate: Digest realm="a", nonce="{number}", stale=true', status="401 \x1b[2JNo")


def escapes(talk: Conversation) -> None:
    talk.hear()
    talk.answer('WWW-Authenticate: Digest realm="\x1b[2J", nonce="1"', status="401 Unauthorized")
    talk.hear()


def jumps(talk: Conversation) -> None:
    """RTP times that leap by half their range."""
    talk.play()
    for number in range(100_000):
        talk.say(key_frame(3 * number, number * ((1 << 30) + 3_600)))
        time.sleep(PICTURE_S)


def flap(talk: Conversation) -> None:
    talk.play()
    talk.say(key_frame(0, 0))


BEHAVIOURS: dict[str, Callable[[Conversation], None]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        good, tiny, pictures, answers, picture, headers, redirections, elsewhere, login, escapes, jumps, flap,
    )
}  # fmt: skip


@contextmanager
def hostile_cameras() -> Iterator[int]:
    """All of them on one port of loopback."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        connections: list[socket.socket] = []
        threading.Thread(target=_serve, args=(listener, connections), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for connection in connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, connections: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connections.append(connection)
            threading.Thread(target=_behave, args=(connection,), daemon=True).start()


def _behave(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        beginning = connection.recv(1_024, socket.MSG_PEEK).decode("ascii", "replace")
        found = re.search(r"rtsp://[^/]+/([a-z]+)", beginning)
        if found is not None:
            BEHAVIOURS[found[1]](Conversation(connection))
