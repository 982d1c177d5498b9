"""The HTTP listener on loopback, spoken to byte by byte: what honest, slow, large and hostile clients get."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
import uvloop
from aiohttp.http import HttpProcessingError

from argus.base.errors import Unavailable
from argus.station.http import HttpLimits, HttpListener, HttpRequest, HttpResponse
from argus.station.log_limit import LogRateLimit

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy. fixture")

LIMITS = HttpLimits(
    connections=6,
    connections_per_address=3,
    body_bytes=1_000,
    header_deadline_s=0.2,
    body_deadline_s=0.2,
    answer_deadline_s=0.3,
    idle_s=0.3,
)


@pytest.fixture
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """The loop of the product."""
    return uvloop.EventLoopPolicy()


class Echo:
    """Remembers the requests and answers each with its method and body; `/large` has a large answer."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if request.path == "/bug":
            raise ZeroDivisionError
        if request.path == "/wait":
            await asyncio.sleep(0.2)
        body = bytes(50_000_000) if request.path == "/large" else request.method.encode() + b" " + request.body
        return HttpResponse(status=200, headers=(("X-Twice", "1"), ("X-Twice", "2")), body=body)


@dataclass
class Server:
    echo: Echo
    port: int

    async def connect(self, source: str = "127.0.0.1") -> Client:
        # A small window, so that a large answer cannot hide in buffers.
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0), limit=4096)
        return Client(reader, writer)

    async def answer(self, request: str | bytes) -> str:
        """Everything the server says to these bytes until it closes; the last request must ask for that."""
        client = await self.connect()
        client.send(request)
        return await client.everything()


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: str | bytes) -> None:
        self.writer.write(data.encode("latin-1") if isinstance(data, str) else data)

    async def everything(self, timeout_s: float = 5.0) -> str:
        """What comes until the server closes."""
        received = bytearray()
        async with asyncio.timeout(timeout_s):
            with suppress(ConnectionResetError):
                while piece := await self.reader.read(65_536):
                    received += piece
        self.writer.close()
        return received.decode("latin-1")

    async def one_answer(self) -> str:
        """One answer with a body."""
        async with asyncio.timeout(5.0):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.splitlines() if line.lower().startswith("content-length"))
            return head + (await self.reader.readexactly(int(length.partition(":")[2]))).decode()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    echo = Echo()
    listener = HttpListener("127.0.0.1", 0, echo, LIMITS)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(listener.run())
        await listener.listening.wait()
        yield Server(echo, listener.bound_port)
        running.cancel()


def post(body: str = "hello", headers: str = "", host: str = "box:8080", path: str = "/onvif/x") -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        f"{headers}\r\n{body}"
    )


def status(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


async def test_a_request_arrives_whole_with_the_address_the_client_used(server: Server) -> None:
    answer = await server.answer(post(path="/onvif/a%2Fb?q=1", headers="X-Thing: one\r\n"))
    assert status(answer) == 200
    assert answer.endswith("POST hello")
    assert answer.count("X-Twice") == 2
    (request,) = server.echo.requests
    assert (request.method, request.target, request.path) == ("POST", "/onvif/a%2Fb?q=1", "/onvif/a%2Fb")
    assert (request.base_url, request.peer, request.local_address) == ("http://box:8080", "127.0.0.1", "127.0.0.1")
    assert request.headers["x-thing"] == "one"


async def test_a_client_without_a_host_header_is_given_the_address_it_came_to(server: Server) -> None:
    assert status(await server.answer("GET / HTTP/1.0\r\n\r\n")) == 200
    assert server.echo.requests[0].base_url == f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("host", ["box", "box:80", "192.0.2.7:8080", "[2001:db8::1]:8080", "[fe80::1%eth0]", "b_x.y-z"])
async def test_a_host_is_taken_as_it_is_written(server: Server, host: str) -> None:
    assert status(await server.answer(post(host=host))) == 200
    assert server.echo.requests[0].base_url == f"http://{host}"


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "a@b", "<x>", "[::::]", "[192.0.2.1]", "[]", "a:99999", "a:b", "a:", 'a"', "a\r\nHost: b"]
)
async def test_a_host_that_is_none_is_refused(server: Server, host: str) -> None:
    assert status(await server.answer(post(host=host))) == 400
    assert server.echo.requests == []


