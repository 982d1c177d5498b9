"""The device service about the network: name, name servers, interfaces, ports, discovery mode."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.onvif.asking import SPACES, texts
from tests.unit.onvif.box import ETHERNET, LOOPBACK, BoxDevice

from argus.linux.netlink import NetworkInterface


def set_hostname(name: str) -> str:
    return f"<tds:SetHostname><tds:Name>{name}</tds:Name></tds:SetHostname>"


def set_mode(mode: str) -> str:
    return f"<tds:SetDiscoveryMode><tds:DiscoveryMode>{mode}</tds:DiscoveryMode></tds:SetDiscoveryMode>"


async def test_the_name_is_read_back_as_it_was_set(box: BoxDevice) -> None:
    answer = await box.ask("<tds:GetHostname/>")
    assert texts(answer, ".//tt:Name") == ["pier-4"]
    assert texts(answer, ".//tt:FromDHCP") == ["false"]
    await box.ask(set_hostname("quay-5.harbour"))
    assert texts(await box.ask("<tds:GetHostname/>"), ".//tt:Name") == ["quay-5.harbour"]


@pytest.mark.parametrize("name", ["Onvif_test1", "", "-a", "a b", "a..b", "a" * 65, "é"])
async def test_a_name_that_is_none_is_refused(box: BoxDevice, name: str) -> None:
    assert await box.refused(set_hostname(name)) == "Sender/InvalidArgVal/InvalidHostname"
    assert box.network.hostname() == "pier-4"


async def test_name_servers_set_by_hand_and_by_dhcp_are_told_apart(box: BoxDevice) -> None:
    by_hand = (await box.ask("<tds:GetDNS/>"))[0]
    assert texts(by_hand, "tt:FromDHCP") == ["false"]
    assert texts(by_hand, "tt:SearchDomain") == ["lan"]
    assert texts(by_hand, "tt:DNSManual/tt:Type") == ["IPv4", "IPv6"]
    assert texts(by_hand, "tt:DNSManual/tt:IPv4Address") == ["192.0.2.1"]
    assert texts(by_hand, "tt:DNSManual/tt:IPv6Address") == ["2001:db8::53"]
    box.names = replace(box.names, from_dhcp=True)
    leased = (await box.ask("<tds:GetDNS/>"))[0]
    assert texts(leased, "tt:FromDHCP") == ["true"]
    assert texts(leased, "tt:DNSFromDHCP/tt:IPv4Address") == ["192.0.2.1"]
    assert leased.find("tt:DNSManual", SPACES) is None


async def test_an_interface_is_told_with_its_addresses(box: BoxDevice) -> None:
    (interface,) = await box.ask("<tds:GetNetworkInterfaces/>")
    assert interface.get("token") == "eth0"
    assert texts(interface, "tt:Info/*") == ["eth0", "02:00:00:00:00:01", "1500"]
    assert texts(interface, "tt:IPv4/tt:Config/tt:Manual/*") == ["192.0.2.7", "24", "198.51.100.1", "28"]
    assert texts(interface, "tt:IPv4/tt:Config/tt:LinkLocal/*") == ["169.254.7.7", "16"]
    assert texts(interface, "tt:IPv4/tt:Config/tt:DHCP") == ["false"]
    assert texts(interface, "tt:IPv6/tt:Config/tt:Manual/*") == ["2001:db8::7", "64"]
    assert texts(interface, "tt:IPv6/tt:Config/tt:LinkLocal/*") == ["fe80::7", "64"]


async def test_a_leased_address_is_told_as_such(box: BoxDevice) -> None:
    box.names = replace(box.names, leased=frozenset({2}))
    (interface,) = await box.ask("<tds:GetNetworkInterfaces/>")
    assert texts(interface, "tt:IPv4/tt:Config/tt:FromDHCP/tt:Address") == ["192.0.2.7"]
    assert texts(interface, "tt:IPv4/tt:Config/tt:Manual/tt:Address") == ["198.51.100.1"]


async def test_an_interface_without_addresses_or_cable_is_listed_too(box: BoxDevice) -> None:
    bare = NetworkInterface(index=3, name="wg0", running=False, multicast=False, loopback=False, mtu=1420)
    box.netlink.set(LOOPBACK, ETHERNET, bare)
    _, interface = await box.ask("<tds:GetNetworkInterfaces/>")
    assert texts(interface, "tt:Enabled") == ["false"]
    assert texts(interface, "tt:Info/tt:HwAddress") == ["00:00:00:00:00:00"]
    assert interface.find("tt:IPv4", SPACES) is None


async def test_a_box_without_a_network_tells_its_loopback(box: BoxDevice) -> None:
    box.netlink.set(LOOPBACK)
    (interface,) = await box.ask("<tds:GetNetworkInterfaces/>")
    assert texts(interface, "tt:IPv4/tt:Config/tt:Manual/*") == ["127.0.0.1", "8"]


async def test_the_ports_are_those_in_use(box: BoxDevice) -> None:
    http, rtsp = await box.ask("<tds:GetNetworkProtocols/>")
    assert [child.text for child in http] == ["HTTP", "true", "80", "8080"]
    assert [child.text for child in rtsp] == ["RTSP", "true", "554"]


async def test_the_discovery_mode_is_remembered(box: BoxDevice) -> None:
    assert texts(await box.ask("<tds:GetDiscoveryMode/>"), "tds:DiscoveryMode") == ["Discoverable"]
    await box.ask(set_mode("NonDiscoverable"))
    box.reopen()
    assert texts(await box.ask("<tds:GetDiscoveryMode/>"), "tds:DiscoveryMode") == ["NonDiscoverable"]
    await box.ask(set_mode("Discoverable"))
    assert box.network.discoverable
    assert await box.refused(set_mode("Shy")) == "Sender/InvalidArgs"
