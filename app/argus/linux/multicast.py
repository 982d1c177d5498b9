"""UDP multicast on a chosen interface: which interface a datagram came in by, and which it leaves by."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol, TypeAlias

logger = logging.getLogger(__name__)

Address: TypeAlias = IPv4Address | IPv6Address

# linux/in.h, linux/in6.h; Python 3.11 does not name these.
IP_MULTICAST_ALL, IPV6_MULTICAST_ALL, IP_PKTINFO = 49, 29, 8

_RECEIVE_BUFFER_BYTES = 262_144
_DATAGRAMS_A_TURN = 32
_ANCILLARY_BYTES = 128
_IN_PKTINFO = struct.Struct("@i4s4s")
_IN6_PKTINFO = struct.Struct("@16sI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """One UDP datagram with the way it came. `destination` tells multicast from unicast."""

    data: bytes
    source: Address
    source_port: int
    destination: Address
    interface_index: int


class MulticastPort(Protocol):
    """A UDP port with an IPv4 and an IPv6 group, joined per interface."""

    def open(self, on_datagram: Callable[[Datagram], None]) -> None:
        """Bind the port; `on_datagram` is called on the event loop for each datagram from then on.

        Raises:
            OSError: the port cannot be bound for any family.
        """

    def join(self, interface_index: int, ip_version: int) -> None:
        """Hear the group of this IP version on an interface. Joining twice is joining once.

        Raises:
            OSError: the interface is gone or cannot do multicast.
        """

    def leave(self, interface_index: int, ip_version: int) -> None:
        """Stop hearing the group on an interface, which may be gone already."""

    def send(self, data: bytes, *, to: Address, port: int, interface_index: int, source: Address | None) -> None:
        """Send one datagram through an interface without waiting; `source` is one of its addresses.

        Raises:
            OSError: the network refused, or its queue is full.
        """

    def multicast(self, data: bytes, *, interface_index: int, source: Address) -> None:
        """Send one datagram to the group of `source`'s IP version through an interface.

        Raises:
            OSError: the network refused, or its queue is full.
        """

    def close(self) -> None:
        """Leave every group and close. May be called twice."""


class KernelMulticastPort:
    """The kernel's UDP, one socket per IP version, shared with other programs on the host (SO_REUSEADDR)."""

    def __init__(self, *, port: int, group_v4: IPv4Address, group_v6: IPv6Address, max_bytes: int) -> None:
        self._port = port
        self._groups: dict[int, Address] = {4: group_v4, 6: group_v6}
        self._max_bytes = max_bytes
        self._sockets: dict[int, socket.socket] = {}
        self._joined: set[tuple[int, int]] = set()

    def open(self, on_datagram: Callable[[Datagram], None]) -> None:
        loop = asyncio.get_running_loop()
        self._sockets[4] = _open_v4(self._port)
        try:
            self._sockets[6] = _open_v6(self._port)
        except OSError as error:
            logger.info("no IPv6 on this host: %s", error)
        for opened in self._sockets.values():
            loop.add_reader(opened, self._receive, opened, on_datagram)

    def join(self, interface_index: int, ip_version: int) -> None:
        opened = self._sockets.get(ip_version)
        if opened is None or (interface_index, ip_version) in self._joined:
            return
        opened.setsockopt(*self._membership(interface_index, ip_version, join=True))
        self._joined.add((interface_index, ip_version))

    def leave(self, interface_index: int, ip_version: int) -> None:
        if (interface_index, ip_version) not in self._joined:
            return
        self._joined.discard((interface_index, ip_version))
        try:
            self._sockets[ip_version].setsockopt(*self._membership(interface_index, ip_version, join=False))
        except OSError as error:
            logger.debug("interface %d took its membership with it: %s", interface_index, error)

    def send(self, data: bytes, *, to: Address, port: int, interface_index: int, source: Address | None) -> None:
        opened = self._sockets.get(to.version)
        if opened is None:
            raise OSError(f"no socket for IPv{to.version}")
        if isinstance(to, IPv4Address):
            packed = b"\0\0\0\0" if source is None else source.packed
            info = _IN_PKTINFO.pack(interface_index, packed, b"\0\0\0\0")
            opened.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, (str(to), port))
        else:
            packed = bytes(16) if source is None else source.packed
            info = _IN6_PKTINFO.pack(packed, interface_index)
            scope = interface_index if to.is_link_local or to.is_multicast else 0
            opened.sendmsg([data], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info)], 0, (str(to), port, 0, scope))

    def multicast(self, data: bytes, *, interface_index: int, source: Address) -> None:
        group = self._groups[source.version]
        self.send(data, to=group, port=self._port, interface_index=interface_index, source=source)

    def close(self) -> None:
        for opened in self._sockets.values():
            asyncio.get_running_loop().remove_reader(opened)
            opened.close()
        self._sockets.clear()
        self._joined.clear()

    def _membership(self, interface_index: int, ip_version: int, *, join: bool) -> tuple[int, int, bytes]:
        group = self._groups[ip_version].packed
        if ip_version == 4:
            option = socket.IP_ADD_MEMBERSHIP if join else socket.IP_DROP_MEMBERSHIP
            return socket.IPPROTO_IP, option, struct.pack("@4s4si", group, bytes(4), interface_index)
        option = socket.IPV6_JOIN_GROUP if join else socket.IPV6_LEAVE_GROUP
        return socket.IPPROTO_IPV6, option, struct.pack("@16sI", group, interface_index)

    def _receive(self, opened: socket.socket, on_datagram: Callable[[Datagram], None]) -> None:
        """Take what waits, but not more than the rest of the station can bear in one turn of the loop."""
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                received = opened.recvmsg(self._max_bytes, _ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                # An ICMP error to something we sent is reported here, once; the socket lives on.
                logger.debug("receiving: %s", error)
                continue
            datagram = _datagram(*received)
            if datagram is not None:
                on_datagram(datagram)


def _open_v4(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        opened.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        # Without this, Linux delivers groups that *other* programs joined on interfaces we left out.
        opened.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        opened.bind(("", port))
    except OSError:
        opened.close()
        raise
    return opened


def _open_v6(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        opened.setsockopt(socket.IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
        opened.bind(("::", port))
    except OSError:
        opened.close()
        raise
    return opened


# A flood repeats itself: its addresses are read once.
_address = lru_cache(maxsize=256)(ip_address)
Ancillary: TypeAlias = list[tuple[int, int, bytes]]


def _datagram(
    data: bytes, ancillary: Ancillary, flags: int, name: tuple[str, int] | tuple[str, int, int, int]
) -> Datagram | None:
    """The datagram, or None where it was longer than we read or the kernel did not say how it came."""
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        return None
    for level, kind, info in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            index, _, packed = _IN_PKTINFO.unpack(info)
        elif (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            packed, index = _IN6_PKTINFO.unpack(info)
        else:
            continue
        return Datagram(
            data=data,
            source=_address(name[0].partition("%")[0]),
            source_port=name[1],
            destination=_address(packed),
            interface_index=index,
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A datagram the twin was asked to send; `to` is None for the group."""

    data: bytes
    to: Address | None
    port: int
    interface_index: int
    source: Address | None


class SimulatedMulticastPort:
    """The twin: `receive` plays the network, `sent` and `joined` tell what the user of the port did."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.joined: set[tuple[int, int]] = set()
        self.failing = False
        self._on_datagram: Callable[[Datagram], None] | None = None

    @property
    def is_open(self) -> bool:
        return self._on_datagram is not None

    def receive(self, datagram: Datagram) -> None:
        """Let a datagram arrive. Multicast reaches only an interface that was joined."""
        key = (datagram.interface_index, datagram.destination.version)
        if self._on_datagram is not None and (not datagram.destination.is_multicast or key in self.joined):
            self._on_datagram(datagram)

    def open(self, on_datagram: Callable[[Datagram], None]) -> None:
        self._on_datagram = on_datagram

    def join(self, interface_index: int, ip_version: int) -> None:
        self._fail_if_told()
        self.joined.add((interface_index, ip_version))

    def leave(self, interface_index: int, ip_version: int) -> None:
        self.joined.discard((interface_index, ip_version))

    def send(self, data: bytes, *, to: Address, port: int, interface_index: int, source: Address | None) -> None:
        self._fail_if_told()
        self.sent.append(Sent(data=data, to=to, port=port, interface_index=interface_index, source=source))

    def multicast(self, data: bytes, *, interface_index: int, source: Address) -> None:
        self._fail_if_told()
        self.sent.append(Sent(data=data, to=None, port=0, interface_index=interface_index, source=source))

    def close(self) -> None:
        self._on_datagram = None
        self.joined.clear()

    def _fail_if_told(self) -> None:
        if self.failing:
            raise OSError("the simulated network is unreachable")
