"""The event bus: what happened, told by the domain after it is true (after commit), never by an operation."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from argus.base.clock import Clock

logger = logging.getLogger(__name__)

Items = tuple[tuple[str, object], ...]


class Change(StrEnum):
    """tt:PropertyOperation of an event that reports a property."""

    INITIALIZED = "Initialized"
    CHANGED = "Changed"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One notification. `topic` is a path below tns1 such as `RecordingConfig/JobState`.

    `source` and `data` are (name, value) pairs in order. A value of str, bool, int, float or datetime becomes a
    SimpleItem; any other value is a domain object for which the event service knows an ElementItem encoding.
    `change` is None where the topic is not a property. `utc_us` is when it happened.
    """

    topic: str
    source: Items = ()
    data: Items = ()
    change: Change | None = None
    utc_us: int


Listener = Callable[[Event], None]


class EventBus:
    """Delivers events to listeners in order of publication and remembers the living properties.

    Listeners run in the publisher's turn, so they must be quick. What a listener publishes itself is delivered after
    the event it hears of, to every listener. Belongs to the event loop's thread.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: list[Listener] = []
        self._properties: dict[tuple[str, Items], Event] = {}
        self._undelivered: deque[Event] = deque()

    def publish(self, topic: str, *, source: Items = (), data: Items = ()) -> None:
        """Tell what happened."""
        self._deliver(Event(topic=topic, source=source, data=data, utc_us=self._clock.utc_us()))

    def set_property(self, topic: str, *, source: Items, data: Items) -> None:
        """Tell the value of a property: Initialized at first, Changed when it differs, nothing when it is equal."""
        known = self._properties.get((topic, source))
        if known is not None and known.data == data:
            return
        change = Change.INITIALIZED if known is None else Change.CHANGED
        event = Event(topic=topic, source=source, data=data, change=change, utc_us=self._clock.utc_us())
        self._properties[topic, source] = event
        self._deliver(event)

    def delete_property(self, topic: str, *, source: Items) -> None:
        """Tell that a property ceased to exist, with its last value. Does nothing where there was none."""
        known = self._properties.pop((topic, source), None)
        if known is not None:
            self._deliver(replace(known, change=Change.DELETED, utc_us=self._clock.utc_us()))

    def properties(self) -> Iterator[Event]:
        """Every living property as an Initialized event, for a new subscriber or a synchronization point."""
        now_us = self._clock.utc_us()
        for event in self._properties.values():
            yield replace(event, change=Change.INITIALIZED, utc_us=now_us)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every event from now on; the returned function ends it and may be called twice."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _deliver(self, event: Event) -> None:
        self._undelivered.append(event)
        if len(self._undelivered) > 1:
            return  # published by a listener: whoever is delivering goes on with it
        try:
            while self._undelivered:
                told = self._undelivered[0]
                logger.debug("event %s %s %s", told.topic, told.change or "", told.source)
                for listener in tuple(self._listeners):
                    listener(told)
                self._undelivered.popleft()
        finally:
            self._undelivered.clear()
