"""The device service's network operations.

Spec: Core § Network.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from argus.base.access import Access
from argus.base.errors import InvalidValue
from argus.device.network import InterfaceState, Network
from argus.onvif.device import network_messages as m
from argus.onvif.device.paths import DEVICE_PATH, DEVICE_VERSION
from argus.onvif.types import IPAddress
from argus.soap.faults import Sender, fault
from argus.soap.namespaces import TDS
from argus.soap.operation import Service, operation

InvalidHostname = fault(
    Sender,
    "InvalidArgVal",
    "InvalidHostname",
    "The requested hostname cannot be accepted by the device",
    answers=(InvalidValue, "hostname"),
)
_NO_HARDWARE_ADDRESS = "00:00:00:00:00:00"


class DeviceNetworkService(Service):
    """The network as it is; name and discovery mode can be changed."""

    namespace = TDS
    path = DEVICE_PATH
    version = DEVICE_VERSION

    def __init__(self, network: Network) -> None:
        self._network = network

    @operation(Access.PRE_AUTH)
    async def get_hostname(self, _request: m.GetHostname) -> m.GetHostnameResponse:
        """The host name.   Spec: Core § GetHostname"""
        name = m.HostnameInformation(from_dhcp=False, name=self._network.hostname())
        return m.GetHostnameResponse(hostname_information=name)

    @operation(Access.WRITE_SYSTEM, InvalidHostname)
    async def set_hostname(self, request: m.SetHostname) -> m.SetHostnameResponse:
        """Change the host name.   Spec: Core § SetHostname"""
        await self._network.set_hostname(request.name)
        return m.SetHostnameResponse()

    @operation(Access.READ_SYSTEM)
    async def get_dns(self, _request: m.GetDNS) -> m.GetDNSResponse:
        """The name servers in use.   Spec: Core § GetDNS"""
        service = await self._network.name_service()
        servers = tuple(_address(server) for server in service.servers)
        return m.GetDNSResponse(
            dns_information=m.DNSInformation(
                from_dhcp=service.from_dhcp,
                search_domain=service.search_domains,
                dns_from_dhcp=servers if service.from_dhcp else (),
                dns_manual=() if service.from_dhcp else servers,
            )
        )

    @operation(Access.READ_SYSTEM)
    async def get_network_interfaces(self, _request: m.GetNetworkInterfaces) -> m.GetNetworkInterfacesResponse:
        """Every interface with its addresses.   Spec: Core § GetNetworkInterfaces"""
        states = await self._network.interfaces()
        return m.GetNetworkInterfacesResponse(network_interfaces=tuple(map(_interface, states)))

    @operation(Access.READ_SYSTEM)
    async def get_network_protocols(self, _request: m.GetNetworkProtocols) -> m.GetNetworkProtocolsResponse:
        """What is served on which ports.   Spec: Core § GetNetworkProtocols"""
        protocols = tuple(
            m.NetworkProtocol(name=protocol.name, enabled=protocol.enabled, port=protocol.ports)
            for protocol in self._network.protocols()
        )
        return m.GetNetworkProtocolsResponse(network_protocols=protocols)

    @operation(Access.READ_SYSTEM)
    async def get_discovery_mode(self, _request: m.GetDiscoveryMode) -> m.GetDiscoveryModeResponse:
        """Whether discovery answers.   Spec: Core § GetDiscoveryMode"""
        mode = m.DiscoveryMode.DISCOVERABLE if self._network.discoverable else m.DiscoveryMode.NON_DISCOVERABLE
        return m.GetDiscoveryModeResponse(discovery_mode=mode)

    @operation(Access.WRITE_SYSTEM)
    async def set_discovery_mode(self, request: m.SetDiscoveryMode) -> m.SetDiscoveryModeResponse:
        """Switch discovery on or off, durably.   Spec: Core § SetDiscoveryMode"""
        await self._network.set_discoverable(request.discovery_mode is m.DiscoveryMode.DISCOVERABLE)
        return m.SetDiscoveryModeResponse()


def _interface(state: InterfaceState) -> m.NetworkInterface:
    interface = state.interface
    return m.NetworkInterface(
        token=interface.name,
        enabled=interface.running,
        info=m.NetworkInterfaceInfo(
            name=interface.name, hw_address=interface.mac or _NO_HARDWARE_ADDRESS, mtu=interface.mtu
        ),
        ipv4=_ipv4(state),
        ipv6=_ipv6(state),
    )


def _ipv4(state: InterfaceState) -> m.IPv4NetworkInterface | None:
    addresses = _prefixed(state, IPv4Address)
    if not addresses:
        return None
    leased, manual = (addresses[:1], addresses[1:]) if state.dhcp else ((), addresses)
    config = m.IPv4Configuration(
        manual=tuple(text for ip, text in manual if not ip.is_link_local),
        link_local=next((text for ip, text in manual if ip.is_link_local), None),
        from_dhcp=leased[0][1] if leased else None,
        dhcp=state.dhcp,
    )
    return m.IPv4NetworkInterface(enabled=True, config=config)


def _ipv6(state: InterfaceState) -> m.IPv6NetworkInterface | None:
    addresses = _prefixed(state, IPv6Address)
    if not addresses:
        return None
    config = m.IPv6Configuration(
        dhcp="Off",
        link_local=tuple(text for ip, text in addresses if ip.is_link_local),
        manual=tuple(text for ip, text in addresses if not ip.is_link_local),
    )
    return m.IPv6NetworkInterface(enabled=True, config=config)


def _prefixed(
    state: InterfaceState, family: type[IPv4Address] | type[IPv6Address]
) -> tuple[tuple[IPv4Address | IPv6Address, m.PrefixedIPAddress], ...]:
    return tuple(
        (one.ip, m.PrefixedIPAddress(address=str(one.ip), prefix_length=one.network.prefixlen))
        for one in state.interface.addresses
        if isinstance(one.ip, family)
    )


def _address(address: IPv4Address | IPv6Address) -> IPAddress:
    if isinstance(address, IPv4Address):
        return IPAddress(type="IPv4", ipv4_address=str(address))
    return IPAddress(type="IPv6", ipv6_address=str(address))
