"""A sparse file as a medium: logs what reaches it, and stalls, refuses or forgets as it is told."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

from tests.power.write_log import LogWriter


class FaultyMedium:
    """The medium of a rig. Faults are set from another thread than the one that reads and writes."""

    def __init__(self, backing: Path, log: LogWriter) -> None:
        self._descriptor = os.open(backing, os.O_RDWR | os.O_CLOEXEC)
        self.size_bytes = os.fstat(self._descriptor).st_size
        self._log = log
        self._changed = threading.Condition()
        self._stalled_until = 0.0
        self._refusals = 0
        self._refused_until = 0.0
        self._read_only = False
        self._drops = False
        self.refused = 0
        self.dropped = 0

    # -- faults -------------------------------------------------------------------------------------------------

    def stall(self, seconds: float) -> None:
        """Answer nothing for so long; 0 ends a stall."""
        with self._changed:
            self._stalled_until = time.monotonic() + seconds
            self._changed.notify_all()

    def refuse(self, count: int = 0, seconds: float = 0.0) -> None:
        """Answer the next writes and flushes with an I/O error: so many of them, or all for so long."""
        with self._changed:
            self._refusals, self._refused_until = count, time.monotonic() + seconds

    def make_read_only(self, on: bool) -> None:
        """Refuse every write from now on, as a worn-out card does."""
        with self._changed:
            self._read_only = on

    def drop(self, on: bool) -> None:
        """Acknowledge writes and forget them."""
        with self._changed:
            self._drops = on

    # -- the block layer ----------------------------------------------------------------------------------------

    def read(self, offset: int, size: int) -> bytes:
        self._wait()
        return os.pread(self._descriptor, size, offset)

    def write(self, offset: int, data: memoryview) -> None:
        self._wait()
        self._refuse_if_told()
        if self._drops:
            self.dropped += len(data)
            return
        self._log.write(offset, data)
        os.pwrite(self._descriptor, data, offset)

    def flush(self) -> None:
        self._wait()
        self._refuse_if_told()
        self._log.flush()

    def _wait(self) -> None:
        with self._changed:
            while (left_s := self._stalled_until - time.monotonic()) > 0:
                self._changed.wait(left_s)

    def _refuse_if_told(self) -> None:
        with self._changed:
            if self._read_only:
                self.refused += 1
                raise OSError(errno.EROFS, "read only")
            if self._refusals > 0 or time.monotonic() < self._refused_until:
                self._refusals = max(0, self._refusals - 1)
                self.refused += 1
                raise OSError(errno.EIO, "refused")
