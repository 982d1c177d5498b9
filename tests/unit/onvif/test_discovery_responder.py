"""The responder on a simulated network: who is answered, with what, when, and who is not."""

from collections.abc import AsyncIterator
from ipaddress import ip_interface

import pytest
from tests.unit.onvif.announcer import (
    ENDPOINT,
    HARBOUR,
    OFFICE,
    Device,
    kind,
    number,
    question,
    running,
    text,
)

from argus.linux.netlink import NetworkInterface


@pytest.fixture
async def device() -> AsyncIterator[Device]:
    """A responder that has said its first Hello."""
    async with running(Device()) as device:
        await device.clock.advance(2)
        device.port.sent.clear()
        yield device


async def test_a_probe_is_answered_to_its_sender_with_addresses_of_the_interface_it_came_by(device: Device) -> None:
    device.probe(message_id="urn:mine")
    device.probe(source="192.168.1.9", index=3)
    harbour, office = await device.answers()
    assert (kind(harbour), text(harbour, "a:RelatesTo")) == ("ProbeMatches", "urn:mine")
    assert text(harbour, "a:EndpointReference/a:Address") == ENDPOINT.urn
    assert (str(harbour.to), harbour.port, harbour.interface_index) == ("10.0.0.9", 4_000, 2)
    assert text(harbour, "d:XAddrs") == "http://10.0.0.5:8080/onvif/device_service"
    assert (str(office.to), office.interface_index) == ("192.168.1.9", 3)
    assert text(office, "d:XAddrs") == "http://192.168.1.5:8080/onvif/device_service"


async def test_a_probe_by_ipv6_is_answered_with_the_link_local_address_first(device: Device) -> None:
    device.probe(source="fe80::9", to="ff02::c")
    (answer,) = await device.answers()
    assert text(answer, "d:XAddrs").split() == [
        "http://[fe80::5]:8080/onvif/device_service",
        "http://10.0.0.5:8080/onvif/device_service",
    ]


async def test_a_probe_is_answered_after_a_random_delay_of_at_most_half_a_second(device: Device) -> None:
    device.jitter = 0.9
    device.probe()
    await device.clock.advance(0.44)
    assert device.port.sent == []
    await device.clock.advance(0.05)
    assert len(device.port.sent) == 1


@pytest.mark.parametrize(
    ("body", "answered"),
    [
        ("<d:Probe><d:Types>t:Device</d:Types></d:Probe>", True),
        ("<d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe>", True),
        ("<d:Probe><d:Types>n:NetworkVideoTransmitter t:Device</d:Types></d:Probe>", True),
        ("<d:Probe><d:Types>n:NetworkVideoDisplay</d:Types></d:Probe>", False),
        ("<d:Probe><d:Types>t:Device n:NetworkVideoDisplay</d:Types></d:Probe>", False),
        ("<d:Probe><d:Types>t:NetworkVideoTransmitter</d:Types></d:Probe>", False),
        ("<d:Probe><d:Types>unknown:Device</d:Types></d:Probe>", False),
        ("<d:Probe><d:Scopes>onvif://www.onvif.org/hardware</d:Scopes></d:Probe>", True),
        ("<d:Probe><d:Scopes>onvif://www.onvif.org/hardware/D1</d:Scopes></d:Probe>", False),
        ("<d:Probe><d:Types>t:Device</d:Types><d:Scopes>onvif://www.onvif.org/name/No</d:Scopes></d:Probe>", False),
        ("<d:Probe><d:Types>t:No</d:Types><d:Scopes>onvif://www.onvif.org/name/Pier</d:Scopes></d:Probe>", False),
        ("<d:Probe><d:Scopes MatchBy='urn:unknown'>onvif://www.onvif.org</d:Scopes></d:Probe>", False),
        (
            f"<d:Resolve><a:EndpointReference><a:Address>{ENDPOINT.urn}</a:Address></a:EndpointReference></d:Resolve>",
            True,
        ),
        ("<d:Resolve><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference></d:Resolve>", False),
        ("<d:Hello/>", False),
    ],
)
async def test_only_what_matches_in_types_and_scopes_is_answered(device: Device, body: str, answered: bool) -> None:
    device.probe(body)
    assert len(await device.answers()) == answered


