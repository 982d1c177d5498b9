"""The addresses people are shown lead to the station."""

from ipaddress import ip_interface

import pytest

from argus.linux.netlink import NetworkInterface, SimulatedNetlink
from argus.station.addresses import Addresses


def interface(*addresses: str, loopback: bool = False) -> NetworkInterface:
    return NetworkInterface(
        index=1,
        name="x",
        running=True,
        multicast=True,
        loopback=loopback,
        addresses=tuple(map(ip_interface, addresses)),
    )


async def shown(*interfaces: NetworkInterface, http: tuple[str, int] = ("0.0.0.0", 8080), base_url: str = "") -> str:
    addresses = Addresses(http, ("0.0.0.0", 8554), SimulatedNetlink(*interfaces))
    await addresses.refresh()
    listing = {entry["name"]: entry["value"] for entry in addresses.listing(base_url)}
    assert listing["device service"] == listing["page"] + "onvif/device_service"
    return f"{listing['page']} {listing['RTSP']}"


LOOPBACK = interface("127.0.0.1/8", "::1/128", loopback=True)


@pytest.mark.parametrize(
    ("addresses", "host"),
    [
        (("192.0.2.7/24",), "192.0.2.7"),
        (("fe80::7/64", "2001:db8::7/64", "192.0.2.7/24"), "192.0.2.7"),
        (("169.254.1.1/16", "2001:db8::7/64"), "[2001:db8::7]"),
        (("fe80::7/64", "169.254.1.1/16"), "localhost"),
        ((), "localhost"),
    ],
)
async def test_a_wildcard_is_shown_as_the_address_others_reach(addresses: tuple[str, ...], host: str) -> None:
    assert await shown(LOOPBACK, interface(*addresses)) == f"http://{host}:8080/ rtsp://{host}:8554/"


@pytest.mark.parametrize(("bound", "host"), [("192.0.2.9", "192.0.2.9"), ("::1", "[::1]"), ("box", "box")])
async def test_an_address_that_was_chosen_is_shown_as_it_is(bound: str, host: str) -> None:
    found = await shown(interface("192.0.2.7/24"), http=(bound, 80))
    assert found == f"http://{host}/ rtsp://{host}:8554/"


@pytest.mark.parametrize(
    ("base_url", "host"),
    [("http://box.lan", "box.lan"), ("https://[2001:db8::7]:8443", "[2001:db8::7]"), ("http://10.0.0.1:1", "10.0.0.1")],
)
async def test_who_asks_is_told_the_address_by_which_he_came(base_url: str, host: str) -> None:
    assert await shown(interface("192.0.2.7/24"), base_url=base_url) == f"{base_url}/ rtsp://{host}:8554/"
