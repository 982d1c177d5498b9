"""What becomes of a storage whose medium is missing, protected, busy, slow, or no volume at all."""

import asyncio
import os
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.store.desk import GATE, OURS, THEIRS, Desk, is_free, started
from tests.unit.store.house import picture

from argus.base.errors import Unavailable
from argus.linux.block_devices import BlockDeviceFacts
from argus.store.medium.medium import OpenVolume
from argus.store.medium.storage import RETRY_S, Storage
from argus.store.medium.storage_state import StorageState
from argus.store.ring.health import WriterState
from argus.store.ring.volume import FileDevice, InUse


def slow_to_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Storage, threading.Event]:
    """A storage whose card opens only once the event is set, and a station that does not wait for it."""
    started(desk).close()
    storage = desk.storage()
    slow, open_slowly = threading.Event(), storage._medium.open

    def opened() -> OpenVolume:
        slow.wait()
        return open_slowly()

    monkeypatch.setattr(storage._medium, "open", opened)
    monkeypatch.setattr("argus.store.medium.storage.FIRST_OPENING_S", 0.0)
    return storage, slow


async def test_a_volume_of_nobody_belongs_to_the_first_station_that_writes_it(desk: Desk) -> None:
    started(desk).close()
    desk.give_to(uuid.UUID(int=0))
    started(desk, station=THEIRS).close()
    storage = started(desk)
    assert storage.health().state is StorageState.FOREIGN
    storage.close()


async def test_a_write_protected_card_is_read_and_written_when_the_switch_is_moved(desk: Desk) -> None:
    storage = started(desk)
    async with desk.running(storage):
        await desk.film(storage)
    number = desk.card.stat().st_dev
    desk.devices.known[number] = BlockDeviceFacts(name="card", size_bytes=2 << 20, read_only=True)
    storage = desk.storage()
    storage.start()
    async with desk.running(storage):
        assert storage.health().state is StorageState.READ_ONLY
        assert len(storage.spans(GATE)) == 1
        with pytest.raises(Unavailable, match="write-protected"):
            storage.append(GATE, picture(desk.clock))
        desk.devices.known[number] = BlockDeviceFacts(name="card", size_bytes=2 << 20)
        await desk.until(lambda: storage.health().state is StorageState.OK)


async def test_what_is_no_volume_is_told_and_left_alone_and_looked_at_again(desk: Desk) -> None:
    desk.card.write_bytes(bytes(1 << 20))
    storage = desk.storage()
    storage.start()
    assert storage.health().state is StorageState.FAILED
    assert "not a volume of this program" in storage.health().detail
    with pytest.raises(Unavailable, match="not a volume"):
        storage.append(GATE, picture(desk.clock))
    async with desk.running(storage):
        await desk.clock.advance(3 * RETRY_S)
        assert desk.card.read_bytes() == bytes(1 << 20)
        volume = desk.storage(OURS)
        volume._medium.path = desk.pocket
        volume.path = desk.pocket
        volume.create()
        # In the same place, as a program that formats does it.
        with desk.card.open("r+b") as file:
            file.write(desk.pocket.read_bytes())
        await desk.until(lambda: storage.health().state is StorageState.OK)


async def test_a_card_that_is_not_there_at_the_start_is_taken_when_it_comes(desk: Desk) -> None:
    started(desk).close()
    desk.pull()
    storage = desk.storage()
    storage.start()
    assert storage.health().state is StorageState.ABSENT
    async with desk.running(storage):
        await desk.clock.advance(5)
        assert not desk.card.exists()
        desk.push()
        await desk.until(lambda: storage.health().state is StorageState.OK)
        await desk.film(storage)


async def test_a_volume_that_another_process_writes_keeps_the_station_from_starting(desk: Desk) -> None:
    storage = started(desk)
    with pytest.raises(InUse, match="in use by another process"):
        desk.storage().start()
    storage.close()


async def test_a_volume_that_is_in_use_later_is_waited_for(desk: Desk) -> None:
    started(desk).close()
    desk.pull()
    storage = desk.storage()
    storage.start()
    async with desk.running(storage):
        tool = FileDevice.open(desk.pocket, writable=True)
        desk.push()
        await desk.until(lambda: "in use" in storage.health().detail)
        tool.close()
        await desk.until(lambda: storage.health().state is StorageState.OK)


async def test_a_card_that_takes_long_to_open_does_not_keep_the_station_from_starting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, slow = slow_to_open(desk, monkeypatch)
    storage.start()
    assert storage.health().state is StorageState.FAILED
    assert "takes longer than" in storage.health().detail
    async with desk.running(storage):
        await desk.clock.advance(30)
        assert storage.opened is None
        slow.set()
        await desk.until(lambda: storage.health().state is StorageState.OK)


@pytest.mark.parametrize("runs", [True, False])
async def test_a_card_that_opens_when_nobody_waits_any_more_is_closed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    storage, slow = slow_to_open(desk, monkeypatch)
    storage.start()
    if runs:
        task = asyncio.create_task(storage.run())
        await desk.clock.advance(1)
        task.cancel()
        await desk.clock.advance(1)
        slow.set()
        await asyncio.wait([task])
    slow.set()
    storage.close()
    assert is_free(desk.card)


async def test_a_place_that_is_no_file_is_told(desk: Desk) -> None:
    os.mkfifo(desk.card)
    storage = desk.storage()
    storage.start()
    assert "neither a file nor a block device" in storage.health().detail
    storage.close()


async def test_a_medium_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "card", tmp_path / "pocket")
    storage = desk.storage()
    storage.create()
    storage.start()
    attached = storage._attached
    assert attached is not None
    silent = replace(attached.ring.health(), state=WriterState.FAILED, step="flush", step_age_s=11.0)
    attached.ring.health = lambda: silent  # type: ignore[method-assign]
    told = storage.health()
    assert (told.state, told.detail) == (StorageState.FAILED, "the medium has not answered for more than ten seconds")
    attached.ring.health = lambda: replace(silent, detail="the volume refused to flush")  # type: ignore[method-assign]
    assert storage.health().detail == "the volume refused to flush"
    storage.close()
