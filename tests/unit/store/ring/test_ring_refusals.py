"""The ring on a medium that refuses."""

import errno
import random
from collections.abc import Collection
from pathlib import Path

import pytest
from tests.unit.store.camera import CONFIG, Station, new_device

from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.store.ring.health import WriterState
from argus.store.ring.records import BytesLike
from argus.store.ring.ring import Ring
from argus.store.ring.span import Deletion

S = 1_000_000


@pytest.fixture
def station() -> Station:
    return Station(new_device())


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


async def test_a_refused_write_loses_nothing(station: Station, rng: random.Random) -> None:
    await station.record(1, 3, rng)
    station.device.refusals = 2
    await station.record(1, 4, rng)
    assert station.ring.health().write_errors == 2
    assert station.ring.health().state is WriterState.OK
    assert await station.replay(1) == station.sent[1]
    assert await station.reopened().replay(1) == station.sent[1]


async def test_a_medium_that_keeps_refusing_fails_the_volume_but_reading_goes_on(
    station: Station, rng: random.Random
) -> None:
    await station.record(1, 3, rng)
    station.device.refusals = 100
    for _ in range(3):
        station.append(1, station.frame(0, rng, 100, key=True))
        station.ring.tick()
    assert station.ring.health().state is WriterState.FAILED
    with pytest.raises(Unavailable):
        station.ring.append(1, station.frame(0, rng, 100, key=True))
    with pytest.raises(Unavailable):
        await station.ring.flush()
    assert len(await station.replay(1)) == 75


async def test_cuts_do_not_pile_up_while_the_medium_refuses(station: Station, rng: random.Random) -> None:
    await station.record(1, 20, rng)
    station.ring.set_retention(1, 5 * S)
    station.device.refusals = 1000
    for _ in range(50):
        await station.clock.advance(0.2)
        station.ring.apply_retention()
        station.ring.tick()
    assert len(station.ring._ingest.take().marks) == 2


async def test_a_failed_volume_is_tried_again_and_records_on_when_it_takes_data(
    station: Station, rng: random.Random
) -> None:
    await station.record(1, 3, rng)
    station.device.refusals = 4
    for _ in range(3):
        station.append(1, station.frame(0, rng, 100, key=True))
        await station.clock.advance(1)
        station.ring.tick()
    assert station.ring.health().state is WriterState.FAILED
    await station.clock.advance(5)
    station.ring.tick()
    station.ring.tick()
    assert (station.device.refusals, station.ring.health().state) == (0, WriterState.FAILED)
    await station.clock.advance(5)
    station.ring.tick()
    assert station.ring.health().state is WriterState.OK
    await station.record(1, 3, rng)
    assert await station.replay(1) == station.sent[1]
    assert await station.reopened().replay(1) == station.sent[1]


def test_a_volume_whose_file_was_deleted_is_not_durable(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    ring = Ring.open(path, CONFIG, SimulatedClock(), lambda *_: None)
    path.unlink()
    for _ in range(3):
        ring.set_retention(1, ring.health().write_errors + 1)
        ring.tick()
    assert ring.health().detail.endswith("the file of the volume was deleted")
    ring.close()


async def test_nothing_is_overwritten_before_its_deletion_is_told_although_snapshots_are_refused(
    station: Station, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, volume = station.ring, station.ring._volume
    owed: dict[int, int] = {}
    refused = [False]
    give_up, write, write_snapshot = ring._reclaim.give_up, volume.write, volume.write_snapshot

    def note(seqs: Collection[int]) -> list[Deletion]:
        slots = [ring._index.segments[seq].slot for seq in seqs]
        deletions = give_up(seqs)
        owed.update(dict.fromkeys(slots, max((deletion.number for deletion in deletions), default=0)))
        return deletions

    def refuse_once(generation: int, data: bytes) -> None:
        refused[0] = not refused[0] and bool(ring._writer._staged_deletions)
        if refused[0]:
            raise OSError(errno.EIO, "Input/output error")
        write_snapshot(generation, data)

    def look(slot: int, offset: int, data: BytesLike) -> None:
        assert owed.pop(slot, 0) <= ring._writer.announced, f"slot {slot} is overwritten untold"
        write(slot, offset, data)

    monkeypatch.setattr(ring._reclaim, "give_up", note)
    monkeypatch.setattr(volume, "write_snapshot", refuse_once)
    monkeypatch.setattr(volume, "write", look)
    for _ in range(60):
        await station.record(1, 1, rng, bytes_per_frame=1500)
    assert ring.health().write_errors > 1
