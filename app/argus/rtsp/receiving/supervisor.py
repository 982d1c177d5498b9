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
        self._news = self._telling = False
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
                    receptions = tuple(self._receptions.values())
                    for reception in receptions:
                        reception.look()
                    self._tell(*receptions)
        finally:
            self._tasks = None
            self._running.clear()

    def _follow(self) -> None:
        """Bring the receptions in line with the receivers, their configuration and the demand for them."""
        known = {receiver.token for receiver in self._receivers.all()}
        for token in [token for token in self._receptions if token not in known]:
            self._drop(token)
        for token in known.difference(self._receptions):
            self._receptions[token] = Reception(
                token, self._receivers, self._connect, self._clock, self._tell, self._chance
            )
            self._start(self._receptions[token])
        self._tell(*[one for one in self._receptions.values() if one.follow() or one.token not in self._told])

    def _start(self, reception: Reception) -> None:
        if self._tasks is not None:
            # What nobody foresaw about one device must not disturb the others.
            keep = run_again(f"receiver {reception.token}", reception.run, self._clock)
            self._running[reception.token] = self._tasks.create_task(keep, name=f"receiver {reception.token}")

    def _drop(self, token: ReceiverToken) -> None:
        self._receptions.pop(token).close()
        self._told.pop(token, None)
        self._news = True
        if token in self._running:
            self._running.pop(token).cancel()

    def _tell(self, *receptions: Reception) -> None:
        """Call the observers if anything about these has changed; again, if what they do changes more."""
        for reception in receptions:
            phases = reception.phases()
            if self._told.get(reception.token) != phases:
                self._told[reception.token] = phases
                self._news = True
        if self._telling:
            return
        self._telling = True
        try:
            while self._news:
                self._news = False
                for observer in self._observers:
                    observer()
        finally:
            self._telling = False
