"""Who is a neighbour, and which of our addresses a neighbour is told."""

from ipaddress import ip_address, ip_interface

import pytest

from argus.linux.netlink import NetworkInterface
from argus.onvif.discovery.addresses import HttpListener, is_neighbour, reachable, sender, usable


def interface(*addresses: str, index: int = 2, **flags: bool) -> NetworkInterface:
    state = {"running": True, "multicast": True, "loopback": False, **flags}
    return NetworkInterface(
        index=index, name=f"eth{index}", addresses=tuple(ip_interface(address) for address in addresses), **state
    )


LOOPBACK = interface("127.0.0.1/8", "10.99.0.1/24", "::1/128", index=1, loopback=True, multicast=False)
CABLE = interface("169.254.7.7/16", "192.168.1.5/24", "10.0.0.5/8", "fe80::5/64", "fd00::5/64")


def test_loopback_takes_part_only_where_asked_for_or_alone() -> None:
    assert usable([LOOPBACK, CABLE], loopback=False) == (CABLE,)
    assert usable([LOOPBACK, CABLE], loopback=True) == (CABLE, LOOPBACK)
    assert usable([LOOPBACK], loopback=False) == (LOOPBACK,)


def test_an_interface_without_carrier_multicast_or_address_takes_no_part() -> None:
    idle = [interface("10.0.0.1/8", running=False), interface("10.0.0.1/8", multicast=False), interface()]
    assert usable(idle, loopback=False) == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("192.168.1.99", True),
        ("192.168.2.99", False),
        ("10.200.0.1", True),
        ("169.254.1.1", True),
        ("8.8.8.8", False),
        ("239.255.255.250", False),
        ("0.0.0.0", False),
        ("fe80::99", True),
        ("fd00::99", True),
        ("2001:db8::1", False),
        ("ff02::c", False),
    ],
)
def test_a_neighbour_is_on_the_link(source: str, expected: bool) -> None:
    assert is_neighbour(ip_address(source), CABLE) is expected


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.168.1.99", ["192.168.1.5", "10.0.0.5", "169.254.7.7", "fd00::5"]),
        ("10.1.1.1", ["10.0.0.5", "192.168.1.5", "169.254.7.7", "fd00::5"]),
        ("169.254.1.1", ["169.254.7.7", "192.168.1.5", "10.0.0.5", "fd00::5"]),
        ("fd00::99", ["fd00::5", "192.168.1.5", "10.0.0.5", "169.254.7.7"]),
        ("fe80::99", ["fe80::5", "fd00::5", "192.168.1.5", "10.0.0.5", "169.254.7.7"]),
    ],
)
def test_a_peer_is_told_what_it_can_reach_its_own_subnet_first(peer: str, expected: list[str]) -> None:
    assert [str(address) for address in reachable(CABLE, ip_address(peer))] == expected


def test_loopback_addresses_are_for_loopback_peers() -> None:
    assert [str(address) for address in reachable(LOOPBACK, ip_address("10.99.0.1"))] == ["10.99.0.1"]
    assert str(reachable(LOOPBACK, ip_address("127.0.0.1"))[0]) == "127.0.0.1"


def test_a_multicast_leaves_by_an_address_that_routes_before_a_link_local_one() -> None:
    assert str(sender(CABLE, 4)) == "192.168.1.5"
    assert str(sender(CABLE, 6)) == "fd00::5"
    assert str(sender(interface("fe80::5/64"), 6)) == "fe80::5"
    assert str(sender(LOOPBACK, 4)) == "10.99.0.1"
    assert sender(LOOPBACK, 6) is None
    assert sender(interface("fe80::5/64"), 4) is None


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("", ["http://10.0.0.5:81", "http://[fd00::5]:81"]),
        ("0.0.0.0", ["http://10.0.0.5:81"]),
        ("::", ["http://[fd00::5]:81"]),
        ("10.0.0.5", ["http://10.0.0.5:81"]),
        ("127.0.0.1", []),
    ],
)
def test_an_xaddr_is_an_address_the_listener_serves(host: str, served: list[str]) -> None:
    addresses = (ip_address("10.0.0.5"), ip_address("fd00::5"))
    expected = tuple(f"{base}/onvif/device_service" for base in served)
    assert HttpListener(host=host, port=81).xaddrs(addresses) == expected
