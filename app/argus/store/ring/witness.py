"""A device that remembers a little of what was flushed to it, so that the medium can be held to it."""

from __future__ import annotations

import random
import threading
from collections import deque
from dataclasses import dataclass
from zlib import crc32

from argus.base.clock import Clock
from argus.store.ring import layout
from argus.store.ring.records import BytesLike
from argus.store.ring.refusal import Distrust
from argus.store.ring.volume import BlockDevice

SAMPLE_BYTES = 64 << 10
MEMORY_NS = 60_000_000_000
# With a write each second and lane; the oldest go first.
_KEPT = 512


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes that the medium said it keeps. Offsets count from the start of the device."""

    offset: int
    length: int
    checksum: int
    written_ns: int

    def holds(self, data: bytes) -> bool:
        """Whether this is what was written."""
        return len(data) == self.length and crc32(data) == self.checksum


class WitnessedDevice:
    """Another device with a memory: of each write a piece of at most 64 KiB at random, for a minute.

    Only what was flushed since counts, and nothing that was written over. Once the medium is distrusted every write
    and flush is refused with that reason; reading goes on.
    """

    def __init__(self, device: BlockDevice, clock: Clock, rng: random.Random) -> None:
        self.size_bytes = device.size_bytes
        self._device = device
        self._clock = clock
        self._rng = rng
        self._lock = threading.Lock()
        self._flushed: deque[Sample] = deque(maxlen=_KEPT)
        self._unflushed: list[Sample] = []
        self._distrust = ""

    def read(self, offset: int, size: int) -> bytes:
        return self._device.read(offset, size)

    def write(self, offset: int, data: BytesLike) -> None:
        self._refuse_distrusted()
        self._forget(offset, len(data))
        self._device.write(offset, data)
        sample = self._piece(offset, memoryview(data))
        with self._lock:
            self._unflushed.append(sample)
            del self._unflushed[:-_KEPT]

    def sync(self) -> None:
        self._refuse_distrusted()
        with self._lock:
            flushing, self._unflushed = self._unflushed, []
        # After a refused flush nobody knows what is on the medium: these samples are not asked for.
        self._device.sync()
        with self._lock:
            self._flushed += flushing

    def close(self) -> None:
        self._device.close()

    def draw(self, since_ns: int) -> Sample | None:
        """One of the pieces of the last minute that were written after `since_ns` (monotonic), at random."""
        oldest_ns = max(since_ns, self._clock.mono_ns() - MEMORY_NS)
        with self._lock:
            while self._flushed and self._flushed[0].written_ns <= self._clock.mono_ns() - MEMORY_NS:
                self._flushed.popleft()
            recent = [sample for sample in self._flushed if sample.written_ns > oldest_ns]
        return self._rng.choice(recent) if recent else None

    def stands(self, sample: Sample) -> bool:
        """Whether nothing was written over the sample since it was drawn."""
        with self._lock:
            return sample in self._flushed

    def distrust(self, reason: str) -> None:
        """Refuse every write from now on."""
        self._distrust = reason

    def _refuse_distrusted(self) -> None:
        if self._distrust:
            raise Distrust(self._distrust)

    def _forget(self, offset: int, size: int) -> None:
        """Before it is overwritten: from then on the medium may hold either."""

        def apart(sample: Sample) -> bool:
            return sample.offset >= offset + size or sample.offset + sample.length <= offset

        with self._lock:
            self._flushed = deque(filter(apart, self._flushed), maxlen=_KEPT)
            self._unflushed = list(filter(apart, self._unflushed))

    def _piece(self, offset: int, data: memoryview) -> Sample:
        blocks = max(0, len(data) - SAMPLE_BYTES) // layout.BLOCK_BYTES
        begin = self._rng.randint(0, blocks) * layout.BLOCK_BYTES
        piece = data[begin : begin + SAMPLE_BYTES]
        return Sample(offset + begin, len(piece), crc32(piece), self._clock.mono_ns())
