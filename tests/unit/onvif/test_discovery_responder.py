"""The responder on a simulated network: who is answered, with what, when, and who is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface
from uuid import UUID

import pytest
from lxml import etree

from argus.base.clock import SimulatedClock
from argus.linux.multicast import Datagram, Sent, SimulatedMulticastPort
from argus.linux.netlink import NetworkInterface, SimulatedNetlink
from argus.onvif.discovery.addresses import HttpListener
from argus.onvif.discovery.responder import DiscoveryResponder

ENDPOINT = UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301")
NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
}
TYPES = 'xmlns:t="http://www.onvif.org/ver10/device/wsdl" xmlns:n="http://www.onvif.org/ver10/network/wsdl"'
SCOPES = ("onvif://www.onvif.org/hardware/D1-566", "onvif://www.onvif.org/name/Pier")


def interface(index: int, *addresses: str, running: bool = True) -> NetworkInterface:
    return NetworkInterface(
        index=index,
        name=f"eth{index}",
        running=running,
        multicast=True,
        loopback=False,
        addresses=tuple(ip_interface(address) for address in addresses),
    )


HARBOUR = interface(2, "10.0.0.5/24", "fe80::5/64")
OFFICE = interface(3, "192.168.1.5/24")


@dataclass
class Device:
    """A responder with its simulated surroundings."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    netlink: SimulatedNetlink = field(default_factory=lambda: SimulatedNetlink(HARBOUR, OFFICE))
    port: SimulatedMulticastPort = field(default_factory=SimulatedMulticastPort)
    scopes: tuple[str, ...] = SCOPES
    metadata_version: int = 1
    discoverable: bool = True
    jitter: float = 0.5
    address_changes: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self.responder = DiscoveryResponder(
            clock=self.clock,
            netlink=self.netlink,
            port=self.port,
            endpoint=ENDPOINT,
            instance_id=1_000,
            http=HttpListener(host="", port=8080),
            scopes=lambda: self.scopes,
            metadata_version=lambda: self.metadata_version,
            discoverable=lambda: self.discoverable,
            random=lambda: self.jitter,
            addresses_changed=self._count_change,
        )

    async def _count_change(self) -> None:
        self.address_changes += 1

    def probe(self, body: str = "<d:Probe/>", **way: str | int) -> None:
        self.asked += 1
        self.hear(question(body, message_id=str(way.pop("message_id", f"urn:q:{self.asked}"))), **way)

    def hear(
        self, data: bytes, source: str = "10.0.0.9", to: str = "239.255.255.250", index: int = 2, port: int = 4_000
    ) -> None:
        self.port.receive(
            Datagram(
                data=data,
                source=ip_address(source),
                source_port=port,
                destination=ip_address(to),
                interface_index=index,
            )
        )

    async def answers(self) -> list[Sent]:
        """What was sent since last asked, after the longest delay there is."""
        await self.clock.advance(0.6)
        sent, self.port.sent = self.port.sent, []
        return sent


@asynccontextmanager
async def running(device: Device) -> AsyncIterator[Device]:
    task = asyncio.create_task(device.responder.run())
    try:
        yield device
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
async def device() -> AsyncIterator[Device]:
    """A responder that has said its first Hello."""
    async with running(Device()) as device:
        await device.clock.advance(2)
        device.port.sent.clear()
        yield device


def question(body: str, *, message_id: str = "urn:q") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{NAMES["s"]}" xmlns:a="{NAMES["a"]}" xmlns:d="{NAMES["d"]}" {TYPES}>'
        "<s:Header><a:ReplyTo><a:Address>http://10.0.0.66/victim</a:Address></a:ReplyTo>"
        f"<a:MessageID>{message_id}</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def text(sent: Sent, path: str) -> str:
    found = etree.fromstring(sent.data).find(f".//{path}", NAMES)
    return "" if found is None else found.text or ""


def kind(sent: Sent) -> str:
    return text(sent, "a:Action").rpartition("/")[2]


def number(sent: Sent) -> int:
    sequence = etree.fromstring(sent.data).find(".//d:AppSequence", NAMES)
    assert sequence.get("InstanceId") == "1000"
    return int(sequence.get("MessageNumber"))


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
