"""When jobs that wait for events record: from an event until it is over, and a while longer.

Spec: RecordingControl 22.12 § Recording job configuration (EventFilter).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from argus.base.clock import Clock
from argus.base.errors import InvalidValue
from argus.base.events import Change, Event, EventBus, Items
from argus.base.tokens import RecordingJobToken
from argus.store.recording.recordings import EventFilter

logger = logging.getLogger(__name__)

# Topics and sources whose condition holds at once, per job. More than any device has alarms.
MAX_ONGOING = 256

EventTest = Callable[[Event], bool]


class EventTests(Protocol):
    """Who understands the filters of jobs."""

    def __call__(self, event_filter: EventFilter) -> EventTest:
        """A test for the events it lets through. Raises InvalidValue("job configuration")."""


@dataclass(slots=True)
class _Window:
    """Open while anything goes on, and until `look` finds that `closes_ns` (monotonic time) has come."""

    event_filter: EventFilter
    matches: EventTest
    ongoing: set[tuple[str, Items]] = field(default_factory=set)
    closes_ns: int | None = None

    @property
    def is_open(self) -> bool:
        return bool(self.ongoing) or self.closes_ns is not None

    def close_later(self, now_ns: int) -> None:
        until_ns = now_ns + self.event_filter.after_us * 1_000
        self.closes_ns = until_ns if self.closes_ns is None else max(until_ns, self.closes_ns)


class EventWindows:
    """Tells for each job with an event filter whether it is to record now.

    A property whose first boolean is true goes on until that is false, it no longer matches, or it ceases to exist;
    other properties are no events. What is no property is over at once: it opens a window for `after_us` alone, and
    until the next `look` even where that is 0, for what came before it is wanted.
    """

    def __init__(self, events: EventBus, tests: EventTests, clock: Clock) -> None:
        self._events = events
        self._tests = tests
        self._clock = clock
        self._windows: dict[RecordingJobToken, _Window] = {}
        self._observer: Callable[[Iterable[RecordingJobToken]], None] | None = None
        events.subscribe(self._take)

    def observe(self, observer: Callable[[Iterable[RecordingJobToken]], None]) -> None:
        """Call `observer` with the jobs whose window may have opened or closed."""
        self._observer = observer

    def check(self, event_filter: EventFilter) -> None:
        """Raises InvalidValue("job configuration") for a filter that nobody understands."""
        self._tests(event_filter)

    def follow(self, job: RecordingJobToken, event_filter: EventFilter) -> None:
        """Open and close a window for the job from now on; what goes on already counts.

        A job that has this filter already keeps its window. One whose filter is no longer understood waits for ever.
        """
        known = self._windows.get(job)
        if known is not None and known.event_filter == event_filter:
            return
        window = _Window(event_filter=event_filter, matches=self._test_of(job, event_filter))
        for event in self._events.properties():
            self._note(window, event)
        self._windows[job] = window

    def unfollow(self, job: RecordingJobToken) -> None:
        """Forget the job; nothing happens where it is not followed."""
        self._windows.pop(job, None)

    def is_open(self, job: RecordingJobToken) -> bool:
        return self._windows[job].is_open

    def look(self) -> None:
        """Find the windows whose time is over; called about once a second."""
        now_ns = self._clock.mono_ns()
        over = [
            job for job, window in self._windows.items() if window.closes_ns is not None and window.closes_ns <= now_ns
        ]
        for job in over:
            self._windows[job].closes_ns = None
        if over and self._observer is not None:
            self._observer(over)

    def _test_of(self, job: RecordingJobToken, event_filter: EventFilter) -> EventTest:
        try:
            return self._tests(event_filter)
        except InvalidValue as error:
            # It was checked when it was set, perhaps by another release, or on a board with other topics.
            logger.warning("recording job %s waits for events that there are none of here: %s", job, error)
            return lambda event: False

    def _take(self, event: Event) -> None:
        touched = [job for job, window in self._windows.items() if self._note(window, event)]
        if touched and self._observer is not None:
            self._observer(touched)

    def _note(self, window: _Window, event: Event) -> bool:
        """Take note of an event; whether the window may have opened or closed by it."""
        key, matches = (event.topic, event.source), window.matches(event)
        if matches and _goes_on(event):
            if len(window.ongoing) < MAX_ONGOING:
                window.ongoing.add(key)
        elif key in window.ongoing:
            # Also where it no longer matches: a filter that asks for the value "true" never sees the end otherwise.
            window.ongoing.discard(key)
            if window.event_filter.after_us:
                window.close_later(self._clock.mono_ns())
        elif matches and event.change is None:
            window.close_later(self._clock.mono_ns())
        else:
            return False
        return True


def _goes_on(event: Event) -> bool:
    """Whether the event tells of something that lasts."""
    if event.change in (None, Change.DELETED):
        return False
    return next((value for _, value in event.data if isinstance(value, bool)), False)
