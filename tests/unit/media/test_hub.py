"""Readers get decodable runs whatever their pace, and nobody waits for them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.base.clock import SimulatedClock
from argus.base.errors import InvalidValue, LimitReached, Unavailable
from argus.media import hub as hub_module
from argus.media.hub import StreamHub, StreamReader

FORMAT = StreamFormat(codec=Codec.H264, width=640, height=360)


def unit(number: int, *, key_frame: bool = False, size: int = 10) -> AccessUnit:
    return AccessUnit(format=FORMAT, data=bytes(size), key_frame=key_frame, utc_us=number, mono_ns=number * 1_000)


def gop(first: int, length: int = 5, size: int = 10) -> list[AccessUnit]:
    return [unit(first + n, key_frame=n == 0, size=size) for n in range(length)]


async def drain(reader: StreamReader) -> list[int]:
    """Capture times of everything queued; ends the reader's stream first."""
    reader.end()
    times: list[int] = []
    while True:
        try:
            times.append((await reader.read()).utc_us)
        except Unavailable:
            return times


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def hub(clock: SimulatedClock) -> StreamHub:
    return StreamHub("main", clock)


async def test_a_reader_starts_at_the_next_key_frame(hub: StreamHub) -> None:
    reader = hub.open_reader("late")
    for each in [unit(1), unit(2), *gop(3, 3)]:
        hub.publish(each)
    assert await drain(reader) == [3, 4, 5]
    assert (reader.dropped_units, reader.dropped_gops) == (0, 0)


async def test_read_waits_for_a_unit(hub: StreamHub) -> None:
    reader = hub.open_reader("patient")
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(reader.read())
        await asyncio.sleep(0)
        assert not reading.done()
        hub.publish(unit(1, key_frame=True))
    assert reading.result().utc_us == 1


async def test_every_reader_gets_every_unit(hub: StreamHub) -> None:
    readers = [hub.open_reader(name) for name in ("recorder", "client")]
    for each in gop(1):
        hub.publish(each)
    assert [await drain(reader) for reader in readers] == [[1, 2, 3, 4, 5]] * 2


async def test_a_full_queue_loses_the_rest_of_the_group_and_counts_it(hub: StreamHub) -> None:
    reader = hub.open_reader("slow", max_units=3)
    for each in gop(1, 5) + gop(6, 5):
        hub.publish(each)
    assert await drain(reader) == [1, 2, 3]
    assert (reader.dropped_units, reader.dropped_gops) == (7, 2)


async def test_a_full_queue_by_bytes_loses_the_rest_of_the_group(hub: StreamHub) -> None:
    reader = hub.open_reader("slow", max_bytes=250)
    for each in gop(1, 5, size=100):
        hub.publish(each)
    assert await drain(reader) == [1, 2]
    assert (reader.dropped_units, reader.dropped_gops) == (3, 1)


async def test_reading_resumes_at_a_key_frame_when_half_the_queue_is_free(hub: StreamHub) -> None:
    reader = hub.open_reader("slow", max_units=4)
    for each in gop(1, 5):
        hub.publish(each)
    assert [(await reader.read()).utc_us for _ in range(2)] == [1, 2]
    for each in gop(6, 3):  # two are still queued: half of four, no room for a third within it
        hub.publish(each)
    assert (await reader.read()).utc_us == 3
    for each in gop(9, 3):
        hub.publish(each)
    assert await drain(reader) == [4, 9, 10, 11]


async def test_one_unit_larger_than_the_queue_passes_alone(hub: StreamHub) -> None:
    reader = hub.open_reader("narrow", max_bytes=5)
    for each in gop(1, 3):
        hub.publish(each)
    assert (await reader.read()).utc_us == 1


async def test_a_closed_reader_raises_at_once_and_leaves_the_hub(hub: StreamHub) -> None:
    reader = hub.open_reader("gone")
    hub.publish(unit(1, key_frame=True))
    reader.close()
    reader.close()
    with pytest.raises(Unavailable) as raised:
        await reader.read()
    assert raised.value.subject == "stream"
    assert hub.health().readers == 0


async def test_closing_the_hub_lets_readers_finish_what_is_queued(hub: StreamHub) -> None:
    reader = hub.open_reader("recorder")
    hub.publish(unit(1, key_frame=True))
    hub.close()
    assert (await reader.read()).utc_us == 1
    with pytest.raises(Unavailable):
        await reader.read()
    with pytest.raises(Unavailable):
        hub.open_reader("too late")


