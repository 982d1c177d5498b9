"""The receivers of this device: their configuration, their place in the database, their states and events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from argus.base.clock import Clock
from argus.base.database import Database
from argus.base.errors import Conflict, LimitReached, NotFound
from argus.base.events import EventBus, Items
from argus.base.tokens import ReceiverToken, new_token
from argus.store.recording import receiver_rows as rows
from argus.store.recording.receiver import Receiver, ReceiverConfiguration, ReceiverMode, ReceiverState
from argus.store.recording.receiver_rules import UriCheck, check_configuration, without_credentials

logger = logging.getLogger(__name__)

MAX_RECEIVERS = 64
# A camera that stays away is told once, and again this long after.
_FAILURE_SPACING_S = 60.0


class Receivers:
    """Receivers in memory, every change committed before it is seen or told; and what their connections report.

    Spec: Receiver 19.06
    """

    def __init__(
        self,
        database: Database,
        events: EventBus,
        changes: asyncio.Lock,
        clock: Clock,
        *,
        check_uri: UriCheck,
        max_receivers: int = MAX_RECEIVERS,
    ) -> None:
        """Load the receivers; none is connected. `database` and `changes` are the catalog's.

        `check_uri` raises an ArgusError for an address that may not be connected to.
        """
        self.max_receivers = max_receivers
        self.used_by: Callable[[ReceiverToken], bool] = _nobody
        self.demanded: Callable[[ReceiverToken], bool] = _nobody
        self._database = database
        self._events = events
        self._changes = changes
        self._clock = clock
        self._check_uri = check_uri
        self._receivers = {receiver.token: receiver for receiver in rows.load_receivers(database)}
        self._states: dict[ReceiverToken, ReceiverState] = {}
        self._failure_told_ns: dict[ReceiverToken, int] = {}
        self._observers: list[Callable[[], None]] = []

    def all(self) -> tuple[Receiver, ...]:
        """All receivers in order of creation."""
        return tuple(self._receivers.values())

    def receiver(self, token: ReceiverToken) -> Receiver:
        """The receiver of that token. Raises NotFound("receiver")."""
        receiver = self._receivers.get(token)
        if receiver is None:
            raise NotFound("receiver", token)
        return receiver

    def exists(self, token: ReceiverToken) -> bool:
        return token in self._receivers

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` in the turn in which a receiver came, went or was configured, or demand may have changed."""
        self._observers.append(observer)

    def check(self, configuration: ReceiverConfiguration) -> None:
        """Raises InvalidValue("receiver configuration") where no receiver can have that configuration."""
        check_configuration(configuration, self._check_uri)

    async def create(self, configuration: ReceiverConfiguration) -> Receiver:
        """Create a receiver.

        Raises:
            InvalidValue("receiver configuration"), LimitReached("receivers")

        Spec: Receiver 19.06 § CreateReceiver
        """
        async with self._changes:
            self.check(configuration)
            self._check_room(1)
            receiver = Receiver(token=_new_token(), configuration=configuration)
            await self._database.write([rows.insert_receiver(receiver)], lambda: self.added([receiver]))
        return receiver

    async def delete(self, token: ReceiverToken) -> None:
        """Delete a receiver that no job uses; its connection is closed.

        Raises:
            NotFound("receiver"), Conflict("receiver")

        Spec: Receiver 19.06 § DeleteReceiver
        """
        async with self._changes:
            self.receiver(token)
            if self.used_by(token):
                raise Conflict("receiver", f"receiver {token!r} is used by a recording job")
            await self._database.write([rows.delete_receiver(token)], lambda: self.removed([token]))

    async def configure(self, token: ReceiverToken, configuration: ReceiverConfiguration) -> None:
        """Replace the configuration; another connection is made of it in the background.

        Raises:
            NotFound("receiver"), InvalidValue("receiver configuration")

        Spec: Receiver 19.06 § ConfigureReceiver
        """
        async with self._changes:
            receiver = self.receiver(token)
            self.check(configuration)
            await self._replace(replace(receiver, configuration=configuration))

    async def set_mode(self, token: ReceiverToken, mode: ReceiverMode) -> None:
        """Set the mode alone. Raises NotFound("receiver").

        Spec: Receiver 19.06 § SetReceiverMode
        """
        async with self._changes:
            receiver = self.receiver(token)
            await self._replace(replace(receiver, configuration=replace(receiver.configuration, mode=mode)))

    def new_auto_created(self, count: int) -> list[Receiver]:
        """So many receivers for a job that asks for them, not stored yet. Call with `changes` held.

        Raises:
            LimitReached("receivers"): they would be too many.

        Spec: RecordingControl 19.06 § CreateRecordingJob
        """
        self._check_room(count)
        return [
            Receiver(token=_new_token(), configuration=ReceiverConfiguration(), auto_created=True) for _ in range(count)
        ]

    def added(self, receivers: Iterable[Receiver]) -> None:
        """Take note of receivers whose rows were inserted."""
        self._receivers.update({receiver.token: receiver for receiver in receivers})
        self.demand_changed()

    def removed(self, tokens: Iterable[ReceiverToken]) -> None:
        """Take note of receivers whose rows were deleted; those that were connected are told to be so no longer."""
        for token in tokens:
            self.report(token, ReceiverState.NOT_CONNECTED)
            self._receivers.pop(token, None)
            self._states.pop(token, None)
            self._failure_told_ns.pop(token, None)
        self.demand_changed()

    def demand_changed(self) -> None:
        """Take note that `demanded` may answer otherwise now."""
        for observer in self._observers:
            observer()

    def wants_connection(self, token: ReceiverToken) -> bool:
        """Whether the receiver should be connected now: by its mode, its URI, and whether a job wants its media."""
        receiver = self._receivers.get(token)
        if receiver is None or not receiver.configuration.media_uri:
            return False
        mode = receiver.configuration.mode
        return mode is ReceiverMode.ALWAYS_CONNECT or (mode is ReceiverMode.AUTO_CONNECT and self.demanded(token))

    def state(self, token: ReceiverToken) -> ReceiverState:
        """What its connection does. Raises NotFound("receiver").

        Spec: Receiver 19.06 § GetReceiverState
        """
        self.receiver(token)
        return self._states.get(token, ReceiverState.NOT_CONNECTED)

    def report(self, token: ReceiverToken, state: ReceiverState) -> None:
        """Take a connection's word on its state; a change is told. Nothing happens for a receiver that is gone.

        Spec: Receiver 19.06 § Change State event
        """
        receiver = self._receivers.get(token)
        if receiver is None or (before := self.state(token)) is state:
            return
        self._states[token] = state
        # A camera that is away is tried twice a minute for as long as it takes.
        level = logging.INFO if ReceiverState.CONNECTED in (before, state) else logging.DEBUG
        logger.log(level, "receiver %s is %s: %s", token, state, _shown(receiver))
        data = (("NewState", state.value), ("MediaUri", _shown(receiver)))
        self._events.publish("Receiver/ChangeState", source=_items(token), data=data)

    def report_failure(self, token: ReceiverToken, reason: str) -> None:
        """Take note that an attempt failed or a connection was lost: told at first, then once a minute at most.

        Spec: Receiver 19.06 § Connection Failed event
        """
        receiver = self._receivers.get(token)
        now_ns, told_ns = self._clock.mono_ns(), self._failure_told_ns.get(token)
        if receiver is None or (told_ns is not None and now_ns - told_ns < _FAILURE_SPACING_S * 1e9):
            return
        self._failure_told_ns[token] = now_ns
        logger.warning("receiver %s: %s: %s", token, _shown(receiver), reason)
        data = (("MediaUri", _shown(receiver)),)
        self._events.publish("Receiver/ConnectionFailed", source=_items(token), data=data)

    async def _replace(self, changed: Receiver) -> None:
        if changed != self._receivers[changed.token]:
            await self._database.write([rows.update_receiver(changed)], lambda: self._put(changed))

    def _put(self, changed: Receiver) -> None:
        self._receivers[changed.token] = changed
        # The next failure is one of the new configuration.
        self._failure_told_ns.pop(changed.token, None)
        self.demand_changed()

    def _check_room(self, count: int) -> None:
        if len(self._receivers) + count > self.max_receivers:
            raise LimitReached("receivers", self.max_receivers)


def _nobody(_token: ReceiverToken) -> bool:
    return False


def _new_token() -> ReceiverToken:
    return ReceiverToken(new_token("Receiver"))


def _items(token: ReceiverToken) -> Items:
    return (("ReceiverToken", token),)


def _shown(receiver: Receiver) -> str:
    return without_credentials(receiver.configuration.media_uri)
