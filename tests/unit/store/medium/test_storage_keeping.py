"""What a storage keeps for whoever copies it, how much its recordings take, and by which time it goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.store.house import picture
from tests.unit.store.medium.test_storage import DOOR, GATE, Desk, started

from argus.base.access_unit import MediaKind
from argus.base.errors import Unavailable
from argus.store.medium.storage import Storage
from argus.store.ring.label import TrackLabel

EVER = (-(1 << 62), 1 << 62)
GATE_LABEL = TrackLabel(recording="Recording-1", track="VIDEO001", kind=MediaKind.VIDEO)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "slot").mkdir()
    return Desk(tmp_path / "slot" / "volume.ring", tmp_path / "pocket")


async def fill(desk: Desk, storage: Storage, size_bytes: int) -> None:
    """So many bytes of the other track."""
    for _ in range(size_bytes // 32_768):
        storage.append(DOOR, replace(picture(desk.clock, key=True), data=bytes(32_768)))
        await desk.clock.advance(0.04)
        await storage.flush()


async def test_protected_footage_outlives_a_lap_of_the_ring_and_goes_when_it_is_released(desk: Desk) -> None:
    storage = started(desk)
    async with desk.running(storage):
        await desk.film(storage)
        held = storage.spans(GATE)
        protection = storage.protect([GATE], *EVER)
        await fill(desk, storage, 4 << 20)
        assert storage.spans(GATE) == held
        assert [track_id for track_id, _, _ in desk.deleted if track_id == GATE] == []
        protection.release()
        await fill(desk, storage, 4 << 20)
        assert storage.spans(GATE) == ()


async def test_nothing_is_protected_where_there_is_no_card(desk: Desk) -> None:
    storage = desk.storage()
    storage.start()
    with pytest.raises(Unavailable, match="not inserted"):
        storage.protect([GATE], *EVER)
    assert storage.usage() == {}
    assert storage.now_us() == desk.clock.utc_us()
    storage.close()


async def test_a_protection_of_a_card_that_was_pulled_can_be_released(desk: Desk) -> None:
    storage = started(desk)
    async with desk.running(storage):
        await desk.film(storage)
        protection = storage.protect([GATE], *EVER)
        desk.pull()
        await desk.until(lambda: storage.opened is None)
        protection.release()


async def test_the_bytes_of_a_recording_are_told(desk: Desk) -> None:
    storage = started(desk)
    storage.set_label(GATE, GATE_LABEL)
    async with desk.running(storage):
        await desk.film(storage)
        first = storage.usage()
        await desk.film(storage)
        assert 0 < first["Recording-1"] < storage.usage()["Recording-1"]


async def test_a_clock_that_fell_back_does_not_turn_back_the_time_of_the_storage(desk: Desk) -> None:
    storage = started(desk)
    async with desk.running(storage):
        await desk.film(storage)
    before_us = desk.clock.utc_us()
    desk.clock.step(-3600)
    again = started(desk)
    assert before_us - 1_000_000 <= again.now_us() <= before_us + 1_000_000
    again.close()
