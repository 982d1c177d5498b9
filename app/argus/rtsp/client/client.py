"""The client of an RTSP server: a camera elsewhere as a source of media."""

from __future__ import annotations

import asyncio

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.rtsp.client.delivery import Delivery
from argus.rtsp.client.media import ClientCounters, ClientTransport, ReceivedMedia, Sink
from argus.rtsp.client.redirect import MAX_REDIRECTIONS, Redirected
from argus.rtsp.client.session import ClientLimits, ClientSession
from argus.rtsp.client.target import Target, TargetPolicy, parse_target
from argus.rtsp.client.wire import Network, TcpNetwork

CHECK_INTERVAL_S = 0.25


class RtspClient:
    """Receives one presentation, once: whoever wants it back after a failure makes another client.

    The account on the device is taken from the URI's user-info, percent-decoded. It is signed with, never sent in the
    clear unless the device accepts nothing else, never logged, and not taken along to another host.

    Capture times are on the station's clock; see `source_clock`.
    """

    def __init__(
        self,
        uri: str,
        transport: ClientTransport,
        clock: Clock,
        sink: Sink,
        *,
        policy: TargetPolicy,
        limits: ClientLimits | None = None,
        network: Network | None = None,
    ) -> None:
        self.counters = ClientCounters()
        self._uri = uri
        self._transport = transport
        self._clock = clock
        self._sink = sink
        self._policy = policy
        self._limits = limits or ClientLimits()
        self._network = network or TcpNetwork()
        self._session: ClientSession | None = None

    async def run(self) -> None:
        """Connect, play and deliver, until it fails or is cancelled. It never hangs: every step has a deadline.

        Raises:
            InvalidValue: subject "receiver uri": the address may not be, or cannot be, received from.
            NotSupported: subject "receiver": the device has nothing that can be received, or not this way.
            Unavailable: subject "receiver" (or "UDP ports"): anything else; trying again later makes sense.
        """
        target = parse_target(self._uri, tunnelled=self._transport is ClientTransport.HTTP)
        for _ in range(MAX_REDIRECTIONS + 1):
            try:
                await self._run_at(target)
            except Redirected as redirected:
                target = target.redirected(redirected.location)
        raise Unavailable("receiver", "the device sends its clients from one address to the next")

    def request_key_frame(self, media: ReceivedMedia) -> None:
        """Ask the device for a key frame (RTCP PLI), at most once a second; it need not obey."""
        if self._session is not None:
            self._session.request_key_frame(media.tag)

    async def _run_at(self, target: Target) -> None:
        session = self._session = ClientSession(
            target,
            self._transport,
            self._clock,
            self._network,
            self._policy,
            self._limits,
            Delivery(self._clock, self._sink, self.counters),
            self.counters,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch(session))
                await session.run()
        except ExceptionGroup as failures:
            # The first is why the others were cancelled, or came too late to matter.
            raise failures.exceptions[0] from None
        finally:
            self._session = None

    async def _watch(self, session: ClientSession) -> None:
        while True:
            await self._clock.sleep(CHECK_INTERVAL_S)
            session.check()
