"""The WS-Discovery target service: says Hello and Bye, answers Probe and Resolve.

Spec: WS-Discovery 2005/04 § 4 - § 6; ONVIF Core § Device discovery
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from argus.base.clock import Clock
from argus.base.tasks import run_again
from argus.linux.multicast import Address, Datagram, MulticastPort
from argus.linux.netlink import InterfaceAddress, Netlink, NetworkInterface
from argus.onvif.discovery.addresses import HttpListener, is_neighbour, reachable, sender, usable
from argus.onvif.discovery.limits import RecentMessages, SourceLimit
from argus.onvif.discovery.pending import Answer, PendingAnswers
from argus.onvif.discovery.scope_rules import RULES, is_known, matches
from argus.soap import discovery as messages

logger = logging.getLogger(__name__)

APP_MAX_DELAY_S = 0.5
HELLO_INTERVAL_S = 1.0
# Addresses come in bursts (link, IPv4, IPv6, end of duplicate detection): one reading for all of them.
SETTLE_S = 0.2
# A client repeats a message within 1.5 s (SOAP-over-UDP) and stops listening after MATCH_TIMEOUT, 5 s.
MEMORY_S = 5.0
MAX_RECENT = 256
MAX_PENDING = 256
SOURCE_PER_S, SOURCE_BURST, TOTAL_PER_S, TOTAL_BURST, MAX_SOURCES = 40.0, 40, 400.0, 200, 256
_UNSIGNED_INT = 0xFFFF_FFFF

Announced = frozenset[tuple[int, InterfaceAddress]]


async def _nothing() -> None:
    return None


class DiscoveryResponder:
    """Makes the device discoverable on every interface, while `discoverable()` is true.

    Messages go out once: a client that missed a Hello or an answer probes again. `instance_id` must grow with every
    start of the process. `metadata_version` must grow whenever scopes change; its owner calls `announce` then, and is
    told of changed addresses through `addresses_changed`, before the Hello that carries them. `random` gives [0, 1).
    """

    name = "discovery"

    def __init__(
        self,
        *,
        clock: Clock,
        netlink: Netlink,
        port: MulticastPort,
        endpoint: UUID,
        instance_id: int,
        http: HttpListener,
        scopes: Callable[[], tuple[str, ...]],
        metadata_version: Callable[[], int],
        discoverable: Callable[[], bool],
        random: Callable[[], float],
        addresses_changed: Callable[[], Awaitable[None]] = _nothing,
        loopback: bool = False,
    ) -> None:
        self._clock = clock
        self._netlink = netlink
        self._port = port
        self._endpoint = endpoint.urn
        self._instance_id = instance_id & _UNSIGNED_INT
        self._http = http
        self._scopes = scopes
        self._metadata_version = metadata_version
        self._discoverable = discoverable
        self._random = random
        self._addresses_changed = addresses_changed
        self._loopback = loopback
        self._message_number = 0
        self._interfaces: dict[int, NetworkInterface] = {}
        self._joined: dict[int, NetworkInterface] = {}
        self._announced: Announced | None = None
        self._hello_due = asyncio.Event()
        self._pending = PendingAnswers(max_answers=MAX_PENDING, clock=clock)
        self._recent = RecentMessages(max_messages=MAX_RECENT, memory_s=MEMORY_S, clock=clock)
        self._limit = SourceLimit(
            rate_per_s=SOURCE_PER_S,
            burst=SOURCE_BURST,
            total_per_s=TOTAL_PER_S,
            total_burst=TOTAL_BURST,
            max_sources=MAX_SOURCES,
            clock=clock,
        )

    def announce(self) -> None:
        """Say Hello soon: scopes changed, or the device became discoverable. At most one Hello a second."""
        self._hello_due.set()

    async def run(self) -> None:
        await run_again(self.name, self.run_once, self._clock)

    async def run_once(self) -> None:
        """Take part until cancelled; say Bye at the end, however it comes."""
        try:
            self._netlink.open()
            self._port.open(self._receive)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow_addresses())
                group.create_task(self._say_hello())
                group.create_task(self._answer())
        finally:
            self._say_bye()
            self._joined.clear()
            self._port.close()
            self._netlink.close()

    # -- addresses -------------------------------------------------------------------------------------------------

    async def _follow_addresses(self) -> None:
        starting = True
        while True:
            self._interfaces = {interface.index: interface for interface in await self._netlink.interfaces()}
            self._join(usable(self._interfaces.values(), loopback=self._loopback))
            announced = frozenset(
                (interface.index, address) for interface in self._joined.values() for address in interface.addresses
            )
            if announced != self._announced:
                names = ", ".join(sorted(str(address.ip) for _, address in announced))
                logger.info("discovery on %s", names or "no address")
                if self._announced is not None:
                    await self._addresses_changed()
                self._announced = announced
                self._hello_due.set()
            elif starting:
                self._hello_due.set()
            starting = False
            await self._netlink.changed()
            await self._clock.sleep(SETTLE_S)

    def _join(self, interfaces: tuple[NetworkInterface, ...]) -> None:
        """Hear the groups on these interfaces and on no other."""
        wanted = {interface.index: interface for interface in interfaces}
        for index in self._joined.keys() - wanted.keys():
            self._port.leave(index, 4)
            self._port.leave(index, 6)
        for interface in interfaces:
            for ip_version in {address.version for address in interface.addresses}:
                try:
                    self._port.join(interface.index, ip_version)
                except OSError as error:
                    logger.warning("%s: cannot be discovered by IPv%d: %s", interface.name, ip_version, error)
        self._joined = wanted

    # -- Hello and Bye ---------------------------------------------------------------------------------------------

    async def _say_hello(self) -> None:
        while True:
            await self._hello_due.wait()
            await self._clock.sleep(self._random() * APP_MAX_DELAY_S)
            self._hello_due.clear()
            if self._discoverable():
                for interface, source in self._senders():
                    announcement = self._announcement(interface, source)
                    if announcement.xaddrs:
                        self._multicast(messages.encode_hello(announcement, self._stamp()), interface, source)
            await self._clock.sleep(HELLO_INTERVAL_S)

    def _say_bye(self) -> None:
        """Sent without waiting: it leaves before the sockets close, or not at all."""
        if self._discoverable():
            for interface, source in self._senders():
                self._multicast(messages.encode_bye(self._endpoint, self._stamp()), interface, source)

    def _senders(self) -> list[tuple[NetworkInterface, Address]]:
        """Each way out: interface and the address to send from, by IP version."""
        return [
            (interface, source)
            for interface in self._joined.values()
            for ip_version in (4, 6)
            if (source := sender(interface, ip_version)) is not None
        ]

    def _multicast(self, message: bytes, interface: NetworkInterface, source: Address) -> None:
        try:
            self._port.multicast(message, interface_index=interface.index, source=source)
        except OSError as error:
            logger.info("%s: cannot multicast from %s: %s", interface.name, source, error)

    # -- Probe and Resolve -----------------------------------------------------------------------------------------

    def _receive(self, datagram: Datagram) -> None:
        """Judge a datagram, the cheapest test first. Nothing a stranger sends is answered with an error but one."""
        interface = self._interface_of(datagram)
        if interface is None or not self._discoverable() or not is_neighbour(datagram.source, interface):
            return
        if not self._limit.admits(datagram.source):
            return
        question = messages.decode(datagram.data)
        if question is None or not self._recent.is_new((datagram.source, question.message_id)):
            return
        answer = Answer(
            relates_to=question.message_id,
            to=datagram.source,
            port=datagram.source_port,
            interface_index=interface.index,
            source=None if datagram.destination.is_multicast else datagram.destination,
        )
        if isinstance(question, messages.Probe):
            self._consider(question, answer)
        elif question.endpoint.lower() == self._endpoint:
            self._match(answer, messages.encode_resolve_matches)

    def _interface_of(self, datagram: Datagram) -> NetworkInterface | None:
        """The interface the datagram belongs to; None where we do not take part in discovery on it."""
        if datagram.destination.is_multicast:
            return self._joined.get(datagram.interface_index)
        owners = [
            interface
            for interface in self._interfaces.values()
            if any(address.ip == datagram.destination for address in interface.addresses)
        ]
        # What this host sends to one of its own addresses comes in by loopback: then the owner counts.
        arrival = self._interfaces.get(datagram.interface_index)
        return arrival if owners and arrival is not None and not arrival.loopback else next(iter(owners), None)

    def _consider(self, probe: messages.Probe, answer: Answer) -> None:
        if not is_known(probe.match_by):
            # "silence" to the group: a fault from every device on the LAN would help nobody.
            if answer.source is not None:
                self._send(messages.encode_matching_rule_not_supported(RULES, self._stamp(), probe.message_id), answer)
            return
        if set(probe.types) <= set(messages.TYPES) and matches(probe.scopes, self._scopes(), probe.match_by):
            self._pending.add(answer, delay_s=self._random() * APP_MAX_DELAY_S)

    async def _answer(self) -> None:
        while True:
            answer = await self._pending.next()
            if self._discoverable():
                self._match(answer, messages.encode_probe_matches)

    def _match(self, answer: Answer, encode: Callable[[messages.Announcement, messages.Stamp, str], bytes]) -> None:
        """Answer with what the peer can reach on its interface as it is now; not at all where that is nothing."""
        interface = self._interfaces.get(answer.interface_index)
        if interface is None:
            return
        announcement = self._announcement(interface, answer.to)
        if announcement.xaddrs:
            self._send(encode(announcement, self._stamp(), answer.relates_to), answer)

    def _send(self, message: bytes, answer: Answer) -> None:
        """Answer the datagram's source and nobody else: a ReplyTo could point at a victim."""
        try:
            self._port.send(
                message,
                to=answer.to,
                port=answer.port,
                interface_index=answer.interface_index,
                source=answer.source,
            )
        except OSError as error:
            logger.debug("cannot answer %s: %s", answer.to, error)

    # -- what we say -----------------------------------------------------------------------------------------------

    def _announcement(self, interface: NetworkInterface, peer: Address) -> messages.Announcement:
        return messages.Announcement(
            endpoint=self._endpoint,
            scopes=self._scopes(),
            xaddrs=self._http.xaddrs(reachable(interface, peer)),
            metadata_version=self._metadata_version(),
        )

    def _stamp(self) -> messages.Stamp:
        self._message_number = self._message_number % _UNSIGNED_INT + 1
        return messages.Stamp(
            message_id=uuid4().urn, instance_id=self._instance_id, message_number=self._message_number
        )
