"""Guessing gets slow for the guesser and for nobody else."""

from argus.base.clock import SimulatedClock
from argus.device.backoff import FREE_FAILURES, LONGEST_WAIT_S, MAX_ENTRIES, MEMORY_S, Backoff


def fail(backoff: Backoff, times: int, peer: str = "10.0.0.9", username: str = "admin") -> None:
    for _ in range(times):
        backoff.failed(peer, username)


def test_four_failures_are_free_and_the_fifth_costs_a_second(clock: SimulatedClock) -> None:
    backoff = Backoff(clock)
    fail(backoff, FREE_FAILURES - 1)
    assert backoff.wait_s("10.0.0.9", "admin") == 0
    fail(backoff, 1)
    assert backoff.wait_s("10.0.0.9", "admin") == 1


async def test_the_wait_doubles_up_to_half_a_minute_and_passes(clock: SimulatedClock) -> None:
    backoff = Backoff(clock)
    waits = []
    for _ in range(11):
        fail(backoff, 1)
        waits.append(backoff.wait_s("10.0.0.9", "admin"))
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, LONGEST_WAIT_S, LONGEST_WAIT_S]
    await clock.advance(LONGEST_WAIT_S)
    assert backoff.wait_s("10.0.0.9", "admin") == 0


def test_other_addresses_and_other_users_do_not_wait(clock: SimulatedClock) -> None:
    backoff = Backoff(clock)
    fail(backoff, 100)
    assert backoff.wait_s("10.0.0.8", "admin") == 0
    assert backoff.wait_s("10.0.0.9", "bob") == 0


async def test_success_and_a_long_pause_both_clear_the_row(clock: SimulatedClock) -> None:
    backoff = Backoff(clock)
    fail(backoff, FREE_FAILURES - 1)
    backoff.succeeded("10.0.0.9", "admin")
    fail(backoff, FREE_FAILURES - 1)
    await clock.advance(MEMORY_S + 1)
    fail(backoff, 1)
    assert backoff.wait_s("10.0.0.9", "admin") == 0


def test_the_table_stays_bounded_under_made_up_names(clock: SimulatedClock) -> None:
    backoff = Backoff(clock)
    for n in range(3 * MAX_ENTRIES):
        backoff.failed("10.0.0.9", f"{n}" + "x" * 4000)
    assert len(backoff._rows) == MAX_ENTRIES
    assert max(len(name) for _, name in backoff._rows) <= 65
