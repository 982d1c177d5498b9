import os
from pathlib import Path

from argus.linux import files


def test_space_is_reserved_and_reads_as_zeros(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    files.preallocate(descriptor, 2_500_000)
    status = os.fstat(descriptor)
    assert (status.st_size, status.st_blocks * 512 >= 2_500_000) == (2_500_000, True)
    assert os.pread(descriptor, 10, 2_499_990) == bytes(10)
    os.close(descriptor)


def test_a_lock_holds_until_the_file_is_closed(tmp_path: Path) -> None:
    first = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    second = os.open(tmp_path / "file", os.O_RDWR)
    assert files.lock(first)
    assert not files.lock(second)
    assert files.is_locked(tmp_path / "file")
    os.close(first)
    assert not files.is_locked(tmp_path / "file")
    assert files.lock(second)
    os.close(second)


def test_data_and_names_reach_the_medium(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    os.write(descriptor, b"x")
    files.sync_data(descriptor)
    files.sync_directory(tmp_path)
    os.close(descriptor)
