"""What a store asks of Linux files beyond reading and writing: locks, reserved space, durable data."""

from __future__ import annotations

import fcntl
import os
from errno import EINVAL, EOPNOTSUPP
from pathlib import Path

_ZEROS = bytes(1 << 20)


def lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file until it is closed; False while another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock of a file at this moment. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def preallocate(descriptor: int, size_bytes: int) -> None:
    """Reserve the space of a file of `size_bytes`, so that writing into it later cannot lack space.

    Raises:
        OSError: ENOSPC and whatever else the file system answers.
    """
    try:
        os.posix_fallocate(descriptor, 0, size_bytes)
    except OSError as error:
        if error.errno not in (EOPNOTSUPP, EINVAL):
            raise
        _fill(descriptor, size_bytes)


def sync_data(descriptor: int) -> None:
    """Return when everything written to the file is on the medium."""
    os.fdatasync(descriptor)


def sync_directory(path: Path) -> None:
    """Return when the names in the directory are on the medium, after a file was created or renamed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fill(descriptor: int, size_bytes: int) -> None:
    """File systems without fallocate: write zeros behind the present end."""
    offset = os.fstat(descriptor).st_size
    while offset < size_bytes:
        offset += os.pwrite(descriptor, _ZEROS[: size_bytes - offset], offset)
