"""StorageFailure: told at once, taken back after some calm, and nothing in between."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from argus.base.clock import SimulatedClock
from argus.base.events import Change, Event, EventBus
from argus.store.medium.storage_fault import STORAGE, TOPIC, StorageFault
from argus.store.medium.storage_state import StorageHealth, StorageState

OK, STALLED, FAILED = StorageState.OK, StorageState.STALLED, StorageState.FAILED
READ_ONLY, FOREIGN, ABSENT = StorageState.READ_ONLY, StorageState.FOREIGN, StorageState.ABSENT


@dataclass
class Watched:
    """A storage in the state that a test sets, watched."""

    state: StorageState = OK
    doubt: str = ""
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = SimulatedClock()
        self.events = EventBus(self.clock)
        self.events.subscribe(self.told.append)
        self.fault = StorageFault(
            lambda: StorageHealth(state=self.state, detail="why"),
            [lambda: "", lambda: self.doubt],
            self.events,
            self.clock,
        )

    async def be(self, *states: tuple[StorageState, float]) -> list[bool]:
        """Run through states, each for some seconds; what was told meanwhile."""
        self.told.clear()
        task = asyncio.ensure_future(self.fault.run())
        for state, seconds in states:
            self.state = state
            await self.clock.advance(seconds)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return [bool(dict(event.data)["Failed"]) for event in self.told]


async def test_the_property_exists_from_the_start() -> None:
    watched = Watched()
    assert await watched.be((OK, 60)) == [False]
    [event] = watched.told
    assert (event.topic, event.change) == ("Device/HardwareFailure/StorageFailure", Change.INITIALIZED)
    assert (event.source, event.data) == ((("Token", STORAGE),), (("Failed", False),))
    assert [known.topic for known in watched.events.properties()] == [TOPIC]


async def test_a_failure_is_told_within_a_second_and_taken_back_after_ten() -> None:
    watched = Watched()
    assert await watched.be((OK, 5), (FAILED, 1), (OK, 9)) == [False, True]
    assert [event.change for event in watched.told] == [Change.INITIALIZED, Change.CHANGED]
    assert await watched.be((OK, 3)) == [False]


@pytest.mark.parametrize(
    ("state", "seconds", "failed"),
    [
        (FAILED, 0, True),
        (READ_ONLY, 0, True),
        (ABSENT, 2, False),
        (ABSENT, 3, True),
        (STALLED, 60, False),
        (FOREIGN, 60, False),
    ],
)
async def test_what_is_a_failure_at_start(state: StorageState, seconds: float, failed: bool) -> None:
    told = await Watched(state=state).be((state, seconds))
    assert told[-1] is failed
    assert len(told) == 1 + (failed and seconds > 0)


async def test_a_storage_that_comes_and_goes_does_not_flap() -> None:
    assert await Watched().be((OK, 5), *[(FAILED, 2), (OK, 8)] * 30) == [False, True]
    assert await Watched().be((OK, 5), *[(ABSENT, 2), (OK, 2)] * 30) == [False]


async def test_a_stall_neither_fails_nor_heals() -> None:
    assert await Watched().be((OK, 5), (STALLED, 8), (FAILED, 5), (STALLED, 60)) == [False, True]
    assert await Watched().be((FAILED, 5), (OK, 8), (STALLED, 3), (OK, 8)) == [True]


async def test_another_stations_card_is_not_broken() -> None:
    assert await Watched().be((ABSENT, 5), (FOREIGN, 12)) == [False, True, False]


async def test_a_doubt_fails_a_storage_that_believes_in_itself() -> None:
    watched = Watched()
    assert (watched.fault.health().state, watched.fault.takes_data()) == (OK, True)
    watched.doubt = "the card lies"
    assert (watched.fault.health().state, watched.fault.health().detail) == (FAILED, "the card lies")
    assert not watched.fault.takes_data()
    assert await watched.be((OK, 5)) == [True]
    watched.state = ABSENT
    assert (watched.fault.health().state, watched.fault.health().detail) == (ABSENT, "why")