async def test_two_authorization_headers_count_as_an_invalid_one(server: Server) -> None:
    await server.answer(post(headers="Authorization: Digest a\r\nauthorization: Digest b\r\n"))
    assert server.echo.requests[0].headers["authorization"] == ""


async def test_head_has_the_headers_of_get_and_no_body(server: Server) -> None:
    answer = await server.answer("HEAD / HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n")
    assert status(answer) == 200
    assert "Content-Length: 5" in answer
    assert answer.endswith("\r\n\r\n")


async def test_several_requests_use_one_connection(server: Server) -> None:
    client = await server.connect()
    for number in range(3):
        client.send(f"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 1\r\n\r\n{number}")
        assert (await client.one_answer()).endswith(f"POST {number}")
    client.writer.close()


async def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    requests = "".join(f"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 1\r\n\r\n{number}" for number in range(9))
    answer = await server.answer(requests + post("end"))
    assert [part[:1] for part in answer.split("POST ")[1:]] == [*"012345678", "e"]


async def test_a_client_that_asks_first_is_told_to_go_on(server: Server) -> None:
    client = await server.connect()
    head, body = post(headers="Expect: 100-continue\r\n").split("\r\n\r\n")
    client.send(head + "\r\n\r\n")
    assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(body)
    assert (await client.everything()).endswith("POST hello")


async def test_a_client_that_asks_first_is_not_told_to_send_too_much(server: Server) -> None:
    request = "POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n"
    assert status(await server.answer(request)) == 413


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(server: Server) -> None:
    answer = await server.answer("POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 1001\r\n\r\n")
    assert status(answer) == 413
    assert server.echo.requests == []


async def test_a_body_in_pieces_is_refused_when_it_becomes_too_large(server: Server) -> None:
    head = "POST / HTTP/1.1\r\nHost: box\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = "64\r\n" + "x" * 100 + "\r\n"
    assert (await server.answer(head + piece * 10 + "0\r\n\r\n")).endswith("x" * 1_000)
    assert status(await server.answer(head + piece * 11)) == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_compressed_body_is_never_inflated(server: Server, encoding: str) -> None:
    assert status(await server.answer(post(headers=f"Content-Encoding: {encoding}\r\n"))) == 415


async def test_a_silent_client_is_sent_away(server: Server) -> None:
    assert status(await server.answer("")) == 408


async def test_a_header_that_does_not_end_is_waited_for_a_while(server: Server) -> None:
    assert status(await server.answer("GET / HTTP/1.1\r\nHost: bo")) == 408
    assert server.echo.requests == []


async def test_a_body_that_does_not_end_is_waited_for_a_while(server: Server) -> None:
    assert status(await server.answer("POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 9\r\n\r\nhel")) == 408
    assert server.echo.requests == []


async def test_an_idle_connection_is_closed(server: Server) -> None:
    client = await server.connect()
    client.send("POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 0\r\n\r\nPOST / HTTP/1.1\r\nHos")
    assert (await client.everything(timeout_s=2.0)).count("HTTP/1.1 200") == 1


async def test_a_client_that_does_not_read_loses_its_connection(server: Server) -> None:
    reluctant = await server.connect()
    reluctant.send(post(path="/large"))
    await asyncio.sleep(0.6)
    assert len(await reluctant.everything()) < 50_000_000
    assert status(await server.answer(post())) == 200


async def test_one_address_has_a_few_connections_and_gets_them_back(server: Server) -> None:
    clients = [await server.connect() for _ in range(3)]
    assert status(await server.answer(post())) == 503
    other = await server.connect("127.0.0.2")
    other.send(post())
    assert status(await other.everything()) == 200
    for client in clients:
        client.writer.close()
        await client.writer.wait_closed()
    await until(lambda: server.answer(post()), 200)


