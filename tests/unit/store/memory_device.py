"""A block device in memory that remembers every write and flush, and what is left of them after a power cut."""

from __future__ import annotations

import errno
import random
from collections.abc import Iterator
from dataclasses import dataclass

SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Write:
    offset: int
    data: bytes


FLUSH = None


class MemoryDevice:
    """Written bytes are seen by reads at once; `log` holds writes and flushes in order."""

    def __init__(self, image: bytes | bytearray) -> None:
        self.image = bytearray(image)
        self.size_bytes = len(image)
        self.log: list[Write | None] = []
        self.refusals = 0

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.image[offset : offset + size])

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        self._refuse()
        assert offset + len(data) <= self.size_bytes
        self.image[offset : offset + len(data)] = data
        self.log.append(Write(offset, bytes(data)))

    def sync(self) -> None:
        self._refuse()
        self.log.append(FLUSH)

    def close(self) -> None:
        pass

    def _refuse(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EIO, "Input/output error")


def after_power_cut(start: bytes, log: list[Write | None], rng: random.Random) -> Iterator[tuple[int, str, bytes]]:
    """For every prefix of the log: its length, a fate, and the image if the power is cut there.

    Of the writes since the last flush all, none, a random choice, or a random choice of their sectors survive.
    """
    durable = bytearray(start)
    volatile: list[Write] = []
    for length in range(len(log) + 1):
        for fate in ("all", "none", "some", "torn") if volatile else ("all",):
            image = bytearray(durable)
            for write in volatile:
                _survive(image, write, fate, rng)
            yield length, fate, bytes(image)
        if length == len(log):
            return
        entry = log[length]
        if entry is None:
            for write in volatile:
                durable[write.offset : write.offset + len(write.data)] = write.data
            volatile.clear()
        else:
            volatile.append(entry)


def _survive(image: bytearray, write: Write, fate: str, rng: random.Random) -> None:
    if fate == "none" or (fate == "some" and rng.random() < 0.5):
        return
    for start in range(0, len(write.data), SECTOR_BYTES):
        if fate != "torn" or rng.random() < 0.5:
            sector = write.data[start : start + SECTOR_BYTES]
            image[write.offset + start : write.offset + start + len(sector)] = sector
