"""One claim being recorded: the way of a stream from its source to the ring."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from argus.base.access_unit import AccessUnit, Codec
from argus.base.clock import Clock
from argus.base.errors import ArgusError
from argus.base.tasks import Heartbeat
from argus.store.recording.footage import Footage
from argus.store.recording.forerun import Forerun, ForerunMemory
from argus.store.recording.job_state import INCOMPATIBLE_STREAM, SOURCE_UNAVAILABLE, Claim
from argus.store.recording.media_source import MediaSources

logger = logging.getLogger(__name__)

# A source is opened again this long after it failed.
RETRY_S = 1.0
# What was appended shows among the durable spans within this time.
_DURABLE_S = 10.0

STORAGE_UNAVAILABLE = "The storage does not take data"


@dataclass(slots=True, kw_only=True)
class RecorderCounters:
    """What was recorded and lost since the process started."""

    recorded_units: int = 0
    recorded_bytes: int = 0
    lost_units: int = 0
    incompatible_units: int = 0
    source_failures: int = 0


Report = Callable[[Claim, str], None]


class Feed:
    """Reads a claim's stream and appends to its track until stopped, or holds what comes until it is to be recorded.

    A feed begins, and begins again after every failure, with a key frame. What keeps it from recording is reported
    once, and once more ("") when it records again. After `stop` nothing is appended.

    `appended_until_us` is the capture time of the newest unit it appended, 0 where there was none.
    """

    def __init__(
        self,
        claim: Claim,
        sources: MediaSources,
        footage: Footage,
        clock: Clock,
        report: Report,
        counters: RecorderCounters,
        heartbeat: Heartbeat,
        memory: ForerunMemory,
        *,
        hold_us: int | None = None,
    ) -> None:
        """Record at once, or, with `hold_us`, only when `record` is called, from that long before."""
        self.claim = claim
        self.recorded = False
        self.appended_until_us = 0
        self._sources = sources
        self._footage = footage
        self._clock = clock
        self._report = report
        self._counters = counters
        self._heartbeat = heartbeat
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        self._needs_key_frame = True
        self._error = ""
        self._codec: Codec | None = None
        self._appended_ns = clock.mono_ns()
        self._memory = memory
        self._forerun = Forerun(hold_us, memory) if hold_us is not None else None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin, as a task of this group."""
        self._task = tasks.create_task(self._run(), name=f"record {self._source} to track {self.claim.track_id}")

    @property
    def holding(self) -> bool:
        return self._forerun is not None

    def record(self, after_us: int) -> None:
        """Record from now on, and what is held, as far as it is later than `after_us`."""
        forerun, self._forerun = self._forerun, None
        self._needs_key_frame = True
        for unit in forerun.release(after_us) if forerun is not None else ():
            self._offer(unit)

    def hold(self, hold_us: int) -> None:
        """Hold what comes from now on, so much of it; what is being recorded ends now."""
        if self._forerun is not None:
            self._forerun.hold_us = hold_us
            return
        self._footage.end_span(self.claim.track_id)
        self._forerun = Forerun(hold_us, self._memory)
        self._error = ""

    def stop(self) -> None:
        """End the span now and the task soon; may be called twice."""
        if self._stopped:
            return
        self._stopped = True
        if self._forerun is None:
            self._footage.end_span(self.claim.track_id)
        else:
            self._forerun.end()
        if self._task is not None:
            self._task.cancel()

    @property
    def error(self) -> str:
        """What keeps it from recording, for people; empty where nothing does."""
        return self._error

    async def _run(self) -> None:
        while True:
            try:
                await self._carry()
            except ArgusError as error:
                self._counters.source_failures += 1
                logger.warning("recording %s to track %d: %s", self._source, self.claim.track_id, error)
                self._fail(SOURCE_UNAVAILABLE)
            await self._clock.sleep(RETRY_S)

    async def _carry(self) -> None:
        reader = self._sources.open_reader(*self.claim.stream, f"recording {self.claim.recording}")
        try:
            while True:
                self._take(await reader.read())
        finally:
            reader.close()

    def _take(self, unit: AccessUnit) -> None:
        if self._stopped:
            return
        if self._forerun is not None:
            self._forerun.take(unit)
        else:
            self._offer(unit)

    def _offer(self, unit: AccessUnit) -> None:
        if self._needs_key_frame and not unit.key_frame:
            self._counters.lost_units += 1
        elif not self._fits(unit.format.codec):
            self._counters.incompatible_units += 1
            self._fail(INCOMPATIBLE_STREAM)
        else:
            self._append(unit)

    def _append(self, unit: AccessUnit) -> None:
        try:
            self._footage.append(self.claim.track_id, unit)
        except ArgusError as error:
            self._counters.lost_units += 1
            if not self._error:
                logger.warning("track %d loses data: %s", self.claim.track_id, error)
            self._fail(STORAGE_UNAVAILABLE)
            return
        self._needs_key_frame = False
        self._codec = unit.format.codec
        self._appended_ns = self._clock.mono_ns()
        self.appended_until_us = unit.utc_us
        self._counters.recorded_units += 1
        self._counters.recorded_bytes += len(unit.data)
        self._heartbeat.beat()
        self.recorded = True
        if self._error:
            self._error = ""
            self._report(self.claim, "")

    def _fits(self, codec: Codec) -> bool:
        """Whether the track may hold this codec: "all data of one track has one encoding"."""
        if codec is self._codec and not self._needs_key_frame:
            return True
        held = self._held_codec()
        return held is None or held is codec

    def _held_codec(self) -> Codec | None:
        """The codec of what the track holds, None where it is empty."""
        spans = self._footage.spans(self.claim.track_id)
        if spans:
            held = self._footage.format_at(self.claim.track_id, spans[-1].end_us)
            return held.codec if held is not None else None
        just_appended = self._clock.mono_ns() - self._appended_ns < _DURABLE_S * 1e9
        return self._codec if just_appended else None

    @property
    def _source(self) -> str:
        return self.claim.stream.source.token

    def _fail(self, error: str) -> None:
        if self._stopped or self._forerun is not None:
            return
        self._needs_key_frame = True
        if error != self._error:
            self._error = error
            self._footage.end_span(self.claim.track_id)
            self._report(self.claim, error)
