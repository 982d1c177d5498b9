"""A discovery responder on a simulated network, and what it sends taken apart."""

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
