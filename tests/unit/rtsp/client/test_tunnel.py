"""RTSP inside HTTP, as far as HTTP goes."""

from base64 import b64decode

import pytest
from tests.unit.rtsp.client.camera import CAMERA, STATION, MemoryPorts

from argus.base.errors import ArgusError, NotSupported, Unavailable
from argus.rtsp.client.challenge import Authorization
from argus.rtsp.client.redirect import Redirected
from argus.rtsp.client.target import Target, parse_target
from argus.rtsp.client.tunnel import Tunnel, open_tunnel
from argus.rtsp.client.wire import Listener
from argus.rtsp.link import Address

OK = b"HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n"
CHALLENGE = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\nlog in'
TARGET = parse_target("http://u:p@camera/path?q=1")


class Wire:
    peer, local = CAMERA, STATION

    def __init__(self, listener: Listener, answer: bytes | None) -> None:
        self.sent = b""
        self.closed = False
        self.listener = listener
        self._answer = answer

    def send(self, data: bytes) -> None:
        self.sent += data
        answer, self._answer = self._answer, None
        if answer == b"":
            self.listener.ended("the device closed the connection")
        elif answer is not None:
            for position in range(0, len(answer), 7):
                self.listener.receive(answer[position : position + 7])

    def close(self) -> None:
        self.closed = True


class Web:
    """A web server that gives these answers, one a connection; and the listener of what comes out of the tunnel."""

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = list(answers)
        self.wires: list[Wire] = []
        self.received = b""
        self.end = ""

    async def resolve(self, host: str) -> list[tuple[Address, bool]]:
        raise AssertionError(f"a tunnel is opened to an address, and looks up no {host}")

    async def connect(self, target: Target, address: Address, listener: Listener, *, verify: bool) -> Wire:
        self.wires.append(Wire(listener, self._answers.pop(0) if self._answers else None))
        return self.wires[-1]

    def open_ports(self, local: Address, take_rtp: object, take_rtcp: object) -> MemoryPorts:
        raise AssertionError("a tunnel needs no UDP ports")

    def receive(self, data: bytes) -> None:
        self.received += data

    def ended(self, why: str) -> None:
        self.end = why

    async def open(self) -> Tunnel:
        authorization = Authorization(TARGET.credentials)
        return await open_tunnel(self, TARGET, CAMERA, authorization, self, verify=False)


async def test_what_follows_the_answer_is_rtsp_and_what_is_sent_goes_in_base64() -> None:
    web = Web(OK + b"RTSP/1.0 ")
    tunnel = await web.open()
    down, up = web.wires
    down.listener.receive(b"200 OK")
    assert web.received == b"RTSP/1.0 200 OK"
    head = up.sent
    assert head.startswith(b"POST /path?q=1 HTTP/1.0\r\n")
    tunnel.send(b"OPTIONS")
    assert b64decode(up.sent[len(head) :]) == b"OPTIONS"
    cookies = {line for wire in web.wires for line in wire.sent.split(b"\r\n") if line.startswith(b"x-sessioncookie")}
    assert len(cookies) == 1
    tunnel.close()
    assert all(wire.closed for wire in web.wires)


async def test_a_web_server_that_asks_for_a_log_in_gets_one() -> None:
    web = Web(CHALLENGE, OK)
    await web.open()
    refused, down, up = web.wires
    assert refused.closed
    assert b"Authorization: Digest" in down.sent
    assert b"Authorization: Digest" in up.sent
    assert b"Authorization" not in refused.sent


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        ((CHALLENGE, CHALLENGE), Unavailable, "refuses the user name"),
        ((b"HTTP/1.1 404 Not Found\r\n\r\n",), NotSupported, "no RTSP inside HTTP: 404 Not Found"),
        ((b"HTTP/1.1 503 Busy\r\n\r\n",), Unavailable, "503 Busy"),
        ((b"SSH-2.0\r\n\r\n",), Unavailable, "no answer"),
        ((b"",), Unavailable, "closed the connection"),
        ((b"x" * 20_000,), Unavailable, "too long"),
    ],
)
async def test_a_refusal_closes_what_was_opened(answers: tuple[bytes, ...], kind: type[ArgusError], words: str) -> None:
    web = Web(*answers)
    with pytest.raises(kind, match=words):
        await web.open()
    assert all(wire.closed for wire in web.wires)


async def test_a_redirection_is_for_the_client_to_follow() -> None:
    web = Web(b"HTTP/1.1 302 Found\r\nLocation: http://other/\r\n\r\n")
    with pytest.raises(Redirected) as redirected:
        await web.open()
    assert redirected.value.location == "http://other/"


async def test_the_end_of_either_half_is_the_end() -> None:
    for half in (0, 1):
        web = Web(OK)
        await web.open()
        web.wires[half].listener.ended("gone")
        assert web.end == "gone"
    web = Web(OK)
    await web.open()
    web.wires[1].listener.receive(b"HTTP/1.0 400 Bad Request\r\n\r\n")
    assert web.end == "the device refuses what is sent inside HTTP"
