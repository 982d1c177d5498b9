"""Writing to the medium itself, past what the kernel keeps in memory."""

from __future__ import annotations

import errno
import mmap
import os

BLOCK_BYTES = 4096
_BUFFER_BYTES = 2 << 20


class DirectWriter:
    """Whole blocks go from a buffer of ours to the medium, without a copy in the page cache.

    A recorder writes far more than anybody reads, and what it writes would drive out of memory what is needed. Where
    the file system refuses O_DIRECT, or for less than whole blocks, the page cache is used. Not to be shared between
    threads. What was written is safe after a flush of the file only, as ever.
    """

    def __init__(self, descriptor: int) -> None:
        """For a file or block device that is open for writing and stays open as long as this."""
        self._descriptor = descriptor
        self._direct = -1
        self._buffer: mmap.mmap | None = None
        try:
            self._direct = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_CLOEXEC | os.O_DIRECT)
        except OSError:
            # No O_DIRECT here, or no /proc: the page cache does as well.
            return

    @property
    def direct(self) -> bool:
        """Whether the page cache is passed by."""
        return self._direct >= 0

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of it. Raises OSError."""
        view = memoryview(data)
        if self.direct and offset % BLOCK_BYTES == 0 and len(view) % BLOCK_BYTES == 0:
            try:
                self._write_direct(offset, view)
            except OSError as error:
                # Some file systems take the flag and refuse the write.
                if error.errno != errno.EINVAL:
                    raise
                self._give_up_direct()
            else:
                return
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view, offset = view[written:], offset + written

    def close(self) -> None:
        """Release what is held besides the descriptor that was given."""
        self._give_up_direct()

    def _write_direct(self, offset: int, view: memoryview) -> None:
        # Memory of an anonymous mapping begins at a page, as O_DIRECT wants it.
        buffer = self._buffer = self._buffer or mmap.mmap(-1, _BUFFER_BYTES)
        while view:
            size = min(len(view), _BUFFER_BYTES)
            buffer[:size] = view[:size]
            with memoryview(buffer) as whole, whole[:size] as part:
                written = os.pwrite(self._direct, part, offset)
            if written % BLOCK_BYTES:
                raise OSError(errno.EINVAL, "a part of a block was written")
            view, offset = view[written:], offset + written

    def _give_up_direct(self) -> None:
        if self._direct >= 0:
            os.close(self._direct)
        if self._buffer is not None:
            self._buffer.close()
        self._direct, self._buffer = -1, None
