"""Storage that comes and goes: real volumes in files, simulated devices below them, a simulated clock."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.store.desk import CONFIG, DOOR, GATE, OURS, THEIRS, Desk, is_free, started
from tests.unit.store.house import picture

from argus.base.access_unit import MediaKind
from argus.base.errors import NotFound, Unavailable
from argus.linux.block_devices import BlockDeviceFacts
from argus.store.medium.medium import Medium
from argus.store.medium.storage import NOT_INSERTED, RETRY_S, Storage
from argus.store.medium.storage_state import StorageState
from argus.store.ring.found_track import FoundTrack
from argus.store.ring.label import TrackLabel
from argus.store.ring.volume import FileDevice


async def test_a_new_file_belongs_to_the_station(desk: Desk) -> None:
    storage = started(desk)
    assert storage.opened is not None
    assert storage.opened.volume.station == OURS
    assert storage.health().state is StorageState.OK
    assert storage.health().volume_uuid == str(storage.opened.volume.uuid)
    storage.close()


async def test_a_card_that_is_pulled_shows_nothing_and_takes_nothing_and_comes_back_with_all_it_held(
    desk: Desk,
) -> None:
    storage = started(desk)
    changes: list[StorageState] = []
    storage.observe(lambda: changes.append(storage.health().state))
    async with desk.running(storage):
        await desk.film(storage)
        (before,) = storage.spans(GATE)
        desk.pull()
        await desk.until(lambda: storage.opened is None)
        assert (storage.health().state, storage.health().detail) == (StorageState.ABSENT, NOT_INSERTED)
        assert (storage.tracks(), storage.spans(GATE), storage.format_at(GATE, before.start_us)) == ((), (), None)
        assert await storage.gop_at(GATE, before.start_us, forward=True) is None
        assert storage.occupancy().total_bytes == 0
        with pytest.raises(Unavailable, match=NOT_INSERTED):
            storage.append(GATE, picture(desk.clock))
        with pytest.raises(Unavailable, match=NOT_INSERTED):
            await storage.flush()
        desk.push()
        await desk.until(lambda: storage.opened is not None)
        assert storage.spans(GATE) == (before,)
        await desk.film(storage)
        assert len(storage.spans(GATE)) == 2
    assert changes == [StorageState.OK, StorageState.ABSENT, StorageState.OK]


async def test_every_descriptor_is_closed_when_the_card_is_pulled(desk: Desk) -> None:
    def opened() -> set[str]:
        links = {str(entry.resolve()) for entry in Path("/proc/self/fd").iterdir()}
        return links & {str(desk.card), str(desk.pocket)}

    storage = started(desk)
    async with desk.running(storage):
        assert opened()
        desk.pull()
        await desk.until(lambda: not opened())
        # Another program may have it now.
        FileDevice.open(desk.pocket, writable=True).close()


async def test_a_file_of_another_name_in_the_same_place_is_another_card(desk: Desk) -> None:
    storage = started(desk)
    other = desk.pocket.with_name("other")
    twin = Storage(Medium(other, desk.devices, OURS), CONFIG, desk.clock, lambda *_: None)
    twin.create()
    async with desk.running(storage):
        await desk.film(storage)
        first = storage.health().volume_uuid
        other.rename(desk.card)
        await desk.until(lambda: storage.health().volume_uuid not in ("", first))
        assert storage.spans(GATE) == ()


async def test_a_device_that_is_unplugged_is_gone_although_its_name_and_its_bytes_remain(desk: Desk) -> None:
    storage = started(desk)
    number = desk.card.stat().st_dev
    desk.devices.known[number] = BlockDeviceFacts(name="card", size_bytes=2 << 20, sequence=1)
    storage.close()
    storage = desk.storage()
    storage.start()
    async with desk.running(storage):
        await desk.until(lambda: desk.devices.listening)
        desk.devices.gone.add(number)
        desk.devices.tell()
        await desk.until(lambda: storage.opened is None)
        # A card that was exchanged while nobody looked has another sequence.
        desk.devices.gone.clear()
        await desk.until(lambda: storage.opened is not None)
        desk.devices.known[number] = BlockDeviceFacts(name="card", size_bytes=2 << 20, sequence=2)
        seen = storage.opened
        await desk.until(lambda: storage.opened is not None and storage.opened is not seen)


async def test_the_kernel_wakes_the_storage_before_it_looks_by_itself(desk: Desk) -> None:
    storage = started(desk)
    async with desk.running(storage):
        for _ in range(20):
            await asyncio.sleep(0)
        desk.pull()
        desk.devices.tell()
        for _ in range(1_000):
            await asyncio.to_thread(os.sched_yield)
            if storage.opened is None:
                break
        assert storage.opened is None


async def test_what_was_decided_while_the_card_was_out_holds_when_it_is_back(desk: Desk) -> None:
    storage = started(desk)
    async with desk.running(storage):
        await desk.film(storage, GATE)
        await desk.film(storage, DOOR)
        desk.pull()
        await desk.until(lambda: storage.opened is None)
        storage.forget(GATE)
        storage.set_retention(DOOR, 1_000_000)
        await desk.clock.advance(60)
        desk.push()
        await desk.until(lambda: storage.opened is not None)
        assert (storage.spans(GATE), storage.spans(DOOR)) == ((), ())
        with pytest.raises(NotFound):
            storage.append(GATE, picture(desk.clock))
        await desk.until(lambda: {deletion[0] for deletion in desk.deleted} == {GATE, DOOR})
    storage = desk.storage()
    storage.start()
    assert storage.tracks() == ()
    storage.close()


async def test_a_volume_of_another_station_is_read_and_not_written_until_it_is_adopted(desk: Desk) -> None:
    storage = started(desk)
    async with desk.running(storage):
        await desk.film(storage)
        (before,) = storage.spans(GATE)
        desk.pull()
        await desk.until(lambda: storage.opened is None)
        await desk.until(lambda: is_free(desk.pocket))
        desk.give_to(THEIRS, desk.pocket)
        image = desk.pocket.read_bytes()
        desk.push()
        await desk.until(lambda: storage.opened is not None)
        assert storage.health().state is StorageState.FOREIGN
        assert str(THEIRS) in storage.health().detail
        assert storage.spans(GATE) == (before,)
        gop = await storage.gop_at(GATE, before.start_us, forward=True)
        assert gop is not None
        assert len(gop.units) == 5
        with pytest.raises(Unavailable, match="belongs to station"):
            storage.append(GATE, picture(desk.clock))
        storage.end_span(GATE)
        storage.set_retention(GATE, 3_600_000_000)
        storage.forget(DOOR)
        await desk.clock.advance(10 * RETRY_S)
        assert storage.health().step_age_s == 0
        assert desk.card.read_bytes() == image
        desk.give_to(OURS)
        await desk.until(lambda: storage.health().state is StorageState.OK)
        await desk.film(storage)
        assert len(storage.spans(GATE)) == 2


async def test_a_track_leaves_no_trace_on_a_volume_that_it_was_never_recorded_on(desk: Desk) -> None:
    storage = started(desk)
    storage.set_retention(GATE, 5_000_000)
    storage.set_label(GATE, TrackLabel(recording="r", track="t", kind=MediaKind.VIDEO, name="Gate"))
    storage.forget(DOOR)
    async with desk.running(storage):
        await desk.clock.advance(2)
        assert storage.health().batches == 0
        await desk.film(storage)
        await desk.clock.advance(10)
        assert storage.spans(GATE) == ()


async def test_a_device_is_wrapped_where_it_is_written(desk: Desk) -> None:
    wrapped: list[object] = []

    def wrap(device: FileDevice) -> FileDevice:
        wrapped.append(device)
        return device

    storage = started(desk, wrap=wrap)
    assert storage.opened is not None
    assert wrapped == [storage.opened.volume.device]
    storage.close()


async def test_a_card_explains_itself_to_a_station_that_knows_nothing_of_it(desk: Desk) -> None:
    label = TrackLabel(recording="r", track="t", kind=MediaKind.VIDEO, name="Gate")
    storage = started(desk)
    storage.set_label(GATE, label)
    storage.set_retention(GATE, 3_600_000_000)
    storage.set_label(DOOR, TrackLabel(recording="r", track="other", kind=MediaKind.AUDIO))
    async with desk.running(storage):
        await desk.film(storage)
        newest_us = storage.spans(GATE)[-1].end_us
    found: list[FoundTrack] = []

    async def restore(tracks: Sequence[FoundTrack]) -> None:
        found.extend(tracks)

    stranger = desk.storage()
    stranger.restore_with(restore)
    stranger.start()
    async with desk.running(stranger):
        await desk.until(lambda: bool(found))
        assert found == [FoundTrack(track_id=GATE, label=label, retention_us=3_600_000_000, newest_us=newest_us)]
        assert len(stranger.spans(GATE)) == 1


async def test_a_catalog_that_cannot_be_written_leaves_the_card_as_it_is(desk: Desk) -> None:
    storage = started(desk)
    storage.set_label(GATE, TrackLabel(recording="r", track="t", kind=MediaKind.VIDEO))
    async with desk.running(storage):
        await desk.film(storage)
    asked: list[int] = []

    async def refuse(tracks: Sequence[FoundTrack]) -> None:
        asked.append(len(tracks))
        raise Unavailable("database", "the disk is full")

    stranger = desk.storage()
    stranger.restore_with(refuse)
    stranger.start()
    async with desk.running(stranger):
        await desk.until(lambda: asked == [1])
        await desk.clock.advance(10)
        assert len(stranger.spans(GATE)) == 1
