"""One RTSP session as its client: from the connection to TEARDOWN.

Spec: RFC 2326 § Method Definitions; Streaming § RTSP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from argus.base.clock import Clock
from argus.base.errors import ArgusError, InvalidValue, NotSupported, Unavailable
from argus.rtsp.client.allowance import Allowance, Amount
from argus.rtsp.client.answer import Answer, BadAnswer
from argus.rtsp.client.challenge import Authorization
from argus.rtsp.client.deadline import Deadlines
from argus.rtsp.client.delivery import Delivery
from argus.rtsp.client.demultiplexer import Demultiplexer
from argus.rtsp.client.dialogue import Dialogue
from argus.rtsp.client.inlet import Inlet
from argus.rtsp.client.media import ClientCounters, ClientTransport, ReceivedMedia
from argus.rtsp.client.path import Care, DatagramPath, InterleavedPath, Path
from argus.rtsp.client.redirect import REDIRECTIONS, Redirected
from argus.rtsp.client.source_clock import SourceClock
from argus.rtsp.client.target import Target, TargetPolicy
from argus.rtsp.client.tunnel import open_tunnel
from argus.rtsp.client.wire import LARGE_READ_BYTES, Network, Wire
from argus.rtsp.depacketize import depacketizer, offered_codec
from argus.rtsp.link import Address
from argus.rtsp.protocol.message import Method
from argus.rtsp.protocol.sdp_reader import OfferedMedia, OfferedSession, parse_session
from argus.rtsp.protocol.status import Headers

logger = logging.getLogger(__name__)

MAX_MEDIA = 8
# It is kept as the tag by which jobs select a medium.
MAX_CONTROL_LENGTH = 512
LONGEST_KEEP_ALIVE_S = 30.0
TEARDOWN_S = 2.0
_NOT_ANSWERED_HERE = frozenset({405, 501, 551})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """How long the device has for an answer, how long media may stand still, and how often they are reported on."""

    step_s: float = 10.0
    stall_s: float = 10.0
    report_s: float = 5.0


class ClientSession:
    """Receives one presentation over one connection; the listener of its wire."""

    def __init__(
        self,
        target: Target,
        transport: ClientTransport,
        clock: Clock,
        network: Network,
        policy: TargetPolicy,
        limits: ClientLimits,
        delivery: Delivery,
        counters: ClientCounters,
    ) -> None:
        self._target = target
        self._udp = transport is ClientTransport.UDP and not target.tunnelled
        self._clock = clock
        self._network = network
        self._policy = policy
        self._limits = limits
        self._delivery = delivery
        self._counters = counters
        self._deadlines = Deadlines(clock)
        authorization = Authorization(target.credentials)
        self._dialogue = Dialogue(self._send, authorization, self._deadlines, limits.step_s)
        self._demultiplexer = Demultiplexer(self._dialogue.take)
        self._allowance = Allowance(clock, self._amount)
        self._source = SourceClock()
        self._base = target.uri  # the address of all media together
        self._wire: Wire | None = None
        self._paths: list[Path] = []
        self._care: Care | None = None
        self._keep_alive = Method.OPTIONS
        self._refusal: ArgusError | None = None
        self._failure = ""

    async def run(self) -> None:
        """Receive until it fails, which raises, or is cancelled."""
        try:
            self._wire = await self._connect()
            await self._set_up(self._wire)
            await self._play()
            await self._stay()
        finally:
            await self._close()

    def check(self) -> None:
        """Do what is due, some times a second. Raises Unavailable "receiver" where the session cannot go on."""
        self._deadlines.check()
        # Who floods does not hear why it is hung up on: its answer would stand behind the flood.
        self._failure = self._failure or self._allowance.excess()
        over = self._failure or (self._care.tick() if self._care is not None else "")
        if over:
            raise Unavailable("receiver", over)
        self._delivery.tick()

    def request_key_frame(self, tag: str) -> None:
        """Ask for a key frame of the medium `tag`, at most once a second; nothing happens where it does not play."""
        for path in self._paths if self._care is not None else ():
            if path.inlet.media.tag == tag and self._care is not None:
                self._care.request_key_frame(path)

    def receive(self, data: bytes) -> None:
        if self._failure:
            return
        try:
            self._demultiplexer.feed(data)
        except BadAnswer as error:
            self.ended(f"the device is out of step: {error}")
        if len(data) >= LARGE_READ_BYTES:
            self._failure = self._failure or self._allowance.excess()

    def ended(self, why: str) -> None:
        self._failure = self._failure or why
        self._dialogue.fail(self._failure)

    def _amount(self) -> Amount:
        counters, stream = self._counters, self._demultiplexer
        return Amount(
            packets=counters.packets + counters.discarded + counters.reports + stream.stray_frames,
            size_bytes=stream.fed_bytes + (counters.bytes if self._udp else 0),
            units=counters.units,
            unit_bytes=counters.unit_bytes,
            messages=stream.messages,
        )

    def _send(self, data: bytes) -> None:
        if self._wire is not None:
            self._wire.send(data)

    async def _connect(self) -> Wire:
        with self._deadlines.step("address of the host", self._limits.step_s):
            addresses = self._policy.permitted(await self._network.resolve(self._target.host))
        failure: ArgusError = Unavailable("receiver", f"the host {self._target.host} has no address")
        for address in addresses:
            try:
                async with asyncio.timeout(self._limits.step_s / len(addresses)):
                    return await self._connect_to(address)
            except Unavailable as error:
                failure = error
            except TimeoutError:
                failure = Unavailable("receiver", f"{self._target.authority} does not answer")
        raise failure

    async def _connect_to(self, address: Address) -> Wire:
        verify = self._policy.verify_certificates
        if not self._target.tunnelled:
            return await self._network.connect(self._target, address, self, verify=verify)
        # HTTP and RTSP log in each for themselves: a nonce of one means nothing to the other.
        authorization = Authorization(self._target.credentials)
        return await open_tunnel(self._network, self._target, address, authorization, self, verify=verify)

    async def _set_up(self, wire: Wire) -> None:
        """Learn what there is, and set up all media that can be received."""
        options = await self._dialogue.ask(Method.OPTIONS, self._target.uri)
        _follow(options)
        if Method.GET_PARAMETER in options.header("public").upper().replace(" ", "").split(","):
            self._keep_alive = Method.GET_PARAMETER
        answer = await self._ask(Method.DESCRIBE, self._target.uri, (("Accept", "application/sdp"),))
        try:
            description = parse_session(answer.body)
        except InvalidValue as error:
            raise NotSupported("receiver", f"what the device offers cannot be read: {error}") from error
        stated = answer.header("content-base") or answer.header("content-location")
        self._base = next((uri for uri in (description.control, stated) if "://" in uri), self._target.uri)
        for offered, media in _choose(description):
            await self._set_up_media(wire, offered, media, control_uri(self._base, offered.control))

    async def _set_up_media(self, wire: Wire, offered: OfferedMedia, media: ReceivedMedia, uri: str) -> None:
        """Set up one medium. What the device refuses of several is left out, unless nothing remains."""
        path = self._path(wire, offered, media)
        self._paths.append(path)
        try:
            answer = await self._ask(Method.SETUP, uri, (("Transport", path.offer),))
            path.grant(answer.header("transport"))
        except (Unavailable, NotSupported) as error:
            if self._failure:
                raise
            self._paths.remove(path)
            path.close()
            self._refusal = error

    def _path(self, wire: Wire, offered: OfferedMedia, media: ReceivedMedia) -> Path:
        inlet = Inlet(
            media,
            offered.payload_type,
            offered.clock_hz,
            depacketizer(offered),
            self._source,
            self._counters,
            self._delivery.take,
        )
        if self._udp:
            return DatagramPath(inlet, self._network, wire, self._counters, self._clock)
        return InterleavedPath(inlet, len(self._paths), wire, self._demultiplexer, self._clock)

    async def _play(self) -> None:
        if not self._paths:
            raise self._refusal or NotSupported("receiver", "the device sets up none of its media")
        await self._ask(Method.PLAY, self._base, (("Range", "npt=0.000-"),))
        self._delivery.open(tuple(path.inlet.media for path in self._paths))
        for path in self._paths:
            path.begin()
        self._care = Care(self._paths, self._clock, report_s=self._limits.report_s, stall_s=self._limits.stall_s)
        media = ", ".join(path.inlet.media.codec.onvif_name for path in self._paths)
        logger.info("%s plays %s", self._target.authority, media)

    async def _stay(self) -> None:
        """Keep the session alive, well before the device would give it up."""
        while True:
            await self._clock.sleep(min(self._dialogue.session_timeout_s / 2, LONGEST_KEEP_ALIVE_S))
            answer = await self._dialogue.ask(self._keep_alive, self._base)
            if answer.status == 454:
                raise Unavailable("receiver", "the device has given up the session")
            if answer.status in _NOT_ANSWERED_HERE:
                self._keep_alive = Method.OPTIONS

    async def _ask(self, method: Method, uri: str, headers: Headers) -> Answer:
        """The answer where it is a success.

        Raises:
            Unavailable, NotSupported: subject "receiver".
            Redirected: the device wants to be asked elsewhere.
        """
        answer = await self._dialogue.ask(method, uri, headers)
        _follow(answer)
        if answer.status in (461, 415):
            raise NotSupported("receiver", f"the device refuses the transport or the media: {answer.title}")
        if not 200 <= answer.status < 300:
            raise Unavailable("receiver", f"the device answers {method} with {answer.title}")
        return answer

    async def _close(self) -> None:
        """Tell the device, for as long as it listens, and release everything."""
        care, self._care = self._care, None
        try:
            if self._dialogue.session and not self._failure:
                with suppress(ArgusError, TimeoutError):
                    async with asyncio.timeout(TEARDOWN_S):
                        await self._dialogue.ask(Method.TEARDOWN, self._base)
        finally:
            for path in self._paths:
                path.close()
            if self._wire is not None:
                self._wire.close()
        if care is not None:
            logger.info("%s is not received any more", self._target.authority)


def control_uri(base: str, control: str) -> str:
    """The address a medium is set up by, as every client puts it together: the control is appended.

    Spec: RFC 2326 § Control URL
    """
    if "://" in control:
        return control
    if control in ("", "*"):
        return base
    return base + control.lstrip("/") if base.endswith("/") else f"{base}/{control.lstrip('/')}"


def _follow(answer: Answer) -> None:
    if answer.status in REDIRECTIONS:
        raise Redirected(answer.header("location"))


def _choose(description: OfferedSession) -> Sequence[tuple[OfferedMedia, ReceivedMedia]]:
    """The media that can be received, each with a tag of its own.

    Raises:
        NotSupported: subject "receiver": there is none.
    """
    chosen: list[tuple[OfferedMedia, ReceivedMedia]] = []
    tags: set[str] = set()
    for number, offered in enumerate(description.media, 1):
        codec = offered_codec(offered)
        try:
            depacketizer(offered)
        except NotSupported as error:
            logger.info("a medium is left out: %s", error)
            continue
        if codec is None or len(chosen) == MAX_MEDIA or len(offered.control) > MAX_CONTROL_LENGTH:
            continue
        tag = offered.control if offered.control not in tags else f"{offered.control}#{number}"
        tags.add(tag)
        chosen.append((offered, ReceivedMedia(tag=tag, kind=offered.kind, codec=codec)))
    if not chosen:
        raise NotSupported("receiver", "the device offers no media that can be received")
    return chosen
