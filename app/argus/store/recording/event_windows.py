"""When jobs that wait for events record: from an event until it is over, and a while longer.

Spec: RecordingControl 22.12 § Recording job configuration (EventFilter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from argus.base.clock import Clock
from argus.base.events import Change, Event, EventBus, Items
from argus.base.tokens import RecordingJobToken
from argus.store.recording.recordings import EventFilter

# Topics and sources whose condition holds at once, per job. More than any device has alarms.
MAX_ONGOING = 256

EventTest = Callable[[Event], bool]


class EventTests(Protocol):
    """Who understands the filters of jobs."""

    def __call__(self, event_filter: EventFilter) -> EventTest:
        """A test for the events it lets through. Raises InvalidValue("job configuration")."""


@dataclass(slots=True)
class _Window:
    matches: EventTest
    after_ns: int
    ongoing: set[tuple[str, Items]] = field(default_factory=set)
    closes_ns: int = 0

    def is_open(self, now_ns: int) -> bool:
        return bool(self.ongoing) or now_ns < self.closes_ns


class EventWindows:
    """Follows the events of the device for the jobs that have a filter.

    A property whose data begin with a true boolean goes on until it is told as false or ceases to exist. Every other
    event is over at once.
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
        """Open and close a window for the job from now on; what goes on already counts."""
        window = _Window(matches=self._tests(event_filter), after_ns=event_filter.after_us * 1_000)
        for event in self._events.properties():
            self._note(window, event)
        self._windows[job] = window

    def unfollow(self, job: RecordingJobToken) -> None:
        """Forget the job; nothing happens where it is not followed."""
        self._windows.pop(job, None)

    def is_open(self, job: RecordingJobToken) -> bool:
        return self._windows[job].is_open(self._clock.mono_ns())

    def look(self) -> None:
        """Find the windows whose time is over; called about once a second."""
        now_ns = self._clock.mono_ns()
        over = [job for job, window in self._windows.items() if window.closes_ns and not window.is_open(now_ns)]
        for job in over:
            self._windows[job].closes_ns = 0
        if over and self._observer is not None:
            self._observer(over)

    def _take(self, event: Event) -> None:
        touched = [job for job, window in self._windows.items() if self._note(window, event)]
        if touched and self._observer is not None:
            self._observer(touched)

    def _note(self, window: _Window, event: Event) -> bool:
        if not window.matches(event):
            return False
        key, until_ns = (event.topic, event.source), self._clock.mono_ns() + window.after_ns
        if _goes_on(event):
            if len(window.ongoing) < MAX_ONGOING:
                window.ongoing.add(key)
        elif key in window.ongoing:
            window.ongoing.discard(key)
            # At least a tick, so that `look` finds it and tells.
            window.closes_ns = max(window.closes_ns, until_ns, 1)
        elif event.change is None:
            window.closes_ns = max(window.closes_ns, until_ns)
        return True


def _goes_on(event: Event) -> bool:
    """Whether the event tells of something that lasts."""
    if event.change in (None, Change.DELETED):
        return False
    return next((value for _, value in event.data if isinstance(value, bool)), False)
