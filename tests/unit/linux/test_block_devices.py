"""Block devices as sysfs tells of them, held against a tree of files."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.linux.block_devices import BlockDeviceFacts, SystemBlockDevices, device_number, start_of_file

CARD, PARTITION, READER = os.makedev(179, 0), os.makedev(179, 1), os.makedev(8, 16)


def write(folder: Path, **values: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name).write_text(f"{value}\n")


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """A card with a partition, and a card reader without a card."""
    disk, reader = tmp_path / "devices/mmc/block/mmcblk0", tmp_path / "devices/usb/block/sdb"
    write(disk, size=125_000_000, removable=0, ro=0, diskseq=7, dev="179:0")
    write(disk / "device", preferred_erase_size=4 << 20)
    write(disk / "mmcblk0p1", size=124_000_000, start=8192, ro=1, partition=1, dev="179:1")
    write(reader, size=0, removable=1, ro=0, diskseq=9, dev="8:16")
    numbers = tmp_path / "dev/block"
    numbers.mkdir(parents=True)
    for name, place in (("179:0", disk), ("179:1", disk / "mmcblk0p1"), ("8:16", reader)):
        (numbers / name).symlink_to(place)
    return tmp_path


def devices(sys: Path, mounts: str = "") -> SystemBlockDevices:
    file = sys / "mountinfo"
    file.write_text(mounts)
    return SystemBlockDevices(sys=sys, mounts=file)


def test_a_partition_is_known_with_what_its_disk_tells(sys: Path) -> None:
    assert devices(sys).facts(PARTITION) == BlockDeviceFacts(
        name="mmcblk0p1",
        size_bytes=124_000_000 * 512,
        read_only=True,
        start_bytes=4 << 20,
        erase_block_bytes=4 << 20,
        sequence=7,
    )


def test_a_disk_is_mounted_while_a_partition_of_it_is(sys: Path) -> None:
    mounted = devices(sys, "36 27 179:1 / /media/card rw,noatime - ext4 /dev/mmcblk0p1 rw\n")
    both = mounted.facts(CARD), mounted.facts(PARTITION)
    assert [facts is not None and facts.mounted for facts in both] == [True, True]
    apart = devices(sys, "36 27 8:16 / /media/other rw - vfat /dev/sdb rw\n").facts(CARD)
    assert apart is not None
    assert not apart.mounted


def test_a_reader_without_a_card_and_a_device_that_is_unplugged_are_gone(sys: Path) -> None:
    found = devices(sys)
    assert found.facts(READER) is None
    assert found.is_gone(READER)
    (sys / "dev/block/179:1").unlink()
    assert found.facts(PARTITION) is None
    assert found.is_gone(PARTITION)
    assert not found.is_gone(CARD)


def test_a_partition_has_the_sequence_of_its_disk(sys: Path) -> None:
    found = devices(sys)
    assert [found.sequence(number) for number in (CARD, PARTITION, os.makedev(8, 99))] == [7, 7, 0]


def test_nothing_is_gone_for_certain_where_the_kernel_tells_nothing(sys: Path, tmp_path: Path) -> None:
    assert not devices(sys).is_gone(os.makedev(0, 42))
    assert not SystemBlockDevices(sys=tmp_path / "nowhere").is_gone(CARD)


@given(text=st.text(max_size=60), size=st.text(max_size=8))
def test_any_content_of_the_tables_is_understood_or_passed_over(
    text: str, size: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sys = tmp_path_factory.mktemp("sys")
    write(sys / "dev/block/8:0", size=size)
    facts = devices(sys, text).facts(os.makedev(8, 0))
    assert facts is None or facts.size_bytes > 0


def test_a_file_is_looked_up_by_the_device_it_lies_on(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(8192))
    assert device_number(file) == file.stat().st_dev
    with file.open("rb") as opened:
        start = start_of_file(opened.fileno())
    # Some file systems do not tell.
    assert start is None or start >= 0


async def test_listening_where_nothing_can_be_heard_is_no_error(tmp_path: Path) -> None:
    found = SystemBlockDevices(sys=tmp_path)
    found.open()
    found.close()
    found.close()