async def test_all_addresses_together_have_some_connections(server: Server) -> None:
    for last in (1, 1, 1, 2, 2, 2):
        client = await server.connect(f"127.0.0.{last}")
        client.send(post().replace("Connection: close\r\n", ""))
        assert status(await client.one_answer()) == 200
    other = await server.connect("127.0.0.3")
    assert status(await other.everything()) == 503


@pytest.mark.parametrize("begun", ["", "POST / HTTP/1.1\r\nHost:", post("half").replace("Length: 4", "Length: 9")])
async def test_connections_that_have_asked_nothing_keep_nobody_out(server: Server, begun: str) -> None:
    silent = [await server.connect(f"127.0.0.{last}") for last in (1, 1, 1, 2, 2, 2)]
    for client in silent:
        client.send(begun)
    for last in (3, 4):
        other = await server.connect(f"127.0.0.{last}")
        other.send(post())
        assert status(await other.everything()) == 200
    assert status(await silent[0].everything()) == 503
    assert [client.reader.at_eof() for client in silent[1:]] == [False] * 5


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: box\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: box\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_garbage_is_a_bad_request_and_no_traceback(
    server: Server, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with limited("aiohttp.server"):
        assert status(await server.answer(garbage)) == 400
    assert not [record for record in caplog.records if record.exc_info]
    assert server.echo.requests == []


@pytest.mark.parametrize(
    "request_",
    [post(), post(host="<x>"), post(path="/bug"), "GET /%s HTTP/1.1\r\nHost: box\r\n secret: x\r\n\r\n", "NO\r\n\r\n"],
    ids=["answered", "refused", "failed", "not understood", "no HTTP"],
)
async def test_no_answer_tells_versions_or_echoes_what_was_not_understood(server: Server, request_: str) -> None:
    with limited("aiohttp.server"):
        answer = await server.answer(request_)
    assert "Server: argus-station\r\n" in answer
    assert "aiohttp" not in answer
    assert "Python" not in answer
    assert "secret" not in answer


async def test_a_fault_of_ours_is_an_internal_error_with_its_traceback_in_the_log_only(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with limited("aiohttp.server"):
        answer = await server.answer(post(path="/bug"))
    assert status(answer) == 500
    assert "ZeroDivision" not in answer
    assert [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    "request_begun",
    [post("half").replace("Length: 4", "Length: 9"), post(path="/wait"), post(path="/large")],
    ids=["in its body", "before the answer", "in the answer"],
)
async def test_a_client_that_goes_away_is_no_fault_of_ours(
    server: Server, request_begun: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = await server.connect()
    client.send(request_begun)
    await asyncio.sleep(0.1)
    client.writer.transport.abort()
    await asyncio.sleep(0.4)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert status(await server.answer(post())) == 200


async def test_a_flood_of_garbage_writes_few_lines(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with limited("aiohttp.server", per_minute=5):
        for _ in range(30):
            await server.answer(b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: -1\r\n\r\n")
    assert len(caplog.records) <= 10  # five a minute, and a minute may end meanwhile


async def test_a_port_in_use_is_unavailable(server: Server) -> None:
    with pytest.raises(Unavailable, match=rf"HTTP cannot listen on 127.0.0.1:{server.port}: Address already in use"):
        await HttpListener("127.0.0.1", server.port, Echo()).run()


class limited:  # noqa: N801 - reads as a word in a `with`
    """The rate limit on a logger, as the journal sets it."""

    def __init__(self, name: str, per_minute: int = 30) -> None:
        self._logger = logging.getLogger(name)
        self._filter = LogRateLimit(per_minute, plain=(HttpProcessingError,))

    def __enter__(self) -> None:
        self._logger.addFilter(self._filter)

    def __exit__(self, *_: object) -> None:
        self._logger.removeFilter(self._filter)


async def until(ask: Callable[[], object], wanted: int) -> None:
    """Ask until the status is the wanted one; the server notices a closed connection a moment later."""
    async with asyncio.timeout(5.0):
        while status(await ask()) != wanted:  # type: ignore[misc]
            await asyncio.sleep(0.01)
