"""Each nonce lives five minutes and each of its counts is good once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.clock import SimulatedClock
from argus.device import nonces as module
from argus.device.nonces import LIFETIME_S, WINDOW, Nonces


def test_a_count_is_good_once(clock: SimulatedClock) -> None:
    nonces = Nonces(clock)
    nonce = nonces.issue()
    assert nonces.spend(nonce, 1)
    assert not nonces.spend(nonce, 1)
    assert nonces.spend(nonce, 2)


def test_gaps_and_parallel_connections_are_tolerated_within_the_window(clock: SimulatedClock) -> None:
    nonces = Nonces(clock)
    nonce = nonces.issue()
    assert nonces.spend(nonce, 100)
    assert nonces.spend(nonce, 99)
    assert not nonces.spend(nonce, 99)
    assert nonces.spend(nonce, 100 - WINDOW + 1)
    assert not nonces.spend(nonce, 100 - WINDOW)
    assert not nonces.spend(nonce, 0)


@given(st.lists(st.integers(min_value=0, max_value=400), max_size=200))
def test_no_order_of_counts_is_accepted_twice(counts: list[int]) -> None:
    nonces = Nonces(SimulatedClock())
    nonce = nonces.issue()
    accepted = [count for count in counts if nonces.spend(nonce, count)]
    assert len(accepted) == len(set(accepted))


async def test_a_nonce_expires_after_five_minutes_whatever_the_wall_clock_does(clock: SimulatedClock) -> None:
    nonces = Nonces(clock)
    nonce = nonces.issue()
    clock.step(3600)
    assert nonces.is_fresh(nonce)
    await clock.advance(LIFETIME_S)
    assert nonces.spend(nonce, 1)
    await clock.advance(0.001)
    assert not nonces.is_fresh(nonce)
    assert not nonces.spend(nonce, 2)


def test_nonces_of_another_start_and_forgeries_are_not_ours(clock: SimulatedClock) -> None:
    nonces = Nonces(clock)
    foreign = Nonces(clock).issue()
    ours = nonces.issue()
    flipped = ("A" if ours[0] != "A" else "B") + ours[1:]
    for nonce in (foreign, flipped, "", "x", "é", "=" * 40, ours + "A", "A" * 10_000):
        assert not nonces.is_fresh(nonce)


def test_two_clients_at_the_same_instant_get_different_nonces(clock: SimulatedClock) -> None:
    nonces = Nonces(clock)
    assert nonces.issue() != nonces.issue()


async def test_forgetting_never_permits_a_replay(clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TRACKED", 16)
    nonces = Nonces(clock)
    issued = []
    for _ in range(200):
        issued.append(nonces.issue())
        assert nonces.spend(issued[-1], 1)
        await clock.advance(0.1)
    assert len(nonces._uses) <= 16
    assert not any(nonces.spend(nonce, 1) for nonce in issued)
    assert nonces.spend(issued[-1], 2)
