"""Which interfaces take part in discovery, who is a neighbour, and which XAddrs a neighbour can reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from argus.linux.multicast import Address
from argus.linux.netlink import NetworkInterface

SERVICE_PATH = "/onvif/device_service"


def usable(interfaces: Iterable[NetworkInterface], *, loopback: bool) -> tuple[NetworkInterface, ...]:
    """The interfaces to be discovered on: running, able to multicast and with an address.

    Loopback takes part where it is asked for, or where it is all there is.
    """
    running = [interface for interface in interfaces if interface.running and interface.addresses]
    networks = [interface for interface in running if interface.multicast and not interface.loopback]
    if networks and not loopback:
        return tuple(networks)
    return (*networks, *(interface for interface in running if interface.loopback))


def is_neighbour(source: Address, interface: NetworkInterface) -> bool:
    """Whether a datagram's source is on this very link: an answer can then not be reflected further than the link."""
    if source.is_multicast or source.is_unspecified:
        return False
    return (
        source.is_link_local or source.is_loopback or any(source in address.network for address in interface.addresses)
    )


def reachable(interface: NetworkInterface, peer: Address) -> tuple[Address, ...]:
    """Our addresses on the interface that `peer` can reach, the likeliest first.

    First those of the peer's IP version, of these those in its own subnet. A link-local IPv6 address is for
    link-local peers only, a loopback address for loopback peers only.
    """

    def rank(position: int) -> tuple[bool, bool, bool, int]:
        address = interface.addresses[position]
        return address.version != peer.version, peer not in address.network, address.ip.is_link_local, position

    order = sorted(range(len(interface.addresses)), key=rank)
    return tuple(own for position in order if _serves(own := interface.addresses[position].ip, peer))


def _serves(own: Address, peer: Address) -> bool:
    if own.is_loopback:
        return peer.is_loopback
    return not (own.version == 6 and own.is_link_local) or (peer.version == 6 and peer.is_link_local)


def sender(interface: NetworkInterface, ip_version: int) -> Address | None:
    """The address a multicast leaves by: one that routes if there is one, else link-local, else 127.0.0.1."""
    # Linux routes no IPv6 multicast over loopback, hence never ::1.
    own = [
        address.ip
        for address in interface.addresses
        if address.version == ip_version and not (ip_version == 6 and address.is_loopback)
    ]
    return min(own, key=lambda address: (address.is_loopback, address.is_link_local), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpListener:
    """Where the device service listens. `host` "" is every address, "0.0.0.0" and "::" every one of their version."""

    host: str
    port: int

    def xaddrs(self, addresses: Iterable[Address]) -> tuple[str, ...]:
        """One URI for each of these addresses that the listener really serves, in their order."""
        return tuple(
            f"http://[{address}]:{self.port}{SERVICE_PATH}"
            if address.version == 6
            else f"http://{address}:{self.port}{SERVICE_PATH}"
            for address in addresses
            if self._serves(address)
        )

    def _serves(self, address: Address) -> bool:
        wildcards = ("", "0.0.0.0" if address.version == 4 else "::")  # noqa: S104 - compared, not bound
        return self.host in (*wildcards, str(address))
