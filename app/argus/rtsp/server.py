"""The RTSP server: listens, counts, and holds one conversation for each connection."""

from __future__ import annotations

import asyncio
import logging

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.linux.os_error import reason
from argus.rtsp.authorization import Authenticator
from argus.rtsp.connection import Connection
from argus.rtsp.limits import ConnectionSlots, RtspLimits, SessionSlots
from argus.rtsp.link import Link, TcpLink
from argus.rtsp.presentation import Presentations
from argus.rtsp.protocol.message import Response
from argus.rtsp.protocol.status import Status
from argus.rtsp.session import Session
from argus.rtsp.setup import DatagramPorts, TrackSetup

logger = logging.getLogger(__name__)

BACKLOG = 64


class RtspServer:
    """RTSP over TCP on `host` and `port`; other links are served by `converse`.

    `bound_port` is the port in use once `listening` is set; it differs from `port` where that is 0.
    """

    name = "rtsp"

    def __init__(
        self,
        *,
        host: str | None,
        port: int,
        presentations: Presentations,
        authenticator: Authenticator,
        ports: DatagramPorts,
        clock: Clock,
        limits: RtspLimits | None = None,
    ) -> None:
        self.listening = asyncio.Event()
        self.bound_port = port
        self._host = host
        self._presentations = presentations
        self._authenticator = authenticator
        self._ports = ports
        self._clock = clock
        self._limits = limits or RtspLimits()
        self._sessions = SessionSlots(self._limits.sessions)
        self._connections = ConnectionSlots(self._limits)

    async def run(self) -> None:
        """Serve until cancelled; then every conversation ends.

        Raises:
            Unavailable: the address cannot be bound.
        """
        async with asyncio.TaskGroup() as conversations:

            def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                conversations.create_task(self.converse(TcpLink(reader, writer)))

            try:
                server = await asyncio.start_server(accept, self._host, self.bound_port, backlog=BACKLOG)
            except OSError as error:
                where = f"{self._host or '*'}:{self.bound_port}"
                raise Unavailable("rtsp", f"RTSP cannot listen on {where}: {reason(error)}") from error
            self.bound_port = server.sockets[0].getsockname()[1]
            self.listening.set()
            logger.info("RTSP listens on port %d", self.bound_port)
            try:
                # Not serve_forever(): cancelled, it would wait for the conversations that only end after it.
                await asyncio.Event().wait()
            finally:
                server.close()
                self.listening.clear()

    async def converse(self, link: Link) -> None:
        """Hold the conversation on a link until it ends."""
        host = link.peer.host
        if not self._connections.claim(host):
            logger.debug("%s has too many connections", host)
            link.write(Response(status=Status.SERVICE_UNAVAILABLE).encode(None))
            link.close()
            return
        try:
            await Connection(link, self._open_session, self._limits, self._clock).run()
        finally:
            self._connections.release(host)

    def health(self) -> tuple[int, int]:
        """How many connections and sessions exist."""
        return self._connections.used, self._sessions.used

    def _open_session(self, link: Link, tasks: asyncio.TaskGroup) -> Session:
        setup = TrackSetup(link, self._ports, self._clock)
        return Session(link, self._presentations, self._authenticator, setup, self._sessions, self._clock, tasks)
