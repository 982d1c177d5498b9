"""The volume after damage, and what is told after a power cut. `test_crash_states.py` has the power cuts."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.store.camera import AUDIO, CONFIG, START_US, Station, new_device
from tests.unit.store.memory_device import MemoryDevice, after_power_cut

from argus.base.access_unit import AccessUnit
from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError
from argus.store.ring.records import ChunkRow, decode_rows
from argus.store.ring.recovery import recover
from argus.store.ring.ring import Ring
from argus.store.ring.volume import Volume

TRACKS = (1, 2, 3)


@dataclass
class Recording:
    """What was recorded, and what was known when the log of the device had a certain length."""

    start: bytes
    station: Station
    acknowledged: list[tuple[int, dict[int, int], int]] = field(default_factory=list)
    forgotten: dict[int, int] = field(default_factory=dict)
    recorded: dict[int, frozenset[AccessUnit]] = field(default_factory=dict)

    def note(self) -> None:
        """Everything sent so far is durable now."""
        counts = {track_id: len(units) for track_id, units in self.station.sent.items()}
        self.acknowledged.append((len(self.station.device.log), counts, len(self.station.deletions)))

    def known_at(self, length: int) -> tuple[dict[int, int], list[tuple[int, int, int]]]:
        """Units acknowledged, and deletions told, when the log was that long."""
        known = [entry for entry in self.acknowledged if entry[0] <= length]
        _, counts, told = known[-1] if known else (0, {}, 0)
        return counts, self.station.deletions[:told]


async def record(seed: int, seconds: int) -> Recording:
    """Three tracks with gaps, stops, a step of the clock, retention, a forgotten track, more than one lap."""
    rng = random.Random(seed)
    device = new_device()
    recording = Recording(bytes(device.image), Station(device))
    station = recording.station
    for second in range(seconds):
        for track_id in TRACKS:
            if track_id in recording.forgotten or rng.random() < 0.1:
                continue
            for number in range(0, 25, rng.choice((1, 3))):
                station.append(track_id, station.frame(number, rng, rng.choice((120, 600)), key=number == 0))
        if rng.random() < 0.1:
            station.ring.end_span(rng.choice(TRACKS))
        if second == seconds // 3:
            station.clock.step(-3)
        if second == seconds // 2:
            station.ring.set_retention(2, 12_000_000)
        if second == seconds * 3 // 4:
            station.ring.forget(3)
            recording.forgotten[3] = len(device.log)
        if second % 5 == 0:
            station.ring.apply_retention()
        await station.clock.advance(rng.choice((1, 1, 1, 4)))
        station.ring.tick()
        recording.note()
    recording.recorded = {track_id: frozenset(sent) for track_id, sent in station.sent.items()}
    return recording


async def test_deletions_that_were_not_told_are_told_before_anything_is_written() -> None:
    recording = await record(1, 60)
    untold = 0
    for _, _, image in after_power_cut(recording.start, recording.station.device.log, random.Random(1)):
        station = Station(MemoryDevice(image), SimulatedClock(recording.station.clock.utc_us()))
        pending = recover(Volume.open(MemoryDevice(image))).pending
        if not pending:
            continue
        station.append(9, station.frame(0, random.Random(1), 400, key=True))
        station.device.write = refuse  # type: ignore[method-assign] - nothing may be written before
        with pytest.raises(AssertionError, match="written"):
            station.ring.tick()
        assert len(station.deletions) == len(pending)
        untold += 1
        if untold == 5:
            break
    assert untold


def refuse(offset: int, data: bytes | bytearray | memoryview) -> None:
    raise AssertionError("written")


async def assert_usable(station: Station) -> None:
    await station.record(9, 2, random.Random(1))
    assert await station.replay(9) == station.sent[9]


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    kinds = st.sampled_from(["flip", "garbage", "zeros", "truncate"])
    return draw(st.lists(st.tuples(kinds, st.integers(0, (1 << 20) - 1), st.integers(1, 9000)), min_size=1, max_size=8))


@pytest.fixture(scope="module")
def footage() -> tuple[bytes, dict[int, list[AccessUnit]]]:
    recording = asyncio.run(record(5, 45))
    return bytes(recording.station.device.image), recording.station.sent


@settings(max_examples=25, deadline=None)
@given(damage=damages())
async def test_damage_anywhere_never_raises_and_never_serves_wrong_bytes(
    footage: tuple[bytes, dict[int, list[AccessUnit]]], damage: list[tuple[str, int, int]]
) -> None:
    image, sent = bytearray(footage[0]), footage[1]
    for kind, place, size in damage:
        place %= len(image)
        size = min(size, len(image) - place)
        if kind == "flip":
            image[place] ^= 1 + size % 255
        elif kind == "truncate" and place > 100_000:
            image[place:] = bytes(len(image) - place)
        else:
            image[place : place + size] = random.Random(size).randbytes(size) if kind == "garbage" else bytes(size)
    device = MemoryDevice(image)
    try:
        volume = Volume.open(device)
    except ArgusError:
        return
    Ring(volume, CONFIG, SimulatedClock(), lambda *_: None)
    station = Station(MemoryDevice(image))
    station.ring.tick()
    for track_id, units in sent.items():
        known = {(unit.utc_us, unit.data) for unit in units}
        for unit in [*await station.replay(track_id), *await station.rewind(track_id)]:
            assert (unit.utc_us, unit.data) in known
    await assert_usable(station)


async def test_one_damaged_batch_costs_only_itself() -> None:
    station = Station(new_device())
    await station.record(1, 10, random.Random(3))
    victim = station.sent[1][4 * 25]
    place = station.device.image.index(victim.data)
    station.device.image[place] ^= 1
    again = station.reopened()
    kept = await again.replay(1)
    assert kept == station.sent[1][: 4 * 25] + station.sent[1][5 * 25 :]
    assert again.ring.health().damaged > 0
    gops = await again.gops(1)
    assert gops[3].ends_span or gops[3].complete


def headers_of(station: Station) -> list[tuple[int, int]]:
    """Segment number and place of every batch header of the station's device, in order of writing."""
    image, places = station.device.image, range(0, station.device.size_bytes, 4096)
    known = Volume.open(station.device).salt.to_bytes(8, "little")
    found = [
        place for place in places if image[place : place + 4] == b"ARGB" and image[place + 8 : place + 16] == known
    ]
    return sorted((int.from_bytes(image[place + 16 : place + 24], "little"), place) for place in found)


