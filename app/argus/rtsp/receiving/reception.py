"""One receiver at work: when it connects, and what can be expected of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.clock import Clock
from argus.base.errors import ArgusError
from argus.base.tokens import ReceiverToken
from argus.media.hub import StreamReader
from argus.rtsp.client.media import ClientTransport, ReceivedMedia, Sink
from argus.rtsp.receiving.back_off import BackOff
from argus.rtsp.receiving.channels import Channels
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.receiver import ReceiverMode, ReceiverState
from argus.store.recording.receivers import Receivers

# A stream counts as delivering for so long after its last unit, also while another address is being connected to.
GRACE_S = 10.0
# From a turn of things to the attempt it causes. Who configures a receiver and asks for its state finds it not
# connected, and who changes his mind at once causes one connection only.
SETTLE_S = 0.25
# A connection that lasted so long was a good one: the next attempts begin with the shortest wait.
GOOD_RUN_S = 10.0
# A connection is made anew when so long no picture or sound came of it, whatever its packets may contain.
SILENCE_S = 30.0

SILENT = "the device sends no media"
ENDED = "the device ended the session"
UNFORESEEN = "what the device sends cannot be understood"

METADATA = MediaKind.METADATA
_TRANSPORTS = {"UDP": ClientTransport.UDP, "RTSP": ClientTransport.TCP, "HTTP": ClientTransport.HTTP}


class Client(Protocol):
    """The life of one connection."""

    async def run(self) -> None:
        """Connect, play and deliver until it fails (an ArgusError says why), ends, or is cancelled."""

    def request_key_frame(self, media: ReceivedMedia) -> None: ...


Connect = Callable[[str, ClientTransport, Sink], Client]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What to be connected to, and how."""

    uri: str
    transport: ClientTransport


class Session:
    """What one connection delivers. Once closed it delivers nothing, whatever its client still has at hand."""

    def __init__(self, reception: Reception) -> None:
        self.closed = False
        self.opened_ns: int | None = None
        self._reception = reception

    def opened(self, media: tuple[ReceivedMedia, ...]) -> None:
        if not self.closed:
            self._reception.connected(self, media)

    def take(self, media: ReceivedMedia, unit: AccessUnit) -> None:
        if not self.closed:
            self._reception.take(media, unit)


