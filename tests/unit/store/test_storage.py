"""Storage that comes and goes: real volumes in files, simulated devices below them, a simulated clock."""

import asyncio
import os
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.unit.store.house import picture

from argus.base.access_unit import MediaKind
from argus.base.clock import SimulatedClock
from argus.base.errors import NotFound, Unavailable
from argus.linux.block_devices import BlockDeviceFacts, SimulatedBlockDevices
from argus.store.found_track import FoundTrack
from argus.store.health import WriterState
from argus.store.label import TrackLabel
from argus.store.medium import Medium, OpenVolume
from argus.store.ring import RingConfig
from argus.store.storage import LOOK_S, NOT_INSERTED, RETRY_S, Storage
from argus.store.storage_state import StorageState
from argus.store.volume import FileDevice, InUse, Volume

OURS, THEIRS = uuid.UUID(int=1), uuid.UUID(int=2)
CONFIG = RingConfig(size_bytes=2 << 20, segment_bytes=64 << 10)
GATE, DOOR = 41, 42


@dataclass
class Desk:
    """A station's storage on a card that a test pulls and pushes in."""

    card: Path
    pocket: Path
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    devices: SimulatedBlockDevices = field(default_factory=SimulatedBlockDevices)
    deleted: list[tuple[int, int, int]] = field(default_factory=list)

    def storage(self, station: uuid.UUID = OURS, **options: object) -> Storage:
        def on_deleted(*deletion: int) -> None:
            self.deleted.append(deletion)  # type: ignore[arg-type]

        return Storage(Medium(self.card, self.devices, station), CONFIG, self.clock, on_deleted, **options)  # type: ignore[arg-type]

    def pull(self) -> None:
        self.card.rename(self.pocket)

    def push(self) -> None:
        self.pocket.rename(self.card)

    def give_to(self, station: uuid.UUID, path: Path | None = None) -> None:
        device = FileDevice.open(path or self.card, writable=True)
        Volume.open(device).adopt(station)
        device.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let simulated time pass, and the threads come to their end, until the condition holds."""
        for _ in range(2_000):
            if condition():
                return
            await self.clock.advance(LOOK_S / 4)
            await asyncio.to_thread(os.sched_yield)
        raise AssertionError("it never came true")

    @asynccontextmanager
    async def running(self, storage: Storage) -> AsyncIterator[None]:
        task = asyncio.create_task(storage.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            storage.close()
            assert task.cancelled(), task.exception()

    async def film(self, storage: Storage, track_id: int = GATE) -> None:
        """One second of it, durable."""
        for number in range(5):
            storage.append(track_id, picture(self.clock, key=number == 0))
            await self.clock.advance(0.2)
        storage.end_span(track_id)
        await storage.flush()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "slot").mkdir()
    return Desk(tmp_path / "slot" / "volume.ring", tmp_path / "pocket")


def is_free(path: Path) -> bool:
    """Whether nobody writes the volume any more."""
    try:
        FileDevice.open(path, writable=True).close()
    except InUse:
        return False
    return True


def started(desk: Desk, **options: object) -> Storage:
    storage = desk.storage(**options)  # type: ignore[arg-type]
    storage.create()
    storage.start()
    return storage


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
    started(desk).close()
    storage = desk.storage()
    slow, open_slowly = threading.Event(), storage._medium.open

    def opened() -> OpenVolume:
        slow.wait()
        return open_slowly()

    monkeypatch.setattr(storage._medium, "open", opened)
    monkeypatch.setattr("argus.store.storage.FIRST_OPENING_S", 0.0)
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
    started(desk).close()
    storage = desk.storage()
    slow, open_slowly = threading.Event(), storage._medium.open

    def opened() -> OpenVolume:
        slow.wait()
        return open_slowly()

    monkeypatch.setattr(storage._medium, "open", opened)
    monkeypatch.setattr("argus.store.storage.FIRST_OPENING_S", 0.0)
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
