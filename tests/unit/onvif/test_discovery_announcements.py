"""The responder on a simulated network: what it says unasked, when, and on which ways."""

from collections.abc import AsyncIterator

import pytest
from tests.unit.onvif.announcer import (
    ENDPOINT,
    HARBOUR,
    OFFICE,
    SCOPES,
    Device,
    interface,
    kind,
    running,
    text,
)

from argus.linux.netlink import NetworkInterface
from argus.onvif.discovery.addresses import HttpListener
from argus.onvif.discovery.responder import DiscoveryResponder


@pytest.fixture
async def device() -> AsyncIterator[Device]:
    """A responder that has said its first Hello."""
    async with running(Device()) as device:
        await device.clock.advance(2)
        device.port.sent.clear()
        yield device


async def test_hello_is_said_once_on_every_way_out_at_start() -> None:
    async with running(Device()) as device:
        await device.clock.advance(5)
        hellos = [(sent.interface_index, str(sent.source)) for sent in device.port.sent if kind(sent) == "Hello"]
        assert hellos == [(2, "10.0.0.5"), (2, "fe80::5"), (3, "192.168.1.5")]
        assert all(sent.to is None for sent in device.port.sent)
        assert text(device.port.sent[0], "d:XAddrs") == "http://10.0.0.5:8080/onvif/device_service"
        assert device.address_changes == 0


async def test_a_responder_that_failed_starts_again_and_says_hello_again(device: Device) -> None:
    async def broken() -> tuple[NetworkInterface, ...]:
        raise OSError("no buffer space")

    device.netlink.interfaces, whole = broken, device.netlink.interfaces  # type: ignore[method-assign]
    device.netlink.set(HARBOUR, OFFICE)
    await device.clock.advance(0.3)
    assert not device.port.is_open
    device.netlink.interfaces = whole  # type: ignore[method-assign]
    await device.clock.advance(2)
    assert [kind(sent) for sent in device.port.sent] == ["Bye"] * 3 + ["Hello"] * 3
    assert device.address_changes == 0


async def test_changed_scopes_are_announced_with_their_version(device: Device) -> None:
    device.scopes, device.metadata_version = ("onvif://www.onvif.org/name/Quay",), 2
    device.responder.announce()
    hello = (await device.answers())[0]
    assert (kind(hello), text(hello, "d:MetadataVersion")) == ("Hello", "2")
    assert text(hello, "d:Scopes") == "onvif://www.onvif.org/name/Quay"


async def test_hellos_are_at_most_one_a_second_however_often_something_changes(device: Device) -> None:
    for _ in range(50):
        device.responder.announce()
        await device.clock.advance(0.1)
    assert len([sent for sent in device.port.sent if sent.interface_index == 3]) <= 5


async def test_a_new_address_is_joined_counted_and_announced(device: Device) -> None:
    device.netlink.set(HARBOUR, OFFICE, interface(4, "172.16.0.5/16"))
    await device.clock.advance(2)
    assert (4, 4) in device.port.joined
    assert device.address_changes == 1
    hello = next(sent for sent in device.port.sent if sent.interface_index == 4)
    assert text(hello, "d:XAddrs") == "http://172.16.0.5:8080/onvif/device_service"
    device.probe(source="172.16.9.9", index=4)
    assert kind((await device.answers())[-1]) == "ProbeMatches"


async def test_an_interface_that_lost_its_carrier_is_left_and_silent(device: Device) -> None:
    device.netlink.set(interface(2, "10.0.0.5/24", running=False), OFFICE)
    await device.clock.advance(2)
    assert device.port.joined == {(3, 4)}
    device.port.sent.clear()
    device.probe()
    assert await device.answers() == []


async def test_a_change_that_concerns_no_address_is_not_announced(device: Device) -> None:
    device.netlink.set(HARBOUR, OFFICE, interface(5))
    assert await device.answers() == []
    assert device.address_changes == 0


async def test_bye_is_said_on_every_way_out_at_the_end() -> None:
    async with running(Device()) as device:
        await device.clock.advance(2)
        device.port.sent.clear()
    assert [(kind(sent), sent.interface_index) for sent in device.port.sent] == [("Bye", 2), ("Bye", 2), ("Bye", 3)]
    assert not device.port.is_open
    assert not device.netlink.is_open


async def test_a_device_that_is_not_discoverable_says_nothing_at_all() -> None:
    async with running(Device(discoverable=False)) as device:
        await device.clock.advance(2)
        device.probe()
        device.probe("<d:Probe><d:Scopes MatchBy='urn:unknown'>o:x</d:Scopes></d:Probe>", to="10.0.0.5")
        device.responder.announce()
        await device.clock.advance(2)
        device.netlink.set(HARBOUR)
        await device.clock.advance(2)
    assert device.port.sent == []


async def test_a_probe_waiting_when_the_device_stops_being_discoverable_is_dropped(device: Device) -> None:
    device.probe()
    device.discoverable = False
    assert await device.answers() == []
    device.discoverable = True
    device.responder.announce()
    assert {kind(sent) for sent in await device.answers()} == {"Hello"}


async def test_a_device_whose_http_listens_elsewhere_is_silent() -> None:
    device = Device()
    device.responder = DiscoveryResponder(
        clock=device.clock,
        netlink=device.netlink,
        port=device.port,
        endpoint=ENDPOINT,
        instance_id=1,
        http=HttpListener(host="127.0.0.1", port=8080),
        scopes=lambda: SCOPES,
        metadata_version=lambda: 1,
        discoverable=lambda: True,
        random=lambda: 0.0,
    )
    async with running(device):
        await device.clock.advance(2)
        device.probe()
        assert await device.answers() == []
