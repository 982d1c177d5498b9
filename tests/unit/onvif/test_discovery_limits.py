"""Strangers are bounded by source, over all, and in what is remembered of them."""

import asyncio
from ipaddress import ip_address

from argus.base.clock import SimulatedClock
from argus.onvif.discovery.limits import RecentMessages, SourceLimit, TokenBucket
from argus.onvif.discovery.pending import Answer, PendingAnswers


async def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    clock = SimulatedClock()
    bucket = TokenBucket(rate_per_s=2, burst=3, clock=clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    await clock.advance(1)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    await clock.advance(3_600)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def limit(clock: SimulatedClock, *, total_burst: int = 100) -> SourceLimit:
    return SourceLimit(rate_per_s=1, burst=2, total_per_s=1, total_burst=total_burst, max_sources=2, clock=clock)


async def test_a_flooding_source_takes_nothing_from_the_others() -> None:
    sources = limit(SimulatedClock(), total_burst=4)
    assert sum(sources.admits("flood") for _ in range(1_000)) == 2
    assert [sources.admits("other") for _ in range(2)] == [True, True]


async def test_all_sources_together_have_a_limit() -> None:
    sources = limit(SimulatedClock(), total_burst=10)
    assert sum(sources.admits(number) for number in range(1_000)) == 10


async def test_only_the_sources_heard_last_are_remembered() -> None:
    sources = limit(SimulatedClock())
    assert [sources.admits("a") for _ in range(3)] == [True, True, False]
    assert sources.admits("b")
    assert not sources.admits("a")
    assert sources.admits("c")
    assert [sources.admits("b") for _ in range(3)] == [True, True, False]


async def test_a_repeated_message_is_not_new_until_it_is_forgotten() -> None:
    clock = SimulatedClock()
    recent = RecentMessages(max_messages=2, memory_s=5, clock=clock)
    assert [recent.is_new("a"), recent.is_new("a")] == [True, False]
    await clock.advance(4.9)
    assert not recent.is_new("a")
    await clock.advance(0.2)
    assert recent.is_new("a")
    assert [recent.is_new("b"), recent.is_new("c"), recent.is_new("a")] == [True, True, True]


def answer(relates_to: str) -> Answer:
    return Answer(relates_to=relates_to, to=ip_address("10.0.0.2"), port=5, interface_index=1, source=None)


async def test_answers_come_when_due_in_order_of_due_time_and_no_more_than_fit() -> None:
    clock = SimulatedClock()
    pending = PendingAnswers(max_answers=2, clock=clock)
    given: list[tuple[str, int]] = []
    start_ns = clock.mono_ns()

    async def consume() -> None:
        while True:
            relates_to = (await pending.next()).relates_to
            given.append((relates_to, (clock.mono_ns() - start_ns) // 1_000_000))

    consumer = asyncio.create_task(consume())
    await clock.advance(0)
    added = [pending.add(answer(name), delay_s=delay_s) for name, delay_s in (("late", 0.5), ("soon", 0.1), ("x", 0))]
    assert added == [True, True, False]
    await clock.advance(1)
    consumer.cancel()
    assert [name for name, _ in given] == ["soon", "late"]
    assert [100 <= given[0][1] <= 125, 500 <= given[1][1] <= 525] == [True, True]
