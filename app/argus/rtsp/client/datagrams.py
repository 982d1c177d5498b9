"""Pairs of UDP sockets to receive RTP and RTCP on."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from argus.base.errors import Unavailable
from argus.rtsp.link import Address
from argus.rtsp.port_range import PortRange
from argus.rtsp.protocol.transport import Pair

# Behind those of the server.
FIRST_PORT = 20_512
LAST_PORT = 21_535
# A key frame of some hundred kilobytes comes in one burst; the kernel grants what its limit allows.
RECEIVE_BUFFER_BYTES = 2 << 20
LARGEST_DATAGRAM_BYTES = 1 << 16
DATAGRAMS_PER_TURN = 128
# Opens the way through firewalls that let in only what answers. An RTP packet without payload, which nobody plays.
PUNCH = b"\x80" + bytes(11)

TakeDatagram = Callable[[bytes], None]


class DatagramInlet(Protocol):
    """Where RTP and RTCP of one medium arrive as datagrams."""

    @property
    def client_ports(self) -> Pair: ...

    def aim(self, peer: Address, server_ports: Pair) -> None:
        """Hear only the device from now on. Raises Unavailable "receiver"."""

    def punch(self, report: bytes) -> None:
        """Send something from both ports, so that what comes back is let through; `report` is for RTCP."""

    def send_rtcp(self, packet: bytes) -> None: ...

    def close(self) -> None: ...


class UdpInlet:
    """Two sockets, deaf until `aim` connects them to the device, so that nobody else is heard."""

    def __init__(
        self, rtp: socket.socket, rtcp: socket.socket, take_rtp: TakeDatagram, take_rtcp: TakeDatagram
    ) -> None:
        self._rtp = rtp
        self._rtcp = rtcp
        self._take_rtp = take_rtp
        self._take_rtcp = take_rtcp
        self._loop = asyncio.get_running_loop()
        self._space = bytearray(LARGEST_DATAGRAM_BYTES)
        self._aimed = False

    @property
    def client_ports(self) -> Pair:
        return self._rtp.getsockname()[1], self._rtcp.getsockname()[1]

    def aim(self, peer: Address, server_ports: Pair) -> None:
        try:
            for sock, port in zip((self._rtp, self._rtcp), server_ports, strict=True):
                sock.connect(peer.with_port(port))
                _forget_strangers(sock)
        except OSError as error:
            raise Unavailable("receiver", f"no datagrams can be sent to {peer.host}: {error.strerror}") from error
        self._loop.add_reader(self._rtp.fileno(), self._receive, self._rtp, self._take_rtp)
        self._loop.add_reader(self._rtcp.fileno(), self._receive, self._rtcp, self._take_rtcp)
        self._aimed = True

    def punch(self, report: bytes) -> None:
        with suppress(OSError):
            self._rtp.send(PUNCH)
        self.send_rtcp(report)

    def send_rtcp(self, packet: bytes) -> None:
        if self._aimed:
            with suppress(OSError):
                self._rtcp.send(packet)

    def close(self) -> None:
        for sock in (self._rtp, self._rtcp):
            if self._aimed:
                self._loop.remove_reader(sock.fileno())
            sock.close()

    def _receive(self, sock: socket.socket, take: TakeDatagram) -> None:
        space = self._space
        for _ in range(DATAGRAMS_PER_TURN):
            try:
                size = sock.recv_into(space)
            except OSError:  # nothing more, or the device's port is closed, which its silence tells as well
                return
            take(bytes(memoryview(space)[:size]))


class ClientPorts:
    """The ports this client may use."""

    def __init__(self, first: int = FIRST_PORT, last: int = LAST_PORT) -> None:
        # Anywhere, so that a port is not used anew while the device before still sends to it.
        self._range = PortRange(first, last, start=secrets.randbelow(last - first))

    def open(self, local: Address, take_rtp: TakeDatagram, take_rtcp: TakeDatagram) -> UdpInlet:
        """Two bound sockets.

        Raises:
            Unavailable: subject "UDP ports": all are in use.
        """
        sockets = self._range.bind(local, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        return UdpInlet(*sockets, take_rtp, take_rtcp)


def _forget_strangers(sock: socket.socket) -> None:
    """Drop what came before it was known who may send; bounded by what the kernel keeps."""
    with suppress(OSError):
        for _ in range(DATAGRAMS_PER_TURN * 16):
            sock.recv(1)
