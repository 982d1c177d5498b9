"""The HTTP listener: connection caps, deadlines and size limits in front of everything that speaks HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDictProxy

from argus.base.errors import Unavailable
from argus.linux.os_error import reason
from argus.station.log_limit import LogRateLimit

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 64
MAX_CONNECTIONS_PER_ADDRESS = 16
MAX_BODY_BYTES = 256 << 10
FIRST_REQUEST_DEADLINE_S = 10.0
BODY_DEADLINE_S = 10.0
IDLE_S = 15.0

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.%]{2,64}\])(?::[0-9]{1,5})?")
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A complete request within the limits. `base_url` is scheme, host and port as the client used them."""

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
    """Serves one TCP port. Requests reach `responder` whole or not at all."""

    name = "http"

    def __init__(self, host: str, port: int, responder: Responder) -> None:
        self._host, self._port = host, port
        self._responder = responder
        self.listening = asyncio.Event()
        logging.getLogger("aiohttp.server").addFilter(LogRateLimit(per_minute=20))

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            Unavailable: the address cannot be bound.
        """
        connections = _Connections(self._responder)
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(connections, self._host, self._port, backlog=128)
        except OSError as error:
            raise Unavailable("http", f"HTTP cannot listen on {self._host}:{self._port}: {reason(error)}") from error
        self.listening.set()
        try:
            await server.serve_forever()
        finally:
            server.close()
            connections.pre_shutdown()
            await connections.shutdown(timeout=1.0)


class _Connections(web.Server):
    """The connections of one listener.

    The library has neither a header nor a body deadline and no connection cap; these are added here. Bodies are
    never inflated: SOAP has no use for it and a small gzip bomb would hold the event loop for seconds.
    """

    def __init__(self, responder: Responder) -> None:
        super().__init__(
            self._respond,
            auto_decompress=False,
            keepalive_timeout=IDLE_S,
            lingering_time=1.0,
            access_log=None,
        )
        self._responder = responder
        self._waiting_first: dict[object, asyncio.TimerHandle] = {}
        self._addresses: Counter[str] = Counter()

    # The library calls the following two for every connection.
    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        address = _address(transport.get_extra_info("peername"))
        self._addresses[address] += 1
        if len(self.connections) > MAX_CONNECTIONS or self._addresses[address] > MAX_CONNECTIONS_PER_ADDRESS:
            _refuse(transport, _BUSY)
            return
        loop = asyncio.get_running_loop()
        self._waiting_first[handler] = loop.call_later(FIRST_REQUEST_DEADLINE_S, _refuse, transport, _TOO_SLOW)

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        transport = self._connections.get(handler)
        if transport is not None:
            address = _address(transport.get_extra_info("peername"))
            self._addresses[address] -= 1
            if self._addresses[address] <= 0:
                del self._addresses[address]
        self._disarm(handler)
        super().connection_lost(handler, exc)

    def _disarm(self, handler: object) -> None:
        timer = self._waiting_first.pop(handler, None)
        if timer is not None:
            timer.cancel()

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        self._disarm(request.protocol)
        try:
            whole = await _receive(request)
        except _Refused as refusal:
            return web.Response(status=refusal.status, headers={"Connection": "close"})
        response = await self._responder(whole)
        answer = web.Response(status=response.status, body=response.body)
        for name, value in response.headers:
            answer.headers.add(name, value)
        return answer


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


async def _receive(request: web.BaseRequest) -> HttpRequest:
    host = request.headers.get("Host", "")
    if host and not _HOST.fullmatch(host):
        raise _Refused(400)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _Refused(415)
    local = request.transport.get_extra_info("sockname") if request.transport else None
    return HttpRequest(
        method=request.method,
        path=request.path,
        target=request.raw_path,
        headers=_headers(request.headers),
        body=await _body(request),
        base_url=f"{request.scheme}://{host or _host_port(local)}",
        peer=_address(request.transport.get_extra_info("peername") if request.transport else None),
        local_address=_address(local),
    )


def _headers(received: CIMultiDictProxy[str]) -> dict[str, str]:
    """By lower-case name. Two Authorization headers contradict each other: they count as an empty, invalid one."""
    headers = {name.lower(): value for name, value in received.items()}
    if len(received.getall("Authorization", [])) > 1:
        headers["authorization"] = ""
    return headers


async def _body(request: web.BaseRequest) -> bytes:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise _Refused(413)
    if not request.body_exists:
        return b""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _Refused(413)
    except TimeoutError:
        raise _Refused(408) from None
    return bytes(body)


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
