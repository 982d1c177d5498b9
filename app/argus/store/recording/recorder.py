"""The recorder: one feed for every claim that owns its track, or may soon record what came before an event."""

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
from argus.store.recording.forerun import ForerunMemory
from argus.store.recording.job_state import Claim
from argus.store.recording.jobs import Jobs
from argus.store.recording.media_source import MediaSources

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
        self._appended_until_us: dict[int, int] = {}
        self._memory = ForerunMemory()
        self._tasks: asyncio.TaskGroup | None = None
        jobs.observe(self._follow)

    def claims(self) -> frozenset[Claim]:
        """The claims that have a feed."""
        return frozenset(self._feeds)

    @property
    def remembered_tracks(self) -> int:
        """How many tracks it knows the end of."""
        return len(self._appended_until_us)

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
        owners, waiting = self._jobs.recorded_claims(), self._jobs.waiting_claims()
        for claim, feed in tuple(self._feeds.items()):
            if claim in waiting:
                if not feed.holding:
                    self._note_end(feed)
                feed.hold(waiting[claim])
            elif claim not in owners:
                self._feeds.pop(claim).stop()
                self._note_end(feed)
        if self._tasks is None:
            return
        for claim in owners:
            if claim not in self._feeds:
                self._start(claim, None, self._tasks)
            elif self._feeds[claim].holding:
                self._feeds[claim].record(self._appended_until_us.get(claim.track_id, 0))
        for claim in waiting.keys() - self._feeds.keys():
            self._start(claim, waiting[claim], self._tasks)

    def _start(self, claim: Claim, hold_us: int | None, tasks: asyncio.TaskGroup) -> None:
        feed = Feed(
            claim,
            self._sources,
            self._footage,
            self._clock,
            self._tell,
            self.counters,
            self._heartbeat,
            self._memory,
            hold_us=hold_us,
        )
        self._feeds[claim] = feed
        feed.start(tasks)

    def _note_end(self, feed: Feed) -> None:
        """Remember how far a track reaches: what is held for it by others must not go back before that."""
        track_id = feed.claim.track_id
        if feed.appended_until_us > self._appended_until_us.get(track_id, 0):
            self._appended_until_us[track_id] = feed.appended_until_us

    def _tell(self, claim: Claim, error: str) -> None:
        self._jobs.report(claim, error or ("" if self._storage_takes_data() else STORAGE_UNAVAILABLE))

    async def _look(self) -> None:
        """Let jobs take note of the time, tell what keeps each feed from recording, note recordings with data."""
        self._jobs.look()
        for track_id in [known for known in self._appended_until_us if not self._catalog.has_track(known)]:
            del self._appended_until_us[track_id]
        for feed in tuple(self._feeds.values()):
            if not feed.holding:
                self._tell(feed.claim, feed.error)
            if feed.recorded:
                try:
                    await self._catalog.mark_recorded(feed.claim.recording)
                except Unavailable as error:
                    logger.warning("recording %s: %s", feed.claim.recording, error)
