"""Pairs of UDP sockets to send RTP and RTCP from."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from argus.base.errors import Unavailable
from argus.rtsp.link import Address
from argus.rtsp.port_range import PortRange, close_sockets
from argus.rtsp.protocol.transport import Pair

FIRST_PORT = 20_000
LAST_PORT = 20_511
SEND_BUFFER_BYTES = 1 << 20
MAX_DATAGRAM_BYTES = 2_048
# Datagrams taken in one turn of the event loop; a flood waits in the kernel and is lost there.
DATAGRAMS_PER_TURN = 16


class DatagramPair(Protocol):
    """Where RTP and RTCP of one track leave as datagrams."""

    @property
    def server_ports(self) -> Pair: ...

    def send_rtp(self, packets: Sequence[bytes]) -> None: ...

    def send_rtcp(self, packet: bytes) -> None: ...

    def close(self) -> None: ...


class UdpPair:
    """Two sockets connected to one client, so that nobody else is sent to or heard."""

    def __init__(self, rtp: socket.socket, rtcp: socket.socket, on_rtcp: Callable[[bytes], None]) -> None:
        self.lost_packets = 0
        self._rtp = rtp
        self._rtcp = rtcp
        self._on_rtcp = on_rtcp
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(rtcp.fileno(), self._receive)

    @property
    def server_ports(self) -> Pair:
        return self._rtp.getsockname()[1], self._rtcp.getsockname()[1]

    def send_rtp(self, packets: Sequence[bytes]) -> None:
        """Send each or lose it: a full socket buffer is a full queue like any on the way."""
        send = self._rtp.send
        for packet in packets:
            try:
                send(packet)
            except OSError:
                self.lost_packets += 1

    def send_rtcp(self, packet: bytes) -> None:
        with suppress(OSError):
            self._rtcp.send(packet)

    def close(self) -> None:
        self._loop.remove_reader(self._rtcp.fileno())
        self._rtp.close()
        self._rtcp.close()

    def _receive(self) -> None:
        for _ in range(DATAGRAMS_PER_TURN):
            try:
                data = self._rtcp.recv(MAX_DATAGRAM_BYTES)
            except OSError:  # nothing more, or the client's port is closed, which its silence tells as well
                return
            self._on_rtcp(data)


class UdpPorts:
    """The ports this server may use."""

    def __init__(self, first: int = FIRST_PORT, last: int = LAST_PORT) -> None:
        self._range = PortRange(first, last)

    def open(self, local: Address, peer: Address, client_ports: Pair, on_rtcp: Callable[[bytes], None]) -> UdpPair:
        """Two bound and connected sockets.

        Raises:
            Unavailable: subject "UDP ports": all are in use, or the client cannot be reached.
        """
        sockets = self._range.bind(local, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        try:
            for sock, port in zip(sockets, client_ports, strict=True):
                sock.connect(peer.with_port(port))
        except OSError as error:
            close_sockets(sockets)
            raise Unavailable("UDP ports", f"{peer.host} cannot be reached: {error}") from error
        return UdpPair(*sockets, on_rtcp)
