"""The metadata source: tells beside the pictures of one camera what happens in the device, and what is seen.

Spec: Streaming § Metadata streaming; Core § Synchronization point
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Protocol

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.base.clock import Clock
from argus.base.events import Event, EventBus
from argus.base.tasks import Heartbeat, run_again
from argus.base.tokens import VideoSourceToken
from argus.media.capture_clock import CaptureClock
from argus.media.hub import StreamHub
from argus.onvif.events.notification import Notifications
from argus.onvif.events.topics import TopicSet
from argus.onvif.metadata.messages import EventStream, Frame, MetadataStream, VideoAnalyticsStream
from argus.soap.message import write_markup

logger = logging.getLogger(__name__)

# Five documents a second, with a hundred events in all.
PERIOD_S = 0.2
MAX_EVENTS_PER_DOCUMENT = 20
# Events that wait for a document; what is beyond is lost, and the properties are told anew.
MAX_WAITING = 1_000
# The living properties are told anew this often, so that a recording explains itself wherever one begins to read.
SYNCHRONIZATION_PERIOD_S = 60.0
# A stream in which nothing happens says so, before anybody takes it for dead.
KEEP_ALIVE_S = 4.0
# Deleting footage is told by an event. Were that event recorded as metadata, it would itself be deleted some day, from
# every recording that holds it, and each deletion told again: a chain that never ends and grows with each recording.
UNTOLD_TOPICS = frozenset({"RecordingConfig/DeleteTrackData"})

_FORMAT = StreamFormat(codec=Codec.METADATA)


class Analytics(Protocol):
    """What looks at the pictures."""

    def frame(self) -> Frame | None:
        """What is in the newest picture; None where it was told already."""


class MetadataSource:
    """The metadata stream of one camera; a subsystem.

    It carries the events of the topics in `topics` as they happen, and all living properties as Initialized when a
    reader joins, when a synchronization point is asked for, and once a minute. Without readers nothing is gathered:
    an empty document then and now keeps the stream alive.
    """

    def __init__(
        self,
        video_source: VideoSourceToken,
        events: EventBus,
        notifications: Notifications,
        topics: TopicSet,
        clock: Clock,
        times: CaptureClock,
        analytics: Analytics | None = None,
    ) -> None:
        self.name = f"metadata of {video_source}"
        self.video_source = video_source
        self.topics = tuple(topic.path for topic in topics.topics if topic.path not in UNTOLD_TOPICS)
        self.hub = StreamHub(f"metadata-{video_source}", clock)
        self.heartbeat = Heartbeat(self.name, clock)
        self.lost_events = 0
        self._events = events
        self._notifications = notifications
        self._told_topics = frozenset(self.topics)
        self._clock = clock
        self._times = times
        self._analytics = analytics
        self._waiting: deque[Event] = deque()
        self._readers = 0
        self._synchronization_wanted = False
        self._synchronized_ns = 0
        self._last_ns = 0
        self.hub.connect_encoder(self.synchronize)
        events.subscribe(self._take)

    @property
    def analytics(self) -> bool:
        """Whether the stream tells what is seen."""
        return self._analytics is not None

    def synchronize(self) -> None:
        """Tell all living properties soon."""
        self._synchronization_wanted = True

    async def run(self) -> None:
        """Publish documents until cancelled."""
        await run_again(self.name, self.run_once, self._clock)

    async def run_once(self) -> None:
        while True:
            self.look()
            self.heartbeat.beat()
            await self._clock.sleep(PERIOD_S)

    def look(self) -> None:
        """Publish one document, where there is something to tell, or nothing was told for long."""
        readers = self.hub.health().readers
        self._synchronization_wanted |= readers > self._readers
        self._readers = readers
        if readers:
            self._add_properties_if_due()
        else:
            self._waiting.clear()
        events = tuple(self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_EVENTS_PER_DOCUMENT)))
        frame = self._analytics.frame() if self._analytics is not None and readers else None
        silent = self.hub.format is None or self.hub.silent_s() >= KEEP_ALIVE_S
        if events or frame is not None or silent:
            self._publish(events, frame)

    def _take(self, event: Event) -> None:
        if event.topic not in self._told_topics or not self._readers:
            return
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(event)
            return
        self.lost_events += 1
        self._synchronization_wanted = True
        if self.lost_events == 1:
            logger.warning("%s: more happens than it can tell; events are lost", self.name)

    def _add_properties_if_due(self) -> None:
        """Behind everything that happened before; not before most of that is told."""
        now_ns = self._clock.mono_ns()
        due = self._synchronization_wanted or now_ns - self._synchronized_ns >= SYNCHRONIZATION_PERIOD_S * 1e9
        if due and len(self._waiting) < MAX_EVENTS_PER_DOCUMENT:
            self._waiting.extend(event for event in self._events.properties() if event.topic in self._told_topics)
            self._synchronization_wanted = False
            self._synchronized_ns = now_ns

    def _publish(self, events: tuple[Event, ...], frame: Frame | None) -> None:
        messages = tuple(self._notifications.message(event) for event in events)
        document = MetadataStream(
            video_analytics=VideoAnalyticsStream(frame=(frame,)) if frame is not None else None,
            event=EventStream(notification_message=messages) if messages else None,
        )
        self._last_ns = mono_ns = max(self._clock.mono_ns(), self._last_ns + 1_000)
        data = write_markup(document).encode()
        utc_us = self._times.utc_us(mono_ns)
        self.hub.publish(AccessUnit(format=_FORMAT, data=data, key_frame=True, utc_us=utc_us, mono_ns=mono_ns))
