import os
import stat
from pathlib import Path
from uuid import UUID

import pytest

from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError, Conflict, InvalidValue, Unavailable
from argus.linux.block_devices import BlockDeviceFacts, SimulatedBlockDevices
from argus.store.medium.formatting import Ground, Site, geometry_for, make_volume, survey, usual_segment_bytes
from argus.store.ring.archive import Archive
from argus.store.ring.volume import NOBODY, FileDevice

STATION = UUID(int=7)
MIB = 1 << 20
SIZE, SEGMENT = 2 * MIB, 64 << 10
NOTHING_KNOWN = SimulatedBlockDevices()


def made(path: Path, *, zero: bool = False, steps: list[tuple[int, int]] | None = None) -> UUID:
    site = survey(path, NOTHING_KNOWN)
    geometry = geometry_for(site, SIZE if site.ground is Ground.NOTHING else None, SEGMENT)
    return make_volume(
        site,
        geometry,
        STATION,
        SimulatedClock(),
        NOTHING_KNOWN,
        zero=zero,
        on_progress=None if steps is None else lambda done, total: steps.append((done, total)),
    )


def test_a_new_file_becomes_a_volume_of_the_station(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    assert survey(path, NOTHING_KNOWN).confirmation == ""
    volume_uuid = made(path)
    with Archive.open(path, SimulatedClock()) as archive:
        assert (archive.volume.uuid, archive.volume.station) == (volume_uuid, STATION)
        assert archive.contents().problems == ()
    assert [file.name for file in tmp_path.iterdir()] == ["volume"]


def test_what_would_be_lost_has_to_be_named(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    volume_uuid = made(path)
    assert survey(path, NOTHING_KNOWN).confirmation == str(volume_uuid)
    letter = tmp_path / "letter"
    letter.write_bytes(bytes(SIZE))
    assert survey(letter, NOTHING_KNOWN).confirmation == str(letter)


def test_formatting_again_makes_another_empty_volume_of_the_same_size(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    before = made(path)
    size_bytes = path.stat().st_size
    assert made(path) != before
    assert path.stat().st_size == size_bytes


def test_zeros_are_written_once_over_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    path.write_bytes(b"\xff" * SIZE)
    steps: list[tuple[int, int]] = []
    made(path, zero=True, steps=steps)
    assert steps[-1] == (SIZE, SIZE)
    assert b"\xff" * 16 not in path.read_bytes()[1 * MIB :]
    fresh = tmp_path / "fresh"
    made(fresh, zero=True, steps=steps)
    assert steps[-1][0] == steps[-1][1] == fresh.stat().st_size


def test_a_volume_that_is_written_is_not_formatted(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    before = made(path)
    writer = FileDevice.open(path, writable=True)
    with pytest.raises(Unavailable, match="in use"):
        made(path)
    writer.close()
    assert survey(path, NOTHING_KNOWN).present == before


def test_what_changed_since_it_was_looked_at_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    made(path)
    site = survey(path, NOTHING_KNOWN)
    other = made(path)
    with pytest.raises(Conflict, match="changed in the meantime"):
        make_volume(site, geometry_for(site, None, SEGMENT), STATION, SimulatedClock(), NOTHING_KNOWN)
    assert survey(path, NOTHING_KNOWN).present == other


def test_links_folders_and_missing_folders_are_refused(tmp_path: Path) -> None:
    made(tmp_path / "volume")
    (tmp_path / "link").symlink_to(tmp_path / "volume")
    (tmp_path / "broken").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe")
    for name, words in (
        ("link", "symbolic link to"),
        ("broken", "No such file"),
        (".", "neither a file nor a block device"),
        ("pipe", "neither a file nor a block device"),
        ("nowhere/volume", "No such file"),
    ):
        with pytest.raises(ArgusError, match=words):
            survey(tmp_path / name, NOTHING_KNOWN)


def test_sizes_that_leave_no_room_are_refused(tmp_path: Path) -> None:
    nothing = Site(path=tmp_path / "x", ground=Ground.NOTHING)
    device = Site(path=tmp_path / "x", ground=Ground.DEVICE, size_bytes=64 * MIB)
    file = Site(path=tmp_path / "x", ground=Ground.FILE, size_bytes=64 * MIB)
    for site, size_bytes, words in (
        (nothing, None, "say with --size"),
        (nothing, 1 * MIB, "too small"),
        (device, 65 * MIB, "less than"),
        (device, 1 * MIB, "too small"),
        (file, 32 * MIB, "remove it"),
    ):
        with pytest.raises(InvalidValue, match=words):
            geometry_for(site, size_bytes, None)
    assert geometry_for(device, None, None).size_bytes == 64 * MIB


@pytest.mark.parametrize(
    ("size_bytes", "erase_block_bytes", "segment_bytes"),
    [
        (64 * MIB, 0, 2 * MIB),
        (8 << 30, 0, 16 * MIB),
        (256 << 30, 0, 16 * MIB),
        (512 << 30, 0, 32 * MIB),
        (4 << 40, 0, 64 * MIB),
        (32 << 30, 4 * MIB, 16 * MIB),
        (32 << 30, 12 * MIB, 24 * MIB),
    ],
)
def test_segments_suit_the_size_and_the_erase_blocks(
    size_bytes: int, erase_block_bytes: int, segment_bytes: int
) -> None:
    assert usual_segment_bytes(size_bytes, erase_block_bytes) == segment_bytes


def test_segments_in_a_file_that_exists_lie_on_erase_blocks(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    path.write_bytes(os.urandom(SIZE))
    facts = BlockDeviceFacts(name="mmcblk0p2", size_bytes=1 << 30, erase_block_bytes=128 << 10, start_bytes=96 << 10)
    site = survey(path, SimulatedBlockDevices(known={path.stat().st_dev: facts}))
    if site.erase_block_bytes == 0:
        pytest.skip("this file system does not tell where a file lies")
    geometry = geometry_for(site, None, 128 << 10)
    assert (site.start_bytes + geometry.data_offset) % (128 << 10) == 0


def test_nobody_owns_a_volume_that_is_made_for_nobody(tmp_path: Path) -> None:
    site = survey(tmp_path / "volume", NOTHING_KNOWN)
    make_volume(site, geometry_for(site, SIZE, SEGMENT), NOBODY, SimulatedClock(), NOTHING_KNOWN)
    with Archive.open(tmp_path / "volume", SimulatedClock()) as archive:
        assert archive.volume.station == NOBODY


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (BlockDeviceFacts(name="sdx1", size_bytes=1 << 30, mounted=True), "is mounted, or a partition of it is"),
        (BlockDeviceFacts(name="sdx1", size_bytes=1 << 30, read_only=True), "is write-protected"),
        (None, "has no medium"),
    ],
)
def test_a_device_that_is_mounted_or_takes_no_data_is_refused(
    tmp_path: Path, facts: BlockDeviceFacts | None, words: str
) -> None:
    number = os.makedev(259, 77)
    try:
        os.mknod(tmp_path / "sdx1", stat.S_IFBLK | 0o600, number)
    except PermissionError:
        pytest.skip("making a device node needs root")
    (tmp_path / "link").symlink_to(tmp_path / "sdx1")
    devices = SimulatedBlockDevices(known={number: facts} if facts is not None else {})
    for name in ("sdx1", "link"):
        with pytest.raises(ArgusError, match=f"sdx1 {words}"):
            survey(tmp_path / name, devices)
