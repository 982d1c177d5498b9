"""The simulated clock wakes sleepers in order and steps like NTP."""

import asyncio

from argus.base.clock import SimulatedClock


async def test_advance_wakes_sleepers_in_order_of_their_time() -> None:
    clock, woken = SimulatedClock(), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.mono_ns()))

    async with asyncio.TaskGroup() as tasks:
        start_ns = clock.mono_ns()
        for seconds in (3.0, 1.0, 2.0):
            tasks.create_task(sleeper(seconds))
        await clock.advance(10)
    assert woken == [(seconds, start_ns + int(seconds * 1e9)) for seconds in (1.0, 2.0, 3.0)]


def test_a_step_moves_wall_time_only() -> None:
    clock = SimulatedClock(utc_us=0, mono_ns=5)
    clock.step(-2)
    assert (clock.utc_us(), clock.mono_ns()) == (-2_000_000, 5)
