"""The two-way byte stream under an RTSP conversation."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

READ_BYTES = 64 * 1024
# What the kernel may hold unsent: enough to keep a gigabit busy, little enough that a seek or a slow reader shows.
UNSENT_BYTES = 512 * 1024
# Bytes put together for one system call, if so many come in one turn of the event loop.
GATHERED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An IP address without a port; `scope_id` is the interface of a link-local IPv6 address."""

    host: str
    scope_id: int = 0

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    def with_port(self, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
        """The socket address."""
        return (self.host, port, 0, self.scope_id) if self.family == socket.AF_INET6 else (self.host, port)


class Link(Protocol):
    """A connection, whatever carries it: TCP, TLS, an HTTP tunnel."""

    @property
    def peer(self) -> Address: ...

    @property
    def local(self) -> Address: ...

    async def read(self) -> bytes:
        """The next bytes, empty once the connection has ended for whatever reason."""

    def write(self, data: bytes) -> None:
        """Queue bytes; never blocks. After the connection has ended they are lost."""

    def write_pieces(self, pieces: Sequence[bytes | memoryview], size_bytes: int) -> None:
        """Like `write`, for bytes in many pieces; `size_bytes` is the size of all."""

    async def drain(self) -> None:
        """Return when the queue is short again. Raises ConnectionError where the connection ended."""

    def queued_bytes(self) -> int:
        """What `write` took and the kernel has not."""

    def close(self) -> None:
        """End after sending what is queued."""

    def abort(self) -> None:
        """End now."""


class TcpLink:
    """A link over a TCP (or TLS) connection of asyncio.

    What is written in one turn of the event loop leaves at its end, or earlier where it is much.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._gathered: list[bytes | memoryview] = []
        self._gathered_bytes = 0
        self.peer = _address(writer.get_extra_info("peername"))
        self.local = _address(writer.get_extra_info("sockname"))
        _limit_unsent(writer.get_extra_info("socket"))

    async def read(self) -> bytes:
        try:
            return await self._reader.read(READ_BYTES)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        self.write_pieces((data,), len(data))

    def write_pieces(self, pieces: Sequence[bytes | memoryview], size_bytes: int) -> None:
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered += pieces
        self._gathered_bytes += size_bytes
        if self._gathered_bytes >= GATHERED_BYTES:
            self._flush()

    def _flush(self) -> None:
        pieces, self._gathered, self._gathered_bytes = self._gathered, [], 0
        if pieces and not self._writer.is_closing():
            self._writer.write(b"".join(pieces))

    async def drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError as error:
            raise ConnectionError(f"the connection of {self.peer.host} ended: {error}") from error

    def queued_bytes(self) -> int:
        return self._gathered_bytes + self._writer.transport.get_write_buffer_size()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()


def _address(socket_address: tuple[str, int] | tuple[str, int, int, int] | None) -> Address:
    if not socket_address:
        return Address(host="0.0.0.0")  # noqa: S104 - the connection ended before it was looked at
    return Address(host=socket_address[0], scope_id=socket_address[3] if len(socket_address) == 4 else 0)


def _limit_unsent(sock: socket.socket | None) -> None:
    if sock is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
