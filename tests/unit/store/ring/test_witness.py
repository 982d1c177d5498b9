"""The witness remembers what was flushed, and nothing that may be otherwise by now."""

import random

import pytest
from tests.unit.store.memory_device import MemoryDevice

from argus.base.clock import SimulatedClock
from argus.store.ring.refusal import Distrust
from argus.store.ring.witness import SAMPLE_BYTES, WitnessedDevice

CLOCK_START_NS = 1_000_000_000


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(mono_ns=CLOCK_START_NS)


@pytest.fixture
def device() -> MemoryDevice:
    return MemoryDevice(bytes(1 << 20))


@pytest.fixture
def witness(device: MemoryDevice, clock: SimulatedClock) -> WitnessedDevice:
    return WitnessedDevice(device, clock, random.Random(5))


def test_only_what_was_flushed_is_asked_for(witness: WitnessedDevice, device: MemoryDevice) -> None:
    witness.write(4096, b"a" * 5000)
    assert witness.draw(0) is None
    witness.sync()
    sample = witness.draw(0)
    assert sample is not None
    assert (sample.offset, sample.length) == (4096, 5000)
    assert sample.holds(device.read(4096, 5000))
    assert not sample.holds(bytes(5000))
    assert not sample.holds(device.read(4096, 4999))


def test_a_refused_flush_leaves_nothing_to_ask_for(witness: WitnessedDevice, device: MemoryDevice) -> None:
    witness.write(0, b"a" * 5000)
    device.refusals = 1
    with pytest.raises(OSError, match="Input/output"):
        witness.sync()
    witness.sync()
    assert witness.draw(0) is None


def test_what_is_written_over_is_forgotten(witness: WitnessedDevice) -> None:
    witness.write(0, b"a" * 8192)
    witness.write(8192, b"b" * 4096)
    witness.sync()
    drawn = {sample for _ in range(30) if (sample := witness.draw(0))}
    assert {sample.offset for sample in drawn} == {0, 8192}
    witness.write(4096, b"c" * 4096)
    assert {witness.stands(sample) for sample in drawn if sample.offset == 0} == {False}
    assert {witness.stands(sample) for sample in drawn if sample.offset == 8192} == {True}


async def test_a_sample_is_of_the_last_minute_and_of_the_time_asked_for(
    witness: WitnessedDevice, clock: SimulatedClock
) -> None:
    for number in range(4):
        witness.write(number * 4096, b"x" * 4096)
        witness.sync()
        await clock.advance(20)
    assert {sample.offset for _ in range(50) if (sample := witness.draw(0))} == {8192, 12288}
    since_ns = CLOCK_START_NS + 40 * 1_000_000_000
    assert {sample.offset for _ in range(50) if (sample := witness.draw(since_ns))} == {12288}
    await clock.advance(60)
    assert witness.draw(0) is None


def test_of_a_long_write_a_piece_at_any_place_is_kept(witness: WitnessedDevice, device: MemoryDevice) -> None:
    data = random.Random(1).randbytes(4 * SAMPLE_BYTES)
    offsets = set()
    for _ in range(60):
        witness.write(4096, data)
        witness.sync()
        sample = witness.draw(0)
        assert sample is not None
        assert sample.length == SAMPLE_BYTES
        assert sample.holds(device.read(sample.offset, sample.length))
        offsets.add(sample.offset)
    assert len(offsets) > 20
    assert min(offsets) >= 4096
    assert max(offsets) + SAMPLE_BYTES <= 4096 + len(data)


def test_a_distrusted_medium_is_read_and_not_written(witness: WitnessedDevice, device: MemoryDevice) -> None:
    witness.write(0, b"a")
    witness.distrust("the card lies")
    with pytest.raises(Distrust, match="the card lies"):
        witness.write(0, b"b")
    with pytest.raises(Distrust):
        witness.sync()
    assert witness.read(0, 1) == b"a"
    assert len(device.log) == 1
