"""The box on the network."""

from ipaddress import ip_address, ip_interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.errors import InvalidValue
from argus.device.network import _HOSTNAME, Network, NetworkProtocol, ProtocolName
from argus.device.settings import Settings
from argus.linux.clock import AdjustableClock
from argus.linux.name_service import NameService, SimulatedNameService
from argus.linux.netlink import NetworkInterface, SimulatedNetlink
from argus.linux.system import SimulatedSystem

ETHERNET = NetworkInterface(
    index=2,
    name="eth0",
    running=True,
    multicast=True,
    loopback=False,
    mac="02:00:00:00:00:01",
    mtu=1500,
    addresses=(ip_interface("192.0.2.7/24"),),
)
LOOPBACK = NetworkInterface(index=1, name="lo", running=True, multicast=False, loopback=True)
PROTOCOLS = (NetworkProtocol(name=ProtocolName.HTTP, enabled=True, ports=(8080,)),)


def network_of(settings: Settings) -> Network:
    names = NameService(servers=(ip_address("192.0.2.1"),), from_dhcp=True, leased=frozenset({2}))
    return Network(
        settings,
        actions=SimulatedSystem(AdjustableClock(SimulatedClock()), lambda: None),
        interfaces=SimulatedNetlink(LOOPBACK, ETHERNET),
        name_service=SimulatedNameService(names),
        protocols=lambda: PROTOCOLS,
    )


@pytest.fixture
def network(settings: Settings) -> Network:
    return network_of(settings)


@pytest.mark.parametrize("hostname", ["a", "camera-7", "7", "pier.example.com", "a" * 63, "A1"])
async def test_a_valid_host_name_is_set_and_read_back(network: Network, hostname: str) -> None:
    await network.set_hostname(hostname)
    assert network.hostname() == hostname


@pytest.mark.parametrize(
    "hostname",
    [
        "",
        "Onvif_test1",
        "-a",
        "a-",
        "a..b",
        ".a",
        "a.",
        "a" * 64,
        ("a" * 32 + ".") * 2 + "a",
        "a b",
        "a;reboot",
        "$(reboot)",
        "a\n",
        "ü",
        "fe80::1%eth0",
    ],
)
async def test_an_invalid_host_name_is_refused(network: Network, hostname: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        await network.set_hostname(hostname)
    assert raised.value.subject == "hostname"
    assert network.hostname() == "argus-simulated"


@given(st.text(max_size=80))
def test_what_passes_as_host_name_is_harmless(hostname: str) -> None:
    if _HOSTNAME.fullmatch(hostname):
        assert hostname.isascii()
        assert hostname.replace("-", "").replace(".", "").isalnum()
        assert not hostname.startswith("-")


async def test_interfaces_leave_out_the_loopback_and_tell_dhcp(network: Network) -> None:
    assert [(state.interface, state.dhcp) for state in await network.interfaces()] == [(ETHERNET, True)]
    assert (await network.name_service()).from_dhcp
    assert network.protocols() == PROTOCOLS


async def test_the_discovery_mode_outlasts_a_restart_and_observers_hear_it(
    network: Network, database: Database
) -> None:
    heard: list[bool] = []
    network.subscribe(lambda: heard.append(network.discoverable))
    assert network.discoverable
    await network.set_discoverable(False)
    await network.set_discoverable(False)
    assert heard == [False]
    assert not network_of(Settings(database)).discoverable
