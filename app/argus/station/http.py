"""The HTTP listener: connection caps, deadlines and size limits in front of everything that speaks HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address

from aiohttp import web
from multidict import CIMultiDictProxy

from argus.base.errors import Unavailable
from argus.linux.os_error import reason

logger = logging.getLogger(__name__)

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[(?P<ip>[0-9A-Fa-f:.%a-z]{2,64})\])(?::(?P<port>[0-9]{1,5}))?")
# Without it the library tells strangers its version.
_SERVER = {"Server": "argus-station"}
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """What one client, and all together, may take.

    `header_deadline_s` is for the first request of a connection; a later one has `idle_s`. `answer_deadline_s` is for
    a client that does not read what it asked for.
    """

    connections: int = 64
    connections_per_address: int = 16
    body_bytes: int = 256 << 10
    header_deadline_s: float = 10.0
    body_deadline_s: float = 10.0
    answer_deadline_s: float = 30.0
    idle_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A complete request within the limits.

    `target` stands as in the request line; `path` is its path, still percent-encoded. `base_url` is scheme, host and
    port as the client used them. Header names are in lower case.
    """

    method: str
    path: str
    target: str
    headers: dict[str, str]
    body: bytes
    base_url: str
    peer: str
    local_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Responder = Callable[[HttpRequest], Awaitable[HttpResponse]]


