"""RTSP inside HTTP: what the device sends comes as the body of a GET, what it is sent goes in base64 by a POST.

The device sees by the cookie that the two belong together. Of RTSP's own log-in it knows nothing; some devices want
one for HTTP as well.

Spec: Streaming § RTP/RTSP/HTTP/TCP; Tunnelling RTSP and RTP through HTTP (Apple, 2001).
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode

from argus.base.errors import NotSupported, Unavailable
from argus.rtsp.client.answer import Answer, BadAnswer, find_head, parse_head
from argus.rtsp.client.challenge import Authorization
from argus.rtsp.client.dialogue import MAX_ATTEMPTS, USER_AGENT
from argus.rtsp.client.redirect import REDIRECTIONS, Redirected
from argus.rtsp.client.target import Target
from argus.rtsp.client.wire import Listener, Network, Wire
from argus.rtsp.link import Address

# The length every client states: a POST that never ends needs some number, and servers do not count.
POST_LENGTH = 32_767
_TUNNELLED = "application/x-rtsp-tunnelled"


class Tunnel:
    """A wire to the device that passes as web traffic."""

    def __init__(self, down: Wire, up: Wire) -> None:
        self._down = down
        self._up = up

    @property
    def peer(self) -> Address:
        return self._down.peer

    @property
    def local(self) -> Address:
        return self._down.local

    def send(self, data: bytes) -> None:
        self._up.send(b64encode(data))

    def close(self) -> None:
        self._up.close()
        self._down.close()


async def open_tunnel(
    network: Network,
    target: Target,
    address: Address,
    authorization: Authorization,
    listener: Listener,
    *,
    verify: bool,
) -> Tunnel:
    """A tunnel through which RTSP can be spoken.

    Raises:
        Unavailable, NotSupported: subject "receiver".
        Redirected: the device wants to be asked elsewhere.
    """
    for _ in range(MAX_ATTEMPTS):
        cookie, signature = secrets.token_hex(11), authorization.header("GET", target.path)
        head = _Head(listener)
        down, up = await network.connect(target, address, head, verify=verify), None
        try:
            down.send(_request("GET", target, cookie, signature, f"Accept: {_TUNNELLED}"))
            answer = await head.answer
            if answer.status == 401:
                authorization.challenged(answer.values("www-authenticate"), signed=signature is not None)
                continue
            _check(answer)
            up = await network.connect(target, address, _Upstream(listener), verify=verify)
        finally:
            if up is None:
                down.close()
        body = f"Content-Type: {_TUNNELLED}\r\nContent-Length: {POST_LENGTH}"
        up.send(_request("POST", target, cookie, authorization.header("POST", target.path), body))
        return Tunnel(down, up)
    raise Unavailable("receiver", "the device asks to log in again and again")


def _check(answer: Answer) -> None:
    if answer.status in REDIRECTIONS:
        raise Redirected(answer.header("location"))
    if answer.status in (404, 405, 501):
        raise NotSupported("receiver", f"the device has no RTSP inside HTTP: {answer.title}")
    if not 200 <= answer.status < 300:
        raise Unavailable("receiver", f"the device refuses RTSP inside HTTP: {answer.title}")


def _request(method: str, target: Target, cookie: str, signature: str | None, header: str) -> bytes:
    lines = [f"{method} {target.path} HTTP/1.0", f"Host: {target.authority}", f"User-Agent: {USER_AGENT}"]
    lines += [f"x-sessioncookie: {cookie}", header, "Pragma: no-cache", "Cache-Control: no-cache"]
    if signature is not None:
        if not signature.isprintable():
            raise Unavailable("receiver", "the device sent a control character to be sent back")
        lines.append(f"Authorization: {signature}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class _Head:
    """Reads the head of the GET's answer; what follows is for the listener."""

    def __init__(self, listener: Listener) -> None:
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._listener = listener
        self._head = bytearray()
        self._passed = False

    def receive(self, data: bytes) -> None:
        if self._passed:
            self._listener.receive(data)
            return
        if self.answer.done():
            return
        self._head += data
        try:
            found = find_head(self._head, 0)
            if found is None:
                return
            answer, _ = parse_head(bytes(self._head[: found[0]]))
        except BadAnswer as error:
            self.ended(str(error))
            return
        rest, self._head = bytes(self._head[found[1] :]), bytearray()
        self._passed = 200 <= answer.status < 300
        self.answer.set_result(answer)
        if self._passed and rest:
            self._listener.receive(rest)

    def ended(self, why: str) -> None:
        if self._passed:
            self._listener.ended(why)
        elif not self.answer.done():
            self.answer.set_exception(Unavailable("receiver", why))


class _Upstream:
    """Hears the POST: nothing, or a refusal."""

    def __init__(self, listener: Listener) -> None:
        self._listener: Listener | None = listener

    def receive(self, data: bytes) -> None:
        if data.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4", b"HTTP/1.0 5", b"HTTP/1.1 5")):
            self.ended("the device refuses what is sent inside HTTP")

    def ended(self, why: str) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.ended(why)
