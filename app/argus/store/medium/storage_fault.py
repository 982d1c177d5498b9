"""The storage's fault: what the station believes of its storage, and tells clients of it.

Spec: Core § Monitoring events, Device/HardwareFailure/StorageFailure
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from argus.base.clock import Clock
from argus.base.events import EventBus
from argus.store.medium.storage_state import StorageHealth, StorageState

logger = logging.getLogger(__name__)

TOPIC = "Device/HardwareFailure/StorageFailure"
# There is one volume at a time; whatever card it is on, clients know it by this token.
STORAGE = "Storage_1"
LOOK_S = 1.0
# How long a state has to last to be a failure. A card may be looked for at start, or be pushed in once more.
_FAILED_AFTER_S: Mapping[StorageState, float] = {
    StorageState.FAILED: 0.0,
    StorageState.READ_ONLY: 0.0,
    StorageState.ABSENT: 3.0,
}
# How long it has to work again. A card of another station is not broken: its jobs tell that they do not record.
_WORKING = (StorageState.OK, StorageState.FOREIGN)
CALM_S = 10.0


class StorageFault:
    """Watches the storage and tells `StorageFailure`: at once when it fails, after ten calm seconds when it works.

    A stalled writer changes nothing in either direction. Each of `doubts` gives a reason not to trust a storage that
    believes in itself, for people, or an empty string.
    """

    name = "storage fault"

    def __init__(
        self,
        health: Callable[[], StorageHealth],
        doubts: Sequence[Callable[[], str]],
        events: EventBus,
        clock: Clock,
    ) -> None:
        self._health = health
        self._doubts = tuple(doubts)
        self._events = events
        self._clock = clock
        self._failed = False
        self._state: StorageState | None = None
        self._since_ns = clock.mono_ns()

    @property
    def told(self) -> bool:
        """Whether clients are told of a failure now."""
        return self._failed

    def health(self) -> StorageHealth:
        """What the storage tells of itself, but FAILED where there is reason to doubt it."""
        told = self._health()
        if told.state.takes_data and (reasons := [reason for doubt in self._doubts if (reason := doubt())]):
            return replace(told, state=StorageState.FAILED, detail="; ".join(reasons))
        return told

    def takes_data(self) -> bool:
        """Whether recording has a chance now."""
        return self.health().state.takes_data

    async def run(self) -> None:
        """Watch until cancelled; the property exists from the first look on."""
        while True:
            self.look()
            await self._clock.sleep(LOOK_S)

    def look(self) -> None:
        """Take note of the state and tell what follows."""
        health, now_ns = self.health(), self._clock.mono_ns()
        if health.state is not self._state:
            self._state, self._since_ns = health.state, now_ns
        failed = self._judge(health.state, (now_ns - self._since_ns) / 1e9)
        if failed and not self._failed:
            logger.error("the storage failed: %s %s", health.state, health.detail)
        elif self._failed and not failed:
            logger.warning("the storage works again")
        self._failed = failed
        self._events.set_property(TOPIC, source=(("Token", STORAGE),), data=(("Failed", failed),))

    def _judge(self, state: StorageState, age_s: float) -> bool:
        if state in _FAILED_AFTER_S and age_s >= _FAILED_AFTER_S[state]:
            return True
        return self._failed and not (state in _WORKING and age_s >= CALM_S)