class HttpListener:
    """Serves one TCP port. Requests reach `responder` whole or not at all.

    `bound_port` is the port in use once `listening` is set; it differs from `port` where that is 0.
    """

    name = "http"

    def __init__(self, host: str, port: int, responder: Responder, limits: HttpLimits | None = None) -> None:
        self._host, self.bound_port = host, port
        self._responder = responder
        self._limits = limits or HttpLimits()
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            Unavailable: the address cannot be bound.
        """
        connections = _Connections(self._responder, self._limits)
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(connections, self._host, self.bound_port, backlog=128)
        except OSError as error:
            where = f"{self._host}:{self.bound_port}"
            raise Unavailable("http", f"HTTP cannot listen on {where}: {reason(error)}") from error
        self.bound_port = server.sockets[0].getsockname()[1]
        self.listening.set()
        try:
            await server.serve_forever()
        finally:
            server.close()
            connections.pre_shutdown()
            await connections.shutdown(timeout=1.0)


class _Conversation(web.RequestHandler):
    """One connection. What the library refuses by itself gets a bare status: neither its name and version nor an echo
    of what was sent."""

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        super().handle_error(request, status, exc, message)
        answer = _bare(status)
        answer.force_close()
        return answer


class _Connections(web.Server):
    """The connections of one listener.

    The library has neither a header nor a body deadline and no connection cap; these are added here. Bodies are
    never inflated: SOAP has no use for it and a small gzip bomb would hold the event loop for seconds.
    """

    def __init__(self, responder: Responder, limits: HttpLimits) -> None:
        super().__init__(
            self._respond,
            auto_decompress=False,
            keepalive_timeout=limits.idle_s,
            lingering_time=1.0,
            access_log=None,
        )
        self._responder = responder
        self._limits = limits
        self._waiting_first: dict[object, asyncio.TimerHandle] = {}
        # No whole request came from these yet; the oldest first.
        self._unproven: dict[object, asyncio.Transport] = {}
        self._addresses: Counter[str] = Counter()

    # The library calls the following three for every connection.
    def __call__(self) -> web.RequestHandler:
        return _Conversation(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        address = _address(transport.get_extra_info("peername"))
        self._addresses[address] += 1
        limits, loop = self._limits, asyncio.get_running_loop()
        if self._addresses[address] > limits.connections_per_address or not self._has_room():
            # Not at once: the library starts a task for the connection after this call, which must find it open.
            loop.call_soon(_refuse, transport, _BUSY)
            return
        self._unproven[handler] = transport
        self._waiting_first[handler] = loop.call_later(limits.header_deadline_s, _refuse, transport, _TOO_SLOW)

    def _has_room(self) -> bool:
        """Whether one more connection may stay. Where all are taken, one that has asked nothing yet makes room: who
        opens connections and says nothing, from however many addresses, keeps nobody out."""
        if len(self.connections) <= self._limits.connections:
            return True
        if not self._unproven:
            return False
        _refuse(self._unproven.pop(next(iter(self._unproven))), _BUSY)
        return True

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        transport = self._connections.get(handler)
        if transport is not None:
            address = _address(transport.get_extra_info("peername"))
            self._addresses[address] -= 1
            if self._addresses[address] <= 0:
                del self._addresses[address]
        self._disarm(handler)
        self._unproven.pop(handler, None)
        super().connection_lost(handler, exc)

    def _disarm(self, handler: object) -> None:
        timer = self._waiting_first.pop(handler, None)
        if timer is not None:
            timer.cancel()

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        self._disarm(request.protocol)
        try:
            return await self._exchange(request)
        except _Refused as refusal:
            return _bare(refusal.status)
        except ConnectionError:
            # The client went away. The library finds nobody to send this to, which is no error to it.
            return _bare(400)

    async def _exchange(self, request: web.BaseRequest) -> web.StreamResponse:
        whole = await _receive(request, self._limits)
        self._unproven.pop(request.protocol, None)
        response = await self._responder(whole)
        answer = web.Response(status=response.status, body=response.body, headers=_SERVER)
        for name, value in response.headers:
            answer.headers.add(name, value)
        await self._send(request, answer)
        return answer

    async def _send(self, request: web.BaseRequest, answer: web.Response) -> None:
        """Write the answer; a client that does not read it in time loses the connection."""
        if request.transport is None:
            raise ConnectionResetError("the client went away")
        # Aborting ends a write that waits, with ConnectionResetError.
        deadline = asyncio.get_running_loop().call_later(self._limits.answer_deadline_s, request.transport.abort)
        try:
            await answer.prepare(request)
            await answer.write_eof()
        finally:
            deadline.cancel()


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


async def _receive(request: web.BaseRequest, limits: HttpLimits) -> HttpRequest:
    host = request.headers.get("Host", "")
    if len(request.headers.getall("Host", [])) > 1 or (host and not _is_host(host)):
        raise _Refused(400)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _Refused(415)
    local = request.transport.get_extra_info("sockname") if request.transport else None
    return HttpRequest(
        method=request.method,
        path=request.rel_url.raw_path,
        target=request.raw_path,
        headers=_headers(request.headers),
        body=await _body(request, limits),
        base_url=f"{request.scheme}://{host or _host_port(local)}",
        peer=_address(request.transport.get_extra_info("peername") if request.transport else None),
        local_address=_address(local),
    )


def _is_host(text: str) -> bool:
    """Whether a Host header names a host; it becomes part of every address that the client is given."""
    parts = _HOST.fullmatch(text)
    if parts is None or int(parts["port"] or 0) > 65535:
        return False
    try:
        return parts["ip"] is None or bool(IPv6Address(parts["ip"]))
    except ValueError:
        return False


def _headers(received: CIMultiDictProxy[str]) -> dict[str, str]:
    """By lower-case name. Two Authorization headers contradict each other: they count as an empty, invalid one."""
    headers = {name.lower(): value for name, value in received.items()}
    if len(received.getall("Authorization", [])) > 1:
        headers["authorization"] = ""
    return headers


async def _body(request: web.BaseRequest, limits: HttpLimits) -> bytes:
    if (request.content_length or 0) > limits.body_bytes:
        raise _Refused(413)
    if not request.body_exists:
        return b""
    if request.content.is_eof():  # it came together with the headers, as SOAP requests do
        whole = request.content.read_nowait()
        if len(whole) > limits.body_bytes:
            raise _Refused(413)
        return whole
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_deadline_s):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limits.body_bytes:
                    raise _Refused(413)
    except TimeoutError:
        raise _Refused(408) from None
    return bytes(body)


def _bare(status: int) -> web.Response:
    return web.Response(status=status, headers=_SERVER | {"Connection": "close"})


def _refuse(transport: asyncio.Transport, answer: bytes) -> None:
    transport.write(answer)
    transport.close()


def _address(socket_name: tuple[str, int] | None) -> str:
    return socket_name[0] if socket_name else ""


def _host_port(socket_name: tuple[str, int] | None) -> str:
    if not socket_name:
        return "localhost"
    host, port = socket_name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
