"""Reading past the page cache."""

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from argus.linux.direct_reader import DirectReader

DATA = random.Random(3).randbytes(20_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    descriptor = os.open(path, os.O_RDWR)
    os.fdatasync(descriptor)
    os.close(descriptor)
    return path


RANGES = [(0, 4096), (4096, 8192), (1, 10), (4000, 200), (8192, 12_000), (19_990, 100), (30_000, 10), (0, 0)]


@pytest.mark.parametrize(("offset", "size"), RANGES)
def test_any_range_is_read_as_it_is(file: Path, offset: int, size: int) -> None:
    reader = DirectReader(file)
    assert reader.read(offset, size) == DATA[offset : offset + size]
    reader.close()


@pytest.mark.parametrize(("offset", "size"), RANGES)
def test_where_the_flag_is_refused_the_cache_is_dropped(
    file: Path, offset: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "open", refusing(os.open))
    monkeypatch.setattr(os, "posix_fadvise", lambda _, begin, length, __: dropped.append((begin, length)))
    reader = DirectReader(file)
    assert not reader.direct
    assert reader.read(offset, size) == DATA[offset : offset + size]
    [(begin, length)] = dropped
    assert begin <= offset <= offset + size <= begin + length
    assert (begin % 4096, length % 4096) == (0, 0)
    reader.close()


def test_where_only_the_read_is_refused_the_cache_is_dropped_as_well(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "preadv", refuse)
    reader = DirectReader(file)
    assert reader.read(10, 100) == DATA[10:110]
    assert not reader.direct
    reader.close()


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DirectReader(tmp_path / "nothing")


def refusing(opened: Callable[..., int]) -> Callable[[Path, int], int]:
    """os.open, without O_DIRECT."""

    def open_file(path: Path, flags: int) -> int:
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return opened(path, flags)

    return open_file
