"""The recorder: one feed for every claim that owns its track."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.base.tasks import Heartbeat, run_again
from argus.store.recording.catalog import Catalog
from argus.store.recording.feed import STORAGE_UNAVAILABLE, Feed, RecorderCounters
from argus.store.recording.footage import Footage
from argus.store.recording.job_state import Claim
from argus.store.recording.jobs import Jobs
from argus.store.recording.sources import MediaSources

logger = logging.getLogger(__name__)

_LOOK_S = 1.0


class Recorder:
    """Records what the jobs decide.

    A claim that loses its track stops in the same turn: its span is ended before the next owner's begins, and nothing
    of it is appended afterwards. `heartbeat` beats for each unit the ring took, and for nothing else.

    While the storage takes no data every claim is told to be in error, also where a queue still takes its units: a
    card that hangs may come back and get them all.
    """

    name = "recorder"

    def __init__(
        self,
        catalog: Catalog,
        jobs: Jobs,
        sources: MediaSources,
        footage: Footage,
        clock: Clock,
        heartbeat: Heartbeat,
        *,
        storage_takes_data: Callable[[], bool] = lambda: True,
    ) -> None:
        self.counters = RecorderCounters()
        self._catalog = catalog
        self._jobs = jobs
        self._sources = sources
        self._footage = footage
        self._clock = clock
        self._heartbeat = heartbeat
        self._storage_takes_data = storage_takes_data
        self._feeds: dict[Claim, Feed] = {}
        self._tasks: asyncio.TaskGroup | None = None
        jobs.observe(self._follow)

    def claims(self) -> frozenset[Claim]:
        """The claims that have a feed."""
        return frozenset(self._feeds)

    async def run(self) -> None:
        """Record until cancelled; every span is ended then."""
        await run_again(self.name, self.run_once, self._clock)

    async def run_once(self) -> None:
        """Record until cancelled, or until a feed fails in a way nobody expected."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._follow()
                try:
                    while True:
                        await self._clock.sleep(_LOOK_S)
                        await self._look()
                finally:
                    self._tasks = None
        finally:
            for feed in self._feeds.values():
                feed.stop()
            self._feeds.clear()

    def _follow(self) -> None:
        """Stop the claims that lost their track, then start those that won one."""
        wanted = self._jobs.recorded_claims()
        for claim in [claim for claim in self._feeds if claim not in wanted]:
            self._feeds.pop(claim).stop()
        if self._tasks is None:
            return
        for claim in wanted.difference(self._feeds):
            feed = Feed(claim, self._sources, self._footage, self._clock, self._tell, self.counters, self._heartbeat)
            self._feeds[claim] = feed
            feed.start(self._tasks)

    def _tell(self, claim: Claim, error: str) -> None:
        self._jobs.report(claim, error or ("" if self._storage_takes_data() else STORAGE_UNAVAILABLE))

    async def _look(self) -> None:
        """Find stalled feeds, tell what keeps each from recording, and note recordings that now hold data."""
        for feed in tuple(self._feeds.values()):
            feed.look_for_stall()
            self._tell(feed.claim, feed.error)
            if feed.recorded:
                try:
                    await self._catalog.mark_recorded(feed.claim.recording)
                except Unavailable as error:
                    logger.warning("recording %s: %s", feed.claim.recording, error)
