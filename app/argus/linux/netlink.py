"""Network interfaces and their addresses as the kernel tells them over rtnetlink, and a wake-up when they change."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Protocol, TypeAlias

from pyroute2 import IPRoute

InterfaceAddress: TypeAlias = IPv4Interface | IPv6Interface

# linux/if.h, linux/if_addr.h and linux/rtnetlink.h
IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_MULTICAST = 0x1, 0x8, 0x40, 0x1000
IFA_F_DADFAILED, IFA_F_TENTATIVE = 0x08, 0x40
RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x1, 0x10, 0x100

_NOTICE_BYTES = 65_536
_NOTICES_A_TURN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInterface:
    """One link with the addresses it can use now; tentative and duplicate IPv6 addresses are left out.

    `running` is administratively up and with carrier.
    """

    index: int
    name: str
    running: bool
    multicast: bool
    loopback: bool
    mac: str = ""
    mtu: int = 0
    addresses: tuple[InterfaceAddress, ...] = ()


class Netlink(Protocol):
    """Where the interfaces are read and their changes are heard."""

    def open(self) -> None:
        """Note changes from now on.

        Raises:
            OSError: the kernel gives no netlink socket.
        """

    def close(self) -> None:
        """Stop noting changes. May be called twice."""

    async def interfaces(self) -> tuple[NetworkInterface, ...]:
        """Every interface, ordered by index."""

    async def changed(self) -> None:
        """Return when a link or address changed since the last return; several changes may count as one."""


class KernelNetlink:
    """The kernel's own rtnetlink, in the network namespace of the caller."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._change = asyncio.Event()

    def open(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._socket.bind((0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
        asyncio.get_running_loop().add_reader(self._socket, self._take_notices)

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    async def interfaces(self) -> tuple[NetworkInterface, ...]:
        return await asyncio.to_thread(read_interfaces)

    async def changed(self) -> None:
        await self._change.wait()
        self._change.clear()

    def _take_notices(self) -> None:
        """Empty the socket. A notice only says "read again", so its content, and a lost one, do not matter."""
        assert self._socket is not None
        self._change.set()
        for _ in range(_NOTICES_A_TURN):
            try:
                self._socket.recv(_NOTICE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                # ENOBUFS: the kernel dropped notices because we were slow. The change is noted already.
                continue


def read_interfaces() -> tuple[NetworkInterface, ...]:
    """Every interface of this network namespace, ordered by index. Blocks for a few milliseconds."""
    with IPRoute() as route:
        links = tuple(route.get_links())
        addresses = tuple(route.get_addr())
    found = []
    for link in sorted(links, key=lambda link: int(link["index"])):
        flags = int(link["flags"])
        found.append(
            NetworkInterface(
                index=int(link["index"]),
                name=str(link.get_attr("IFLA_IFNAME")),
                running=flags & (IFF_UP | IFF_RUNNING) == IFF_UP | IFF_RUNNING,
                multicast=bool(flags & IFF_MULTICAST),
                loopback=bool(flags & IFF_LOOPBACK),
                mac=str(link.get_attr("IFLA_ADDRESS") or ""),
                mtu=int(link.get_attr("IFLA_MTU") or 0),
                addresses=tuple(_addresses(addresses, int(link["index"]))),
            )
        )
    return tuple(found)


def _addresses(messages: tuple[dict[str, object], ...], index: int) -> list[InterfaceAddress]:
    found = []
    for message in messages:
        attributes = dict(message["attrs"])  # type: ignore[call-overload]  # pyroute2 messages are untyped
        flags = attributes.get("IFA_FLAGS", message["flags"])
        if message["index"] != index or flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED):
            continue
        # Of a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL is us.
        own = attributes.get("IFA_LOCAL") or attributes["IFA_ADDRESS"]
        found.append(ip_interface(f"{own}/{message['prefixlen']}"))
    return found


class SimulatedNetlink:
    """The twin: interfaces are what `set` said last."""

    def __init__(self, *interfaces: NetworkInterface) -> None:
        self._interfaces = interfaces
        self._change = asyncio.Event()
        self.is_open = False

    def set(self, *interfaces: NetworkInterface) -> None:
        """Let the interfaces be these, and tell of the change."""
        self._interfaces = interfaces
        self._change.set()

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    async def interfaces(self) -> tuple[NetworkInterface, ...]:
        return self._interfaces

    async def changed(self) -> None:
        await self._change.wait()
        self._change.clear()
