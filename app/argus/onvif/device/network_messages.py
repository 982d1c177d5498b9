"""Messages of the device service about the network."""

from __future__ import annotations

from enum import StrEnum

from argus.onvif.types import IPAddress
from argus.soap.message import attribute, message, wire
from argus.soap.namespaces import TDS, TT


@message(TT)
class HostnameInformation:
    from_dhcp: bool = wire("FromDHCP")
    name: str | None = None


@message(TDS)
class GetHostname:
    pass


@message(TDS)
class GetHostnameResponse:
    hostname_information: HostnameInformation


@message(TDS)
class SetHostname:
    name: str


@message(TDS)
class SetHostnameResponse:
    pass


@message(TT)
class DNSInformation:
    from_dhcp: bool = wire("FromDHCP")
    search_domain: tuple[str, ...] = ()
    dns_from_dhcp: tuple[IPAddress, ...] = wire("DNSFromDHCP", default=())
    dns_manual: tuple[IPAddress, ...] = wire("DNSManual", default=())


@message(TDS)
class GetDNS:
    pass


@message(TDS)
class GetDNSResponse:
    dns_information: DNSInformation = wire("DNSInformation")


@message(TT)
class NetworkInterfaceInfo:
    name: str
    hw_address: str
    mtu: int = wire("MTU")


@message(TT)
class PrefixedIPAddress:
    """tt:PrefixedIPv4Address and tt:PrefixedIPv6Address, which look the same."""

    address: str
    prefix_length: int


@message(TT)
class IPv4Configuration:
    manual: tuple[PrefixedIPAddress, ...] = ()
    link_local: PrefixedIPAddress | None = None
    from_dhcp: PrefixedIPAddress | None = wire("FromDHCP", default=None)
    dhcp: bool = wire("DHCP")


@message(TT)
class IPv4NetworkInterface:
    enabled: bool
    config: IPv4Configuration


@message(TT)
class IPv6Configuration:
    dhcp: str = wire("DHCP")
    manual: tuple[PrefixedIPAddress, ...] = ()
    link_local: tuple[PrefixedIPAddress, ...] = ()


@message(TT)
class IPv6NetworkInterface:
    enabled: bool
    config: IPv6Configuration


@message(TT)
class NetworkInterface:
    token: str = attribute("token")
    enabled: bool
    info: NetworkInterfaceInfo
    ipv4: IPv4NetworkInterface | None = wire("IPv4", default=None)
    ipv6: IPv6NetworkInterface | None = wire("IPv6", default=None)


@message(TDS)
class GetNetworkInterfaces:
    pass


@message(TDS)
class GetNetworkInterfacesResponse:
    network_interfaces: tuple[NetworkInterface, ...]


@message(TT)
class NetworkProtocol:
    name: str
    enabled: bool
    port: tuple[int, ...]


@message(TDS)
class GetNetworkProtocols:
    pass


@message(TDS)
class GetNetworkProtocolsResponse:
    network_protocols: tuple[NetworkProtocol, ...]


class DiscoveryMode(StrEnum):
    """tt:DiscoveryMode."""

    DISCOVERABLE = "Discoverable"
    NON_DISCOVERABLE = "NonDiscoverable"


@message(TDS)
class GetDiscoveryMode:
    pass


@message(TDS)
class GetDiscoveryModeResponse:
    discovery_mode: DiscoveryMode


@message(TDS)
class SetDiscoveryMode:
    discovery_mode: DiscoveryMode


@message(TDS)
class SetDiscoveryModeResponse:
    pass
