"""Pull points: subscriptions whose messages wait here until the client comes for them.

Spec: Core § Real-time pull-point notification interface
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque

from argus.base.clock import Clock
from argus.base.errors import Conflict, LimitReached, NotFound
from argus.base.events import Change, Event, EventBus
from argus.base.units import US_PER_S
from argus.onvif.events.filters import EventTest

logger = logging.getLogger(__name__)

MAX_PULL_POINTS = 32
MAX_QUEUE = 256


class PullPoint:
    """One subscription: a bounded queue of events that pass its filter.

    A full queue loses its oldest event. The subscription ends when its time is over, which each pull puts off; while
    a pull waits it does not end. `changed_only` keeps away what is no change of a property.
    """

    def __init__(
        self, token: str, matches: EventTest, clock: Clock, *, lifetime_us: int, changed_only: bool = False
    ) -> None:
        self.token = token
        self.dropped = 0
        self._matches = matches
        self._clock = clock
        self._changed_only = changed_only
        self._queue: deque[Event] = deque(maxlen=MAX_QUEUE)
        self._wake = asyncio.Event()
        self._pulling = False
        self._closed = False
        self._overflowing = False
        self._lifetime_us = lifetime_us
        self._ends_ns = clock.mono_ns() + lifetime_us * 1_000

    @property
    def expired(self) -> bool:
        """Whether its time is over; never while a pull waits."""
        return not self._pulling and self._clock.mono_ns() >= self._ends_ns

    def termination_us(self) -> int:
        """Wall time of its end as things stand."""
        return self._clock.utc_us() + (self._ends_ns - self._clock.mono_ns()) // 1_000

    def renew(self, lifetime_us: int) -> None:
        """End `lifetime_us` from now, sooner or later than before."""
        self._lifetime_us = lifetime_us
        self._ends_ns = self._clock.mono_ns() + lifetime_us * 1_000

    def offer(self, event: Event) -> None:
        """Queue the event if it passes the filter."""
        if self._changed_only and event.change in (Change.INITIALIZED, Change.DELETED):
            return
        if not self._matches(event):
            return
        if len(self._queue) == MAX_QUEUE:
            self._count_drop()
        self._queue.append(event)
        self._wake.set()

    async def pull(self, timeout_us: int, limit: int) -> tuple[Event, ...]:
        """At most `limit` events: at once where some wait, else as soon as one comes, else none after `timeout_us`.

        Raises:
            Conflict("pull point"): another pull waits already.
            NotFound("subscription"): it was closed meanwhile.
        """
        if self._pulling:
            raise Conflict("pull point", "another PullMessages is waiting on this subscription")
        self._pulling = True
        try:
            if not self._queue and timeout_us > 0:
                await self._arrival(timeout_us)
        finally:
            self._pulling = False
            self._keep_alive(timeout_us)
        if self._closed:
            raise NotFound("subscription", self.token)
        self._overflowing = False
        return tuple(self._queue.popleft() for _ in range(min(limit, len(self._queue))))

    def close(self) -> None:
        """End it; a waiting pull learns of it at once."""
        self._closed = True
        self._wake.set()

    async def _arrival(self, timeout_us: int) -> None:
        self._wake.clear()
        async with asyncio.TaskGroup() as group:
            timer = group.create_task(self._wake_after(timeout_us / US_PER_S))
            await self._wake.wait()
            timer.cancel()

    async def _wake_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._wake.set()

    def _keep_alive(self, timeout_us: int) -> None:
        # A subscription outlives its last pull by the timeout of that pull. Clients moreover expect the termination
        # time to grow with each pull, so it is the lifetime they once asked for where that is longer.
        granted_ns = max(timeout_us, self._lifetime_us) * 1_000
        self._ends_ns = max(self._ends_ns, self._clock.mono_ns() + granted_ns)

    def _count_drop(self) -> None:
        self.dropped += 1
        if not self._overflowing:
            self._overflowing = True
            logger.warning("subscription %s does not pull; its oldest events are lost", self.token)


class PullPoints:
    """All pull points, fed from the event bus."""

    def __init__(self, events: EventBus, clock: Clock, *, max_pull_points: int = MAX_PULL_POINTS) -> None:
        self.max_pull_points = max_pull_points
        self._events = events
        self._clock = clock
        self._points: dict[str, PullPoint] = {}
        events.subscribe(self._offer)

    def create(self, matches: EventTest, *, lifetime_us: int, changed_only: bool = False) -> PullPoint:
        """A new pull point that begins with the living properties that pass its filter.

        Raises:
            LimitReached("pull points")
        """
        self._end_expired()
        if len(self._points) >= self.max_pull_points:
            raise LimitReached("pull points", self.max_pull_points)
        point = PullPoint(
            secrets.token_hex(16), matches, self._clock, lifetime_us=lifetime_us, changed_only=changed_only
        )
        self._points[point.token] = point
        self._offer_properties(point)
        return point

    def get(self, token: str) -> PullPoint:
        """The living pull point of that token. Raises NotFound("subscription")."""
        self._end_expired()
        point = self._points.get(token)
        if point is None:
            raise NotFound("subscription", token)
        return point

    def remove(self, token: str) -> None:
        """End a pull point. Raises NotFound("subscription")."""
        self.get(token).close()
        del self._points[token]

    def synchronize(self, token: str) -> None:
        """Queue all living properties once more. Raises NotFound("subscription")."""
        self._offer_properties(self.get(token))

    def _offer_properties(self, point: PullPoint) -> None:
        for event in self._events.properties():
            point.offer(event)

    def _offer(self, event: Event) -> None:
        self._end_expired()
        for point in self._points.values():
            point.offer(event)

    def _end_expired(self) -> None:
        for token in [token for token, point in self._points.items() if point.expired]:
            self._points.pop(token).close()
            logger.info("subscription %s ended: its client neither pulled nor renewed", token)
