"""What bounds a stranger's influence: token buckets by source and over all, and a memory of messages answered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from argus.base.clock import Clock


class TokenBucket:
    """Lets `burst` things through at once and `rate_per_s` on the average."""

    def __init__(self, *, rate_per_s: float, burst: int, clock: Clock) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_ns = clock.mono_ns()

    def take(self) -> bool:
        """Take a token, or tell that there is none."""
        now_ns = self._clock.mono_ns()
        self._tokens = min(self._burst, self._tokens + (now_ns - self._filled_ns) / 1e9 * self._rate_per_s)
        self._filled_ns = now_ns
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class SourceLimit:
    """A bucket for each source, and one for all of them together, so that no flood starves the rest of the station.

    Remembers the `max_sources` heard last. A source that is over its own limit takes nothing from the others.
    """

    def __init__(
        self, *, rate_per_s: float, burst: int, total_per_s: float, total_burst: int, max_sources: int, clock: Clock
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._max_sources = max_sources
        self._clock = clock
        self._total = TokenBucket(rate_per_s=total_per_s, burst=total_burst, clock=clock)
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def admits(self, source: Hashable) -> bool:
        bucket = self._buckets.get(source)
        if bucket is None:
            bucket = TokenBucket(rate_per_s=self._rate_per_s, burst=self._burst, clock=self._clock)
            self._buckets[source] = bucket
            if len(self._buckets) > self._max_sources:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(source)
        return bucket.take() and self._total.take()


class RecentMessages:
    """The messages of the last seconds, at most `max_messages`.

    They are forgotten by time too: clients exist that send the same MessageID in every Probe of their life.
    """

    def __init__(self, *, max_messages: int, memory_s: float, clock: Clock) -> None:
        self._max_messages = max_messages
        self._memory_ns = int(memory_s * 1e9)
        self._clock = clock
        self._seen_ns: OrderedDict[Hashable, int] = OrderedDict()

    def is_new(self, message: Hashable) -> bool:
        """Whether this is the first time in the memory's span; it is remembered from now on."""
        now_ns = self._clock.mono_ns()
        seen_ns = self._seen_ns.get(message)
        if seen_ns is not None and now_ns - seen_ns < self._memory_ns:
            return False
        self._seen_ns[message] = now_ns
        self._seen_ns.move_to_end(message)
        if len(self._seen_ns) > self._max_messages:
            self._seen_ns.popitem(last=False)
        return True