async def test_a_resolve_is_answered_with_our_addresses(device: Device) -> None:
    address = f"<a:EndpointReference><a:Address>{ENDPOINT.urn.upper()}</a:Address></a:EndpointReference>"
    device.probe(f"<d:Resolve>{address.replace('URN:UUID', 'urn:uuid')}</d:Resolve>")
    (answer,) = await device.answers()
    assert kind(answer) == "ResolveMatches"
    assert text(answer, "d:XAddrs") == "http://10.0.0.5:8080/onvif/device_service"


async def test_an_unknown_matching_rule_is_a_fault_to_a_unicast_probe(device: Device) -> None:
    device.probe("<d:Probe><d:Scopes MatchBy='urn:unknown'>o:x</d:Scopes></d:Probe>", to="10.0.0.5")
    (answer,) = await device.answers()
    assert text(answer, "s:Subcode/s:Value") == "d:MatchingRuleNotSupported"
    assert (str(answer.to), str(answer.source)) == ("10.0.0.9", "10.0.0.5")


async def test_a_broadcast_probe_is_nobodys(device: Device) -> None:
    device.probe(to="255.255.255.255")
    device.probe(to="10.0.0.255")
    assert await device.answers() == []


async def test_a_stranger_from_off_the_link_is_not_answered(device: Device) -> None:
    device.probe(source="8.8.8.8")
    device.probe(source="8.8.8.8", to="10.0.0.5")
    device.probe(source="192.168.1.9", index=2)
    device.probe(source="10.0.0.9", index=77)
    assert await device.answers() == []


async def test_what_this_host_sends_to_itself_belongs_to_the_owner_of_the_address(device: Device) -> None:
    loopback = NetworkInterface(
        index=1, name="lo", running=True, multicast=False, loopback=True, addresses=(ip_interface("127.0.0.1/8"),)
    )
    device.netlink.set(loopback, HARBOUR, OFFICE)
    await device.clock.advance(1)
    device.probe(source="10.0.0.5", to="10.0.0.5", index=1)
    (answer,) = await device.answers()
    assert (answer.interface_index, str(answer.source)) == (2, "10.0.0.5")


async def test_a_repeated_message_is_answered_once(device: Device) -> None:
    for _ in range(3):
        device.probe(message_id="urn:same")
    assert len(await device.answers()) == 1
    await device.clock.advance(6)
    device.probe(message_id="urn:same")
    assert len(await device.answers()) == 1


async def test_message_numbers_grow(device: Device) -> None:
    for _ in range(5):
        device.probe()
    numbers = [number(answer) for answer in await device.answers()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 5


async def test_junk_is_survived_in_silence(device: Device) -> None:
    for junk in (b"", b"<", b"\x00" * 9_000, question("<d:Hello><d:AppSequence InstanceId='abc'/></d:Hello>")):
        device.hear(junk)
    assert await device.answers() == []
    device.probe()
    assert len(await device.answers()) == 1


async def test_a_flood_neither_fills_memory_nor_shuts_out_another_source(device: Device) -> None:
    for _ in range(2_000):
        device.probe(source="10.0.0.66")
    device.probe(source="10.0.0.9", message_id="urn:legitimate")
    answers = await device.answers()
    assert len(answers) <= 45
    assert "urn:legitimate" in [text(answer, "a:RelatesTo") for answer in answers]


async def test_a_flood_from_everywhere_is_answered_at_most_as_fast_as_all_sources_together_may(device: Device) -> None:
    for number_of_source in range(5_000):
        device.probe(source=f"fe80::{number_of_source + 16:x}", to="ff02::c")
    assert len(await device.answers()) <= 256


async def test_a_network_that_refuses_is_survived(device: Device) -> None:
    device.port.failing = True
    device.probe()
    device.responder.announce()
    assert await device.answers() == []
    device.port.failing = False
    device.probe()
    assert len(await device.answers()) == 1
