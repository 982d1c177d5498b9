"""A block device in memory that remembers every write, flush and refusal, and what is left of them after a cut."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.unit.store.image import Image

from argus.store.ring.layout import BATCH_MAGIC, LAST_PART

SECTOR_BYTES = 512
FATES = ("all", "none", "some", "torn", "early")


@dataclass(frozen=True, slots=True)
class Write:
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A flush was refused: nothing written since the last one is ever made safe by a later flush."""


FLUSH = None
Entry = Write | Refusal | None


class MemoryDevice:
    """Written bytes are seen by reads at once; `log` holds what was asked of the device, in order.

    After a refused flush the written bytes are still seen, as in a page cache, but whether they are on the medium
    is anybody's guess.
    """

    def __init__(self, image: bytes | bytearray | Image) -> None:
        self.image = image.fork() if isinstance(image, Image) else bytearray(image)
        self.size_bytes = len(image)
        self.log: list[Entry] = []
        self.refusals = 0
        self.before: Callable[[], None] | None = None

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.image[offset : offset + size])

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        self._refuse()
        assert offset + len(data) <= self.size_bytes
        self.image[offset : offset + len(data)] = data
        self.log.append(Write(offset, bytes(data)))

    def sync(self) -> None:
        try:
            self._refuse()
        except OSError:
            self.log.append(Refusal())
            raise
        self.log.append(FLUSH)

    def close(self) -> None:
        pass

    def _refuse(self) -> None:
        """`before` may raise in place of the device; then `refusals` calls are refused."""
        if self.before is not None:
            self.before()
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EIO, "Input/output error")


def after_power_cut(
    start: bytes, log: list[Entry], rng: random.Random, variants: int = 1
) -> Iterator[tuple[int, str, Image]]:
    """For every prefix of the log: its length, a fate, and the image if the power is cut there.

    Of the writes since the last flush all, none, a random choice, a random choice of their sectors, or the sectors up
    to a random one survive; what is chosen at random is chosen `variants` times. Without such writes there is one
    state.
    """
    durable = Image(start)
    volatile: list[Write] = []
    for length in range(len(log) + 1):
        for fate in FATES if volatile else ("all",):
            for _ in range(1 if fate in ("all", "none") else variants):
                image = durable.fork()
                survive(image, volatile, fate, rng)
                yield length, fate, image
        if length == len(log):
            return
        entry = log[length]
        if isinstance(entry, Write):
            volatile.append(entry)
            continue
        survive(durable, volatile, "all" if entry is FLUSH else rng.choice(FATES), rng)
        volatile.clear()
        durable = Image(bytes(durable))


def newest_batch(log: list[Entry], length: int) -> int:
    """Where in the first `length` entries of the log the newest tick that was flushed whole and holds anything ends."""
    parts: list[int] = []
    newest = end = 0
    is_last = holds = False
    for place, entry in enumerate(log[:length]):
        if isinstance(entry, Write):
            if entry.data[:4] == BATCH_MAGIC:
                parts.append(entry.data[46])
                is_last = is_last or entry.data[47] >= LAST_PART
                holds, end = holds or any(entry.data[36:46]), place
            continue
        # What a killed process left unfinished may be flushed by the next one, and still does not count.
        if entry is FLUSH and is_last and holds and sorted(parts) == list(range(len(parts))):
            newest = end
        parts, is_last, holds = [], False, False
    return newest


def survive(image: bytearray | Image, writes: list[Write], fate: str, rng: random.Random) -> None:
    """Bring the part of the writes that has the luck to survive onto the image."""
    for write in writes:
        if fate == "none" or (fate == "some" and rng.random() < 0.5):
            continue
        size = len(write.data)
        stop = rng.randrange(0, size + SECTOR_BYTES, SECTOR_BYTES) if fate == "early" else size
        if fate != "torn":
            stop = min(stop, size)
            image[write.offset : write.offset + stop] = write.data[:stop]
            continue
        # Now and then nearly all of it: a single lost sector is harder to notice.
        odds = rng.choice((0.5, 0.5, 0.05, 0.95))
        for begin in range(0, size, SECTOR_BYTES):
            if rng.random() >= odds:
                sector = write.data[begin : begin + SECTOR_BYTES]
                image[write.offset + begin : write.offset + begin + len(sector)] = sector