async def test_closing_the_hub_wakes_a_waiting_reader(hub: StreamHub) -> None:
    reader = hub.open_reader("waiting")

    async def close() -> None:
        hub.close()

    outcome, _ = await asyncio.gather(reader.read(), close(), return_exceptions=True)
    assert isinstance(outcome, Unavailable)


async def test_a_new_reader_asks_the_encoder_for_a_key_frame(hub: StreamHub) -> None:
    asked: list[int] = []
    hub.connect_encoder(lambda: asked.append(1))
    hub.open_reader("new")
    assert len(asked) == 1


async def test_requests_within_half_a_second_share_a_key_frame_and_the_last_is_kept(
    hub: StreamHub, clock: SimulatedClock
) -> None:
    asked: list[int] = []
    hub.connect_encoder(lambda: asked.append(clock.mono_ns()))
    hub.request_key_frame()
    hub.publish(unit(1, key_frame=True))
    await clock.advance(0.2)
    hub.request_key_frame()
    hub.publish(unit(2))
    assert len(asked) == 1
    await clock.advance(0.4)
    hub.publish(unit(3))
    hub.publish(unit(4))
    assert len(asked) == 2


async def test_a_request_before_the_encoder_runs_is_kept(hub: StreamHub) -> None:
    asked: list[int] = []
    hub.request_key_frame()
    hub.connect_encoder(lambda: asked.append(1))
    hub.publish(unit(1))
    assert len(asked) == 1


async def test_a_regular_key_frame_satisfies_a_pending_request(hub: StreamHub) -> None:
    asked: list[int] = []
    hub.request_key_frame()
    hub.publish(unit(1, key_frame=True))
    hub.connect_encoder(lambda: asked.append(1))
    hub.publish(unit(2))
    assert asked == []


async def test_readers_are_limited(hub: StreamHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_READERS", 2)
    hub.open_reader("one")
    hub.open_reader("two").close()
    hub.open_reader("two again")
    with pytest.raises(LimitReached):
        hub.open_reader("three")


@pytest.mark.parametrize("bounds", [{"max_bytes": 0}, {"max_units": 0}])
async def test_a_reader_without_room_is_refused(hub: StreamHub, bounds: dict[str, int]) -> None:
    with pytest.raises(InvalidValue):
        hub.open_reader("none", **bounds)


async def test_health_remembers_what_departed_readers_lost(hub: StreamHub) -> None:
    reader = hub.open_reader("slow", max_units=1)
    for each in gop(1, 4):
        hub.publish(each)
    reader.close()
    health = hub.health()
    assert (health.units, health.key_frames, health.size_bytes, health.last_utc_us) == (4, 1, 40, 4)
    assert (health.dropped_units, health.dropped_gops) == (3, 1)


@given(
    script=st.lists(st.one_of(st.sampled_from(["key", "delta", "read"]), st.integers(1, 400)), max_size=120),
    max_units=st.integers(1, 8),
    max_bytes=st.integers(1, 600),
)
def test_whatever_the_pace_a_reader_sees_decodable_runs_within_its_bounds(
    script: list[str | int], max_units: int, max_bytes: int
) -> None:
    async def play() -> None:
        hub = StreamHub("main", SimulatedClock())
        reader = hub.open_reader("any", max_bytes=max_bytes, max_units=max_units)
        published: list[AccessUnit] = []
        got: list[AccessUnit] = []
        size = 10
        queued: list[AccessUnit] = []
        for step in script:
            if isinstance(step, int):
                size = step
            elif step == "read":
                if queued:
                    got.append(await reader.read())
                    assert got[-1] is queued.pop(0)
            else:
                each = unit(len(published), key_frame=step == "key", size=size)
                published.append(each)
                lost_before = reader.dropped_units
                waiting = reader.waits_for_key_frame and not each.key_frame
                hub.publish(each)
                if not waiting and reader.dropped_units == lost_before:
                    queued.append(each)
                assert len(queued) <= max_units
                assert len(queued) == 1 or sum(len(u.data) for u in queued) <= max_bytes
        for previous, each in zip([None, *got], got, strict=False):
            # either the direct successor of what was read before, or a key frame
            assert each.key_frame or (previous is not None and each.utc_us == previous.utc_us + 1)

    asyncio.run(play())


async def test_sound_is_read_from_its_next_packet_on(hub: StreamHub) -> None:
    sound = StreamFormat(codec=Codec.AAC, clock_hz=16_000)
    reader = hub.open_reader("listener")
    for number in (1, 2):
        hub.publish(AccessUnit(format=sound, data=b"x", key_frame=False, utc_us=number, mono_ns=number))
    assert await drain(reader) == [1, 2]
