"""Reading from the medium itself, past what the kernel keeps in memory."""

from __future__ import annotations

import errno
import mmap
import os
from pathlib import Path

BLOCK_BYTES = 4096


class DirectReader:
    """A descriptor of its own on a file or block device. Reads bypass the page cache.

    Where the file system refuses O_DIRECT, the pages are dropped from the cache before each read instead; only such
    that were not yet written back stay in it, so what is read has to have been flushed.
    """

    def __init__(self, path: Path) -> None:
        """Open it. Raises OSError."""
        self._path = path
        self.direct = True
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECT)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self._descriptor = self._open_cached()

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end. Raises OSError."""
        if self.direct:
            try:
                return self._read_direct(offset, size)
            except OSError as error:
                # Some file systems take the flag and refuse the read.
                if error.errno != errno.EINVAL:
                    raise
            self.close()
            self._descriptor = self._open_cached()
        begin = _down(offset)
        os.posix_fadvise(self._descriptor, begin, _up(offset + size) - begin, os.POSIX_FADV_DONTNEED)
        return os.pread(self._descriptor, size, offset)

    def close(self) -> None:
        os.close(self._descriptor)

    def _open_cached(self) -> int:
        self.direct = False
        return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)

    def _read_direct(self, offset: int, size: int) -> bytes:
        begin = _down(offset)
        # Memory of an anonymous mapping begins at a page, as O_DIRECT wants it.
        with mmap.mmap(-1, _up(offset + size) - begin) as buffer:
            got = os.preadv(self._descriptor, [buffer], begin)
            return buffer[offset - begin : min(got, offset - begin + size)]


def _down(offset: int) -> int:
    return offset // BLOCK_BYTES * BLOCK_BYTES


def _up(offset: int) -> int:
    return -(-offset // BLOCK_BYTES) * BLOCK_BYTES