class Reception:
    """Keeps one receiver connected while that is wanted, by one connection at a time.

    `tell` is called in every turn in which its phases may have changed.
    """

    def __init__(
        self,
        token: ReceiverToken,
        receivers: Receivers,
        connect: Connect,
        clock: Clock,
        tell: Callable[[Reception], None],
        chance: Callable[[], float],
    ) -> None:
        self.token = token
        self.media: tuple[ReceivedMedia, ...] = ()  # what the device had when it was connected last
        self._receivers = receivers
        self._connect = connect
        self._clock = clock
        self._tell = tell
        self._back_off = BackOff(chance)
        self._channels = Channels(token, clock)
        self._configuration = receivers.receiver(token).configuration
        self._goal = self._wanted_goal()
        self._turned = asyncio.Event()
        self._session: Session | None = None
        self._client: Client | None = None
        self._failure = ""
        self._failed_us = 0
        self._last_ns: dict[MediaKind, int] = {}

    async def run(self) -> None:
        """Connect, and connect again after every failure, as long as it is wanted. Ends by being cancelled."""
        while True:
            self._turned.clear()
            async with asyncio.TaskGroup() as tasks:
                attempts = tasks.create_task(self._pursue(self._goal)) if self._goal is not None else None
                await self._turned.wait()
                if attempts is not None:
                    attempts.cancel()

    def follow(self) -> bool:
        """Take note of mode, address and demand as they are now; True where the receiver was configured anew."""
        configuration, goal = self._receivers.receiver(self.token).configuration, self._wanted_goal()
        configured = configuration != self._configuration
        if configuration.media_uri != self._configuration.media_uri:
            self.media = ()
        self._configuration = configuration
        # Whoever configures a device that cannot be reached wants it to be tried again now.
        if goal != self._goal or (configured and self._session is None):
            self._goal = goal
            self._failure = ""
            self._back_off.reset()
            self._disconnect()
            self._turned.set()
        return configured

    def close(self) -> None:
        """The receiver is gone: end whoever reads it."""
        self._goal = None
        self._disconnect()
        self._turned.set()
        self._channels.close()

    def look(self) -> None:
        """Give up a connection from which nothing comes any more."""
        opened_ns = self._opened_ns()
        heard_ns = [route.last_ns or opened_ns for route in self._channels.routes() if route.media.kind is not METADATA]
        if heard_ns and not any(self._is_recent(at_ns, SILENCE_S) for at_ns in heard_ns):
            self._disconnect()
            self._fail(SILENT)
            self._turned.set()

    def open_reader(self, kind: MediaKind, tag: str, name: str) -> StreamReader:
        """Read a stream over all reconnections, until the receiver is deleted. Raises LimitReached."""
        return self._channels.open_reader(kind, tag, name)

    @property
    def failure(self) -> str:
        """Why a stream of it FAILED, for people; empty where none did."""
        if self._failure:
            return self._failure
        failed = any(self.phase(one.kind, one.tag) is SourcePhase.FAILED for one in self.media)
        return SILENT if failed else ""

    @property
    def failing_since_us(self) -> int | None:
        """The wall time of the first in a row of failures; None where the last attempt did not fail."""
        return self._failed_us if self._failure else None

    def phase(self, kind: MediaKind, tag: str) -> SourcePhase:
        """What can be expected of one stream."""
        if self._configuration.mode is ReceiverMode.NEVER_CONNECT:
            return SourcePhase.OFF
        if not self._configuration.media_uri:
            return SourcePhase.UNCONFIGURED
        opened_ns = self._opened_ns()
        if opened_ns is not None and self._channels.route(kind, tag) is None:
            return SourcePhase.LACKING
        if self._delivers(kind, tag):
            return SourcePhase.DELIVERING
        silent = opened_ns is not None and not self._is_recent(opened_ns)
        return SourcePhase.FAILED if self._failure or silent else SourcePhase.CONNECTING

    def phases(self) -> tuple[object, ...]:
        """Everything that observers of phases look at, to be compared."""
        selectors = [*((kind, "") for kind in MediaKind), *((one.kind, one.tag) for one in self.media)]
        return self.failure, self.media, *(self.phase(kind, tag) for kind, tag in selectors)

    def connected(self, session: Session, media: tuple[ReceivedMedia, ...]) -> None:
        """The device plays these media."""
        assert self._client is not None
        session.opened_ns = self._clock.mono_ns()
        self._failure = ""
        self.media = media
        self._channels.connect(media, self._client.request_key_frame)
        self._receivers.report(self.token, ReceiverState.CONNECTED)
        self._tell(self)

    def take(self, media: ReceivedMedia, unit: AccessUnit) -> None:
        """Deliver one unit."""
        resumed = not self._is_recent(self._last_ns.get(media.kind))
        if self._channels.take(media, unit):
            self._last_ns[media.kind] = self._clock.mono_ns()
            if resumed:
                self._tell(self)

    async def _pursue(self, goal: Goal) -> None:
        """Attempt after attempt, until the task is cancelled or about to be."""
        await self._clock.sleep(SETTLE_S)
        while not self._turned.is_set():
            session = Session(self)
            await self._receive(goal, session)
            if session.opened_ns is not None and not self._is_recent(session.opened_ns, GOOD_RUN_S):
                self._back_off.reset()
            await self._clock.sleep(self._back_off.next_s())

    async def _receive(self, goal: Goal, session: Session) -> None:
        """One attempt and all that comes of it."""
        failure = UNFORESEEN
        try:
            self._client = self._connect(goal.uri, goal.transport, session)
            self._session = session
            self._receivers.report(self.token, ReceiverState.CONNECTING)
            await self._client.run()
            failure = ENDED
        except ArgusError as error:
            failure = str(error)
        except asyncio.CancelledError:
            failure = ""
            raise
        finally:
            self._disconnect()
            if failure and not self._turned.is_set():
                self._fail(failure)

    def _disconnect(self) -> None:
        """Take nothing more from the connection; its client hangs up when its task is cancelled."""
        if self._session is None:
            return
        if self._channels.route(METADATA, "") is not None:
            self._last_ns[METADATA] = self._clock.mono_ns()
        self._session.closed = True
        self._session = self._client = None
        self._channels.disconnect()
        self._receivers.report(self.token, ReceiverState.NOT_CONNECTED)

    def _fail(self, failure: str) -> None:
        if not self._failure:
            self._failed_us = self._clock.utc_us()
        self._failure = failure
        self._receivers.report_failure(self.token, failure)
        self._tell(self)

    def _wanted_goal(self) -> Goal | None:
        if not self._receivers.wants_connection(self.token):
            return None
        configuration = self._receivers.receiver(self.token).configuration
        return Goal(uri=configuration.media_uri, transport=_TRANSPORTS[configuration.protocol])

    def _opened_ns(self) -> int | None:
        """Since when the device plays; None while it does not."""
        return self._session.opened_ns if self._session is not None else None

    def _delivers(self, kind: MediaKind, tag: str) -> bool:
        route = self._channels.route(kind, tag)
        if route is not None:
            # Metadata may be silent as long as it likes.
            if kind is METADATA or self._is_recent(route.last_ns):
                return True
            if not self._is_recent(self._opened_ns()):
                return False
        return self._is_recent(self._last_ns.get(kind))

    def _is_recent(self, at_ns: int | None, within_s: float = GRACE_S) -> bool:
        return at_ns is not None and self._clock.mono_ns() - at_ns < within_s * 1e9
