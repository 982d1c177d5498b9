"""A web server that carries RTSP: in front of an RTSP server, as cameras have it on their HTTP port."""

import asyncio
import contextlib
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.system.rtsp_station import PASSWORD

from argus.device.digest import Digest, Verdict
from argus.device.digest_header import parse_digest


@dataclass
class TunnelServer:
    """Joins a GET and a POST of one cookie and speaks RTSP for them to `upstream_port`."""

    upstream_port: int
    login: Digest | None = None
    port: int = 0
    requests: list[str] = field(default_factory=list)
    _down: dict[str, asyncio.StreamWriter] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            first, *lines = head.strip().split("\r\n")
            cookie = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}[
                "x-sessioncookie"
            ]
            if not self._knows(*first.split()[:2], head):
                challenges = self.login.challenges(stale=False) if self.login is not None else ()
                refusal = "".join(f"WWW-Authenticate: {challenge}\r\n" for challenge in challenges)
                writer.write(f"HTTP/1.0 401 Unauthorized\r\n{refusal}\r\n".encode())
            elif first.startswith("GET "):
                self._down[cookie] = writer
                writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n")
                await reader.read()
            else:
                await self._join(reader, self._down.pop(cookie))
        writer.close()

    def _knows(self, method: str, path: str, head: str) -> bool:
        """Whether it is open to all, or the request is signed by the user."""
        _, _, signature = head.partition("Authorization: ")
        credentials = parse_digest(signature.partition("\r\n")[0])
        return self.login is None or (
            credentials is not None and self.login.judge(credentials, method, path, PASSWORD) is Verdict.ACCEPTED
        )

    async def _join(self, up: asyncio.StreamReader, down: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        async with asyncio.TaskGroup() as tasks:
            media = tasks.create_task(_pass(reader, down))
            encoded = b""
            while data := await up.read(4096):
                encoded += data
                whole = len(encoded) - len(encoded) % 4
                writer.write(decode(encoded[:whole]))
                encoded = encoded[whole:]
            media.cancel()
        writer.close()


def decode(encoded: bytes) -> bytes:
    """Base64 in pieces, of which each may end with padding."""
    return b"".join(b64decode(encoded[n : n + 4]) for n in range(0, len(encoded), 4))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


@contextlib.asynccontextmanager
async def tunnel_server(
    upstream_port: int, context: ssl.SSLContext | None = None, login: Digest | None = None
) -> AsyncIterator[TunnelServer]:
    """A running tunnel, with TLS where a context is given, for the user only where there is a login."""
    tunnel = TunnelServer(upstream_port, login)
    server = await asyncio.start_server(tunnel.serve, "127.0.0.1", 0, ssl=context)
    tunnel.port = server.sockets[0].getsockname()[1]
    try:
        yield tunnel
    finally:
        server.close()
