"""All receivers at work."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from argus.base.clock import Clock
from argus.base.tasks import run_again
from argus.base.tokens import ReceiverToken
from argus.rtsp.receiving.reception import Connect, Reception
from argus.store.recording.receivers import Receivers

LOOK_S = 1.0


class Receiving:
    """A reception for each receiver, from its creation to its deletion, whatever happens to the others."""

    name = "receiving"

    def __init__(
        self, receivers: Receivers, connect: Connect, clock: Clock, *, chance: Callable[[], float] = random.random
    ) -> None:
        """`connect` makes the client of one connection, and does nothing yet. `chance` is the jitter of attempts."""
        self._receivers = receivers
        self._connect = connect
        self._clock = clock
        self._chance = chance
        self._receptions: dict[ReceiverToken, Reception] = {}
        self._running: dict[ReceiverToken, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._observers: list[Callable[[], None]] = []
        self._told: dict[ReceiverToken, tuple[object, ...]] = {}
        self._telling = False
        self._follow()
        receivers.observe(self._follow)

    def reception(self, token: ReceiverToken) -> Reception | None:
        """The reception of that receiver; None where there is no such receiver."""
        return self._receptions.get(token)

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` in the turn in which the phase or the media of any receiver changed.

        What changes with demand alone is told within a second: whoever demands is busy deciding.
        """
        self._observers.append(observer)

    async def run(self) -> None:
        """Receive until cancelled; then every connection is closed."""
        await run_again(self.name, self.run_once, self._clock)

    async def run_once(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for reception in self._receptions.values():
                    self._start(reception)
                # What jobs demand was not known before there were jobs.
                self._follow()
                while True:
                    await self._clock.sleep(LOOK_S)
                    for reception in tuple(self._receptions.values()):
                        reception.look()
                    self._tell()
        finally:
            self._tasks = None
            self._running.clear()

    def _follow(self) -> None:
        """Bring the receptions in line with the receivers, their configuration and the demand for them."""
        known = {receiver.token for receiver in self._receivers.all()}
        changed = False
        for token in [token for token in self._receptions if token not in known]:
            self._receptions.pop(token).close()
            task = self._running.pop(token, None)
            if task is not None:
                task.cancel()
            changed = True
        for receiver in self._receivers.all():
            reception = self._receptions.get(receiver.token)
            if reception is not None:
                changed = reception.follow() or changed
                continue
            reception = Reception(receiver.token, self._receivers, self._connect, self._clock, self._tell, self._chance)
            self._receptions[receiver.token] = reception
            self._start(reception)
            changed = True
        if changed:
            self._tell()

    def _start(self, reception: Reception) -> None:
        if self._tasks is not None:
            # What nobody foresaw about one device must not disturb the others.
            keep = run_again(f"receiver {reception.token}", reception.run, self._clock)
            self._running[reception.token] = self._tasks.create_task(keep, name=f"receiver {reception.token}")

    def _tell(self) -> None:
        """Call the observers until what they were told is true: what they do may change phases again."""
        if self._telling:
            return
        self._telling = True
        try:
            while (phases := {token: one.phases() for token, one in self._receptions.items()}) != self._told:
                self._told = phases
                for observer in self._observers:
                    observer()
        finally:
            self._telling = False
