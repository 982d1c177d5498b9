"""One RTSP conversation from its first byte to its last, whatever link carries it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from argus.base.clock import Clock
from argus.rtsp.limits import RtspLimits
from argus.rtsp.link import Link
from argus.rtsp.protocol.message import Interleaved, Request, Response
from argus.rtsp.protocol.parser import RequestParser
from argus.rtsp.protocol.status import ProtocolError
from argus.rtsp.session import Session

logger = logging.getLogger(__name__)

WATCH_INTERVAL_S = 1.0

SessionFactory = Callable[[Link, asyncio.TaskGroup], Session]


class Connection:
    """Reads requests, writes answers, and ends what is idle, slow or over."""

    def __init__(self, link: Link, open_session: SessionFactory, limits: RtspLimits, clock: Clock) -> None:
        self._link = link
        self._open_session = open_session
        self._limits = limits
        self._clock = clock
        self._parser = RequestParser()
        self._last_message_ns = clock.mono_ns()
        self._pending_since_ns: int | None = None

    async def run(self) -> None:
        """Converse until either side ends it."""
        async with asyncio.TaskGroup() as tasks:
            session = self._open_session(self._link, tasks)
            watch = tasks.create_task(self._watch(session))
            try:
                await self._converse(session)
            except ConnectionError:
                pass  # the client left while an answer waited for it
            finally:
                watch.cancel()
                await session.close()
                self._link.close()

    async def _converse(self, session: Session) -> None:
        while data := await self._link.read():
            self._parser.feed(data)
            try:
                await self._take_messages(session)
            except ProtocolError as error:
                # What follows a malformed request cannot be told from it.
                logger.debug("%s is not understood: %s", self._link.peer.host, error)
                self._link.write(Response(status=error.status, headers=error.headers).encode(None))
                return

    async def _take_messages(self, session: Session) -> None:
        while (message := self._parser.next_message()) is not None:
            self._last_message_ns, self._pending_since_ns = self._clock.mono_ns(), None
            if isinstance(message, Interleaved):
                session.receive(message.channel, message.payload)
            else:
                await self._answer(session, message)
        if self._parser.pending_bytes and self._pending_since_ns is None:
            self._pending_since_ns = self._clock.mono_ns()

    async def _answer(self, session: Session, request: Request) -> None:
        response = await session.answer(request)
        self._link.write(response.encode(request.cseq))
        # Media may fill the queue for as long as the client likes; answers are few, but not for ever.
        if self._link.queued_bytes() > self._limits.answers_bytes:
            await self._link.drain()

    async def _watch(self, session: Session) -> None:
        while True:
            await self._clock.sleep(WATCH_INTERVAL_S)
            if reason := session.overdue() or self._overdue(session):
                logger.info("the connection of %s ends: %s", self._link.peer.host, reason)
                self._link.abort()
                return

    def _overdue(self, session: Session) -> str:
        now_ns = self._clock.mono_ns()
        if self._pending_since_ns is not None and now_ns - self._pending_since_ns > self._limits.request_s * 1e9:
            return "a request takes too long to arrive"
        if not session.exists and now_ns - self._last_message_ns > self._limits.idle_s * 1e9:
            return "it is idle"
        return ""
