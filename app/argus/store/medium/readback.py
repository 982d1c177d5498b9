"""Read-back: whether a medium that says "written" can be believed."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from argus.base.clock import Clock
from argus.linux.direct_reader import DirectReader
from argus.store.ring.witness import Sample

logger = logging.getLogger(__name__)

LOSES_WRITES = "the card acknowledges writes and loses them"
# Two pauses and the confirmation stay below a minute: a card that begins to lose writes right after a sample is found
# out by the next one but one at the latest, which is drawn from what was written in between.
EVERY_S = 25.0
CONFIRM_S = 2.0
# So many wrong ones among the last few samples are no accident.
WRONG, OF_LAST = 2, 4
# A read error on what was flushed a moment ago is a loss as well. Other errors tell that the medium is gone.
_LOST = frozenset({errno.EIO, errno.EILSEQ, errno.EBADMSG, errno.ENODATA, errno.EREMOTEIO})


class Witness(Protocol):
    """What remembers some of what was flushed (`witness.WitnessedDevice`)."""

    def draw(self, since_ns: int) -> Sample | None: ...
    def stands(self, sample: Sample) -> bool: ...
    def distrust(self, reason: str) -> None: ...


class MediumReader(Protocol):
    """Reads from the medium, past every cache of the kernel (`linux.direct_reader.DirectReader`)."""

    def read(self, offset: int, size: int) -> bytes: ...
    def close(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class ReadBackCounters:
    """Since the station started. `uncounted` samples were written over meanwhile, or the medium was taken out."""

    samples: int = 0
    wrong: int = 0
    uncounted: int = 0
    read_bytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Watch:
    witness: Witness
    path: Path
    outcomes: deque[bool]


class ReadBack:
    """Reads a sample of what was flushed lately from the medium, every 25 s, and compares.

    A wrong one is followed by others soon. Two wrong among the last four: the witness is told to distrust the medium,
    which lasts until the medium is watched anew. `watch`, `unwatch` and `doubt` belong to the event loop's thread.
    """

    name = "read-back"

    def __init__(self, clock: Clock, open_reader: Callable[[Path], MediumReader] = DirectReader) -> None:
        self.counters = ReadBackCounters()
        self._clock = clock
        self._open_reader = open_reader
        self._watch: _Watch | None = None
        self._doubt = ""
        self._since_ns = 0

    def watch(self, witness: Witness, path: Path) -> None:
        """A volume was opened: sample it. `path` leads to the bytes that the witness counts."""
        self._watch = _Watch(witness, path, deque(maxlen=OF_LAST))
        self._doubt = ""
        self._since_ns = 0

    def unwatch(self) -> None:
        """The volume was closed."""
        self._watch = None
        self._doubt = ""

    def doubt(self) -> str:
        """Why the medium is not to be trusted, for people; empty while nothing speaks against it."""
        return self._doubt

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            suspicious = self._watch is not None and False in self._watch.outcomes
            await self._clock.sleep(CONFIRM_S if suspicious and not self._doubt else EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Take one sample, where there is one to take, and judge."""
        watch = self._watch
        if watch is None or self._doubt:
            return
        looked_ns = self._clock.mono_ns()
        sample = watch.witness.draw(self._since_ns)
        if sample is None:
            return
        right = await asyncio.to_thread(self._is_right, watch, sample)
        if watch is not self._watch or right is None:
            self.counters.uncounted += 1
            return
        self.counters.samples += 1
        watch.outcomes.append(right)
        # What was written after a wrong sample shows whether that was the first of many.
        self._since_ns = looked_ns if right else sample.written_ns
        if not right:
            self.counters.wrong += 1
            logger.error("%d bytes at %d were flushed and are not on the medium", sample.length, sample.offset)
            self._judge(watch)

    def _judge(self, watch: _Watch) -> None:
        if watch.outcomes.count(False) >= WRONG:
            self._doubt = LOSES_WRITES
            logger.critical("%s: %s", watch.path, LOSES_WRITES)
            watch.witness.distrust(LOSES_WRITES)

    def _is_right(self, watch: _Watch, sample: Sample) -> bool | None:
        """Whether the medium holds the sample; None where that cannot be told. Blocks."""
        try:
            reader = self._open_reader(watch.path)
        except OSError as error:
            logger.info("no read-back from %s: %s", watch.path, error.strerror)
            return None
        try:
            data = reader.read(sample.offset, sample.length)
            self.counters.read_bytes += len(data)
            right = sample.holds(data)
        except OSError as error:
            if error.errno not in _LOST:
                return None
            right = False
        finally:
            reader.close()
        return right if watch.witness.stands(sample) else None
