"""A station's configuration side in memory: twins of clock, ring and media profiles round the real catalog and jobs."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat
from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.errors import InvalidValue
from argus.base.events import Change, Event, EventBus
from argus.base.tasks import Heartbeat
from argus.base.tokens import RecordingToken, TrackToken
from argus.store.recording import schema
from argus.store.recording.catalog import Catalog
from argus.store.recording.conditions import Conditions
from argus.store.recording.event_windows import EventTest, EventWindows
from argus.store.recording.footage import SimulatedFootage
from argus.store.recording.jobs import Jobs
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.media_sources import SimulatedSources, SourcesByType
from argus.store.recording.receiver import ReceiverConfiguration, ReceiverMode
from argus.store.recording.receivers import Receivers
from argus.store.recording.recorder import Recorder
from argus.store.recording.recordings import (
    PROFILE_SOURCE,
    RECEIVER_SOURCE,
    EventCondition,
    EventFilter,
    JobConfiguration,
    JobMode,
    JobSource,
    JobTrack,
    RecordingConfiguration,
    SourceInformation,
)
from argus.store.search.search import Searches
from argus.store.search.timeline import Timeline

VIDEO = TrackToken("VIDEO001")


class SimulatedSchedules:
    """Schedules that are active because a test says so."""

    def __init__(self) -> None:
        self.active: dict[str, bool] = {}
        self._observers: list[Callable[[], None]] = []

    def is_active(self, token: str) -> bool | None:
        return self.active.get(token)

    def forget_observers(self) -> None:
        self._observers.clear()

    def observe(self, observer: Callable[[], None]) -> None:
        self._observers.append(observer)

    def put(self, token: str, active: bool | None) -> None:
        """Make a schedule active or not; None: it ceases to exist."""
        if active is None:
            self.active.pop(token, None)
        else:
            self.active[token] = active
        for observer in self._observers:
            observer()


def matching_topics(event_filter: EventFilter) -> EventTest:
    """The twin of event filters: topics by their plain path; "refuse" is one that nobody understands."""
    topics = {condition.topic for condition in event_filter.conditions}
    if "refuse" in topics:
        raise InvalidValue("job configuration", "this filter makes no sense")
    return lambda event: event.topic in topics


@dataclass
class House:
    """Everything wired as the station wires it. `reopen` is what a restart does."""

    path: Path
    max_recordings: int = 4
    max_jobs: int = 4
    max_receivers: int = 4
    storage_takes_data: bool = True
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = SimulatedClock()
        self.footage = SimulatedFootage()
        self.sources = SimulatedSources(
            {"main": frozenset({MediaKind.VIDEO}), "sub": frozenset({MediaKind.VIDEO}), "sound": frozenset(MediaKind)}
        )
        self.cameras = SimulatedSources({}, RECEIVER_SOURCE)
        self.schedules = SimulatedSchedules()
        self.open()

    def open(self) -> None:
        self.told.clear()
        self.events = EventBus(self.clock)
        self.events.subscribe(self.told.append)
        self.database = Database.open(self.path, schema.MIGRATIONS)
        self.catalog = Catalog(self.database, self.events, self.footage, self.clock, max_recordings=self.max_recordings)
        self.footage.on_deleted = self.catalog.announce_deleted
        self.receivers = Receivers(
            self.database,
            self.events,
            self.catalog.changes,
            self.clock,
            check_uri=lambda uri: None,
            max_receivers=self.max_receivers,
        )
        self.receivers.observe(self._follow_receivers)
        self.all_sources = SourcesByType({PROFILE_SOURCE: self.sources, RECEIVER_SOURCE: self.cameras})
        self._follow_receivers()
        self.jobs = self._make_jobs()
        self.timeline = Timeline(self.catalog, self.jobs, self.footage, self.clock)
        self.searches = Searches(
            self.catalog, self.jobs, self.timeline, self.footage, self.all_sources, self.clock, max_searches=16
        )
        self.heartbeat = Heartbeat("recorder", self.clock)
        self.recorder = Recorder(
            self.catalog,
            self.jobs,
            self.all_sources,
            self.footage,
            self.clock,
            self.heartbeat,
            storage_takes_data=lambda: self.storage_takes_data,
        )

    def _make_jobs(self) -> Jobs:
        conditions = Conditions(self.schedules, EventWindows(self.events, matching_topics, self.clock))
        return Jobs(
            self.catalog,
            self.all_sources,
            self.receivers,
            conditions,
            self.database,
            self.events,
            max_jobs=self.max_jobs,
        )

    def _follow_receivers(self) -> None:
        """The cameras behind receivers: each has a picture and is not connected by itself."""
        tokens = {receiver.token for receiver in self.receivers.all()}
        for token in tokens - self.cameras.known.keys():
            self.cameras.put(token, SourcePhase.UNCONFIGURED)
            self.cameras.add(token, frozenset())
        for token in self.cameras.known.keys() - tokens:
            self.cameras.remove(token)

    def close(self) -> None:
        self.database.close()

    def reopen(self) -> None:
        self.close()
        for twin in (self.sources, self.cameras, self.schedules):
            twin.forget_observers()
        self.open()

    @contextmanager
    def refusing_disk(self) -> Iterator[None]:
        """Nothing can be stored meanwhile."""
        lock = sqlite3.connect(self.path, timeout=0)
        self.database.read("PRAGMA busy_timeout = 0")
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.rollback()
        lock.close()

    def topics(self) -> list[str]:
        """Last parts of the topics told since the last call, with the change of a property."""
        told = [(event.topic.rpartition("/")[2], event.change) for event in self.told]
        self.told.clear()
        return [topic if change is None else f"{topic} {Change(change).value}" for topic, change in told]

    def receiver_at(self, uri: str, mode: ReceiverMode = ReceiverMode.AUTO_CONNECT) -> ReceiverConfiguration:
        return ReceiverConfiguration(mode=mode, media_uri=uri)

    async def recording(self, **source: str) -> RecordingToken:
        return await self.catalog.create_recording(RecordingConfiguration(source=SourceInformation(**source)))

    def video_track_id(self, recording: RecordingToken) -> int:
        return self.catalog.track(recording, VIDEO).track_id


def job(
    recording: RecordingToken,
    *,
    mode: JobMode = JobMode.ACTIVE,
    priority: int = 1,
    source: str = "main",
    tracks: tuple[str, ...] = (),
    schedule: str | None = None,
    event_filter: EventFilter | None = None,
) -> JobConfiguration:
    mapped = tuple(JobTrack(destination=TrackToken(track)) for track in tracks)
    source_ = JobSource(token=source, type=PROFILE_SOURCE, tracks=mapped)
    return JobConfiguration(
        recording=recording,
        mode=mode,
        priority=priority,
        sources=(source_,),
        schedule_token=schedule,
        event_filter=event_filter,
    )


def waiting_for(topic: str = "Alarm", *, before_s: float = 0, after_s: float = 0) -> EventFilter:
    return EventFilter(
        conditions=(EventCondition(topic=topic),),
        before_us=int(before_s * 1_000_000),
        after_us=int(after_s * 1_000_000),
    )


def from_receiver(configuration: JobConfiguration, receiver: str = "") -> JobConfiguration:
    """The configuration with a receiver as its source, one of its own where none is named."""
    (source,) = configuration.sources
    asking = replace(source, token=receiver, type=RECEIVER_SOURCE, auto_create_receiver=not receiver)
    return replace(configuration, sources=(asking,))


def picture(clock: SimulatedClock, *, key: bool = True, codec: Codec = Codec.H264, width: int = 640) -> AccessUnit:
    return AccessUnit(
        format=StreamFormat(codec=codec, width=width),
        data=b"\0\0\0\1\x65",
        key_frame=key,
        utc_us=clock.utc_us(),
        mono_ns=clock.mono_ns(),
    )