@pytest.mark.parametrize("seconds", [34, 35, 36, 37])
async def test_a_damaged_first_header_of_the_newest_segment_costs_that_batch_only(seconds: int) -> None:
    station = Station(new_device())
    await station.record(1, seconds, random.Random(3))
    kept = await station.replay(1)
    headers = headers_of(station)
    place = next(place for seq, place in headers if seq == headers[-1][0])
    times = [row.t0_us for row in read_rows(station, place)]
    station.device.image[place + 20] ^= 1
    again = station.reopened()
    lost = set(kept) - set(await again.replay(1))
    assert lost
    assert {unit.utc_us // 1_000_000 for unit in lost} <= {time_us // 1_000_000 for time_us in times}
    await assert_usable(again)


# One bit or more of every field.
@pytest.mark.parametrize(
    "bit", [1, 40, 70, 128, 136, 192, 200, 268, 275, 288, 320, 352, 368, 376, 384, 416, 417, 418, 448, 480, 500]
)
async def test_a_flipped_bit_of_a_header_costs_at_most_its_batch(bit: int) -> None:
    station = Station(new_device())
    await station.record(1, 11, random.Random(3))
    _, place = headers_of(station)[-3]
    times = {row.t0_us // 1_000_000 for row in read_rows(station, place)}
    station.device.image[place + bit // 8] ^= 1 << bit % 8
    again = station.reopened()
    lost = set(station.sent[1]) - set(await again.replay(1))
    assert {unit.utc_us // 1_000_000 for unit in lost} <= times
    await again.record(1, 40, random.Random(4))
    oldest_us = (await again.replay(1))[0].utc_us
    assert [start for _, start, _ in again.deletions] == [START_US, *(end for _, _, end in again.deletions[:-1])]
    assert again.deletions[-1][2] == oldest_us > START_US


def read_rows(station: Station, place: int) -> list[ChunkRow]:
    rows = int.from_bytes(station.device.image[place + 40 : place + 44], "little")
    return decode_rows(station.device.image[place + 64 : place + 64 + 64 * rows])


async def test_the_newest_snapshot_being_damaged_loses_nothing() -> None:
    station = Station(new_device())
    await station.record(1, 40, random.Random(3))
    newest = max(
        range(4),
        key=lambda slot: int.from_bytes(station.device.image[65536 + slot * 28672 + 16 :][:8], "little"),
    )
    station.device.image[65536 + newest * 28672 + 200] ^= 1
    kept = await station.replay(1)
    again = station.reopened()
    recovered = await again.replay(1)
    assert recovered[-len(kept) :] == kept


async def test_without_any_snapshot_the_index_is_rebuilt() -> None:
    station = Station(new_device())
    for second in range(30):
        station.ring.set_retention(7, second)
        await station.record(1, 1, random.Random(second))
    kept = await station.replay(1)
    station.device.image[65536 : 3 * 65536] = bytes(2 * 65536)
    again = station.reopened()
    assert (await again.replay(1))[-len(kept) :] == kept
    await assert_usable(again)


async def test_monotonic_times_survive_to_the_nanosecond() -> None:
    station = Station(new_device())
    unit = AccessUnit(format=AUDIO, data=b"a", key_frame=True, utc_us=5_000_000, mono_ns=123_456_789_123)
    slewed = AccessUnit(format=AUDIO, data=b"b", key_frame=True, utc_us=5_500_000, mono_ns=128_000_000_001)
    for each in (unit, slewed):
        station.append(1, each)
    station.ring.tick()
    assert await station.reopened().replay(1) == [unit, slewed]
