"""The connections under a client, and the real ones: TCP and TLS.

What a client needs of the network is behind `Network`, so that everything above works without one.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import cache
from typing import Protocol, cast

from argus.base.errors import Unavailable
from argus.linux.os_error import reason
from argus.rtsp.client.datagrams import ClientPorts, DatagramInlet, TakeDatagram
from argus.rtsp.client.target import Target
from argus.rtsp.link import Address

MAX_ADDRESSES = 8
# Requests and reports are small; a device that does not read so much of them reads nothing.
MAX_UNSENT_BYTES = 64 * 1024
# A read of this size is followed by another one at once: the loop fills 250 KiB as often as it can.
LARGE_READ_BYTES = 128 * 1024


class Listener(Protocol):
    """Whoever is told what happens on a wire, in the event loop's thread."""

    def receive(self, data: bytes) -> None: ...

    def ended(self, why: str) -> None:
        """Nothing more will come. Called once, and not after `close`."""


class Wire(Protocol):
    """A byte stream to the device."""

    @property
    def peer(self) -> Address: ...

    @property
    def local(self) -> Address: ...

    def send(self, data: bytes) -> None:
        """Queue bytes; never blocks. After the end they are lost."""

    def close(self) -> None:
        """End after sending what is queued; the listener hears no more."""


class Network(Protocol):
    """What can be connected to."""

    async def resolve(self, host: str) -> list[tuple[Address, bool]]:
        """The addresses of a host, each with whether it is one of this machine.

        Raises:
            Unavailable: subject "receiver": there is none.
        """

    async def connect(self, target: Target, address: Address, listener: Listener, *, verify: bool) -> Wire:
        """Connect to `address`, which is one of the target's host; `verify` its certificate where it is TLS.

        Raises:
            Unavailable: subject "receiver".
        """

    def open_ports(self, local: Address, take_rtp: TakeDatagram, take_rtcp: TakeDatagram) -> DatagramInlet:
        """A pair of UDP ports. Raises Unavailable "UDP ports"."""


class TcpNetwork:
    """The network of this machine."""

    def __init__(self) -> None:
        self._ports = ClientPorts()

    async def resolve(self, host: str) -> list[tuple[Address, bool]]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unavailable("receiver", f"the host {host} cannot be found: {_why(error)}") from error
        addresses = [
            Address(host=str(sockaddr[0]).partition("%")[0], scope_id=int(sockaddr[3]) if len(sockaddr) == 4 else 0)
            for _, _, _, _, sockaddr in found[:MAX_ADDRESSES]
        ]
        return [(address, is_own(address)) for address in addresses]

    async def connect(self, target: Target, address: Address, listener: Listener, *, verify: bool) -> Wire:
        loop = asyncio.get_running_loop()
        host = f"{address.host}%{address.scope_id}" if address.scope_id else address.host
        context = _tls(verify=verify) if target.tls else None
        try:
            _, wire = await loop.create_connection(
                lambda: TcpWire(listener),
                host,
                target.port,
                ssl=context,
                server_hostname=target.host if context is not None else None,
            )
        except OSError as error:
            raise Unavailable("receiver", f"{target.authority} cannot be reached: {_why(error)}") from error
        return wire

    def open_ports(self, local: Address, take_rtp: TakeDatagram, take_rtcp: TakeDatagram) -> DatagramInlet:
        return self._ports.open(local, take_rtp, take_rtcp)


class TcpWire(asyncio.Protocol):
    """A wire over TCP or TLS."""

    def __init__(self, listener: Listener) -> None:
        self.peer = self.local = Address(host="::")
        self._listener: Listener | None = listener
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its bases
        self.peer = _address(transport.get_extra_info("peername"))
        self.local = _address(transport.get_extra_info("sockname"))

    def data_received(self, data: bytes) -> None:
        if self._listener is None:
            return
        self._listener.receive(data)
        if len(data) >= LARGE_READ_BYTES and self._transport is not None and not self._transport.is_closing():
            # There is more, and the loop would read on and on. Everyone else has a turn first.
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._read_on)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("the device closed the connection" if exc is None else f"the connection broke: {_why(exc)}")

    def send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()
            self._end("the device reads nothing")

    def close(self) -> None:
        self._listener = None
        if self._transport is not None:
            self._transport.close()

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _end(self, why: str) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.ended(why)


def is_own(address: Address) -> bool:
    """Whether packets to this address stay on this machine, which its routing knows without sending any."""
    with socket.socket(address.family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address.with_port(9))
        except OSError:
            return False
        return bool(probe.getsockname()[0] == address.host)


@cache
def _tls(*, verify: bool) -> ssl.SSLContext:
    """One for all connections: to read the system's roots takes the event loop 0.1 s."""
    if verify:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _address(socket_address: tuple[str, int] | tuple[str, int, int, int] | None) -> Address:
    if not socket_address:
        return Address(host="::")
    return Address(host=socket_address[0], scope_id=socket_address[3] if len(socket_address) == 4 else 0)


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'no agreement'}"
    return reason(error) if isinstance(error, OSError) else str(error)
