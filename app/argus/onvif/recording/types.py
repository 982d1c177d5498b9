"""Message types of tt: about recordings and recording jobs, each with its way to and from the store's values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from argus.base.access_unit import MediaKind
from argus.base.errors import InvalidValue
from argus.base.tokens import RecordingJobToken, RecordingToken, TrackToken
from argus.onvif.recording.event_filter import with_our_prefixes
from argus.soap.duration import Duration
from argus.soap.message import attribute, message, scope, text
from argus.soap.namespaces import PREFIXES, TNS1, TT
from argus.store.recording import recordings as store

# A station has hundreds of recordings and jobs, clients list them all again and again, and few ever change.
KEPT_ITEMS = 2_048


class TrackType(StrEnum):
    """tt:TrackType."""

    VIDEO = "Video"
    AUDIO = "Audio"
    METADATA = "Metadata"
    EXTENDED = "Extended"


@message(TT)
class SourceReference:
    """tt:SourceReference. An empty token is an omitted one: clients send it together with AutoCreateReceiver."""

    token: str = ""
    type: str = attribute("Type", default=store.RECEIVER_SOURCE)


@message(TT)
class RecordingSourceInformation:
    """tt:RecordingSourceInformation."""

    source_id: str
    name: str
    location: str
    description: str
    address: str

    @classmethod
    def of(cls, source: store.SourceInformation) -> RecordingSourceInformation:
        return cls(
            source_id=source.source_id,
            name=source.name,
            location=source.location,
            description=source.description,
            address=source.address,
        )

    def to_store(self) -> store.SourceInformation:
        return store.SourceInformation(
            source_id=self.source_id,
            name=self.name,
            location=self.location,
            description=self.description,
            address=self.address,
        )


@message(TT)
class RecordingConfiguration:
    """tt:RecordingConfiguration."""

    source: RecordingSourceInformation
    content: str
    maximum_retention_time: Duration

    @classmethod
    def of(cls, configuration: store.RecordingConfiguration) -> RecordingConfiguration:
        return cls(
            source=RecordingSourceInformation.of(configuration.source),
            content=configuration.content,
            maximum_retention_time=Duration.from_us(configuration.maximum_retention_us),
        )

    def to_store(self) -> store.RecordingConfiguration:
        return store.RecordingConfiguration(
            source=self.source.to_store(),
            content=self.content,
            maximum_retention_us=self.maximum_retention_time.to_us(),
        )


@message(TT)
class TrackConfiguration:
    """tt:TrackConfiguration."""

    track_type: TrackType
    description: str

    @classmethod
    def of(cls, configuration: store.TrackConfiguration) -> TrackConfiguration:
        return cls(track_type=track_type(configuration.kind), description=configuration.description)

    def to_store(self) -> store.TrackConfiguration:
        """The store's value. Raises InvalidValue("track configuration") for a type that no track can have."""
        if self.track_type is TrackType.EXTENDED:
            raise InvalidValue("track configuration", "a track is of type Video, Audio or Metadata")
        return store.TrackConfiguration(kind=MediaKind(self.track_type.value), description=self.description)


@message(TT)
class Track:
    """tt:GetTracksResponseItem."""

    track_token: TrackToken
    configuration: TrackConfiguration


@message(TT)
class Tracks:
    """tt:GetTracksResponseList."""

    track: tuple[Track, ...] = ()


@message(TT, kept=KEPT_ITEMS)
class RecordingItem:
    """tt:GetRecordingsResponseItem."""

    recording_token: RecordingToken
    configuration: RecordingConfiguration
    tracks: Tracks

    @classmethod
    def of(cls, recording: store.Recording) -> RecordingItem:
        tracks = tuple(
            Track(track_token=track.token, configuration=TrackConfiguration.of(track.configuration))
            for track in recording.tracks
        )
        return cls(
            recording_token=recording.token,
            configuration=RecordingConfiguration.of(recording.configuration),
            tracks=Tracks(track=tracks),
        )


@message(TT)
class RecordingJobTrack:
    """tt:RecordingJobTrack."""

    source_tag: str = ""
    destination: TrackToken


@message(TT)
class RecordingJobSource:
    """tt:RecordingJobSource. AutoCreateReceiver is read and never written."""

    source_token: SourceReference | None = None
    auto_create_receiver: bool | None = None
    tracks: tuple[RecordingJobTrack, ...] = ()

    @classmethod
    def of(cls, source: store.JobSource) -> RecordingJobSource:
        return cls(
            source_token=SourceReference(token=source.token, type=source.type),
            tracks=tuple(
                RecordingJobTrack(source_tag=track.source_tag, destination=track.destination) for track in source.tracks
            ),
        )

    def to_store(self) -> store.JobSource:
        reference = self.source_token or SourceReference()
        return store.JobSource(
            token=reference.token,
            type=reference.type,
            auto_create_receiver=bool(self.auto_create_receiver),
            tracks=tuple(
                store.JobTrack(source_tag=track.source_tag, destination=track.destination) for track in self.tracks
            ),
        )


@message(TT)
class EventExpression:
    """A topic or content expression of a tt:RecordingEventFilter, with the prefixes in scope where it stands."""

    expression: str = text(default="")
    prefixes: Mapping[str, str] = scope()

    @classmethod
    def of(cls, expression: str) -> EventExpression:
        return cls(expression=expression, prefixes={PREFIXES[namespace]: namespace for namespace in (TNS1, TT)})

    def to_store(self) -> str:
        return with_our_prefixes(self.expression, self.prefixes)


@message(TT)
class EventFilterCondition:
    """The Filter of a tt:RecordingEventFilter."""

    topic: EventExpression
    source: EventExpression | None = None

    @classmethod
    def of(cls, condition: store.EventCondition) -> EventFilterCondition:
        source = EventExpression.of(condition.source) if condition.source else None
        return cls(topic=EventExpression.of(condition.topic), source=source)

    def to_store(self) -> store.EventCondition:
        source = self.source.to_store() if self.source is not None else ""
        return store.EventCondition(topic=self.topic.to_store(), source=source)


@message(TT)
class RecordingEventFilter:
    """tt:RecordingEventFilter."""

    filter: tuple[EventFilterCondition, ...] = ()
    before: Duration | None = None
    after: Duration | None = None

    @classmethod
    def of(cls, event_filter: store.EventFilter) -> RecordingEventFilter:
        return cls(
            filter=tuple(EventFilterCondition.of(condition) for condition in event_filter.conditions),
            before=Duration.from_us(event_filter.before_us),
            after=Duration.from_us(event_filter.after_us),
        )

    def to_store(self) -> store.EventFilter:
        return store.EventFilter(
            conditions=tuple(condition.to_store() for condition in self.filter),
            before_us=self.before.to_us() if self.before is not None else 0,
            after_us=self.after.to_us() if self.after is not None else 0,
        )


@message(TT)
class RecordingJobConfiguration:
    """tt:RecordingJobConfiguration. Mode is text here, since a wrong one has a fault of its own."""

    recording_token: RecordingToken
    mode: str
    priority: int
    source: tuple[RecordingJobSource, ...] = ()
    event_filter: RecordingEventFilter | None = None
    schedule_token: str | None = attribute(default=None)

    @classmethod
    def of(cls, configuration: store.JobConfiguration) -> RecordingJobConfiguration:
        return cls(
            recording_token=configuration.recording,
            mode=configuration.mode.value,
            priority=configuration.priority,
            source=tuple(RecordingJobSource.of(source) for source in configuration.sources),
            event_filter=RecordingEventFilter.of(configuration.event_filter) if configuration.event_filter else None,
            schedule_token=configuration.schedule_token,
        )

    def to_store(self) -> store.JobConfiguration:
        """The store's value. Raises InvalidValue("job configuration") for a mode that is none."""
        return store.JobConfiguration(
            recording=self.recording_token,
            mode=store.job_mode(self.mode),
            priority=self.priority,
            sources=tuple(source.to_store() for source in self.source),
            schedule_token=self.schedule_token or None,
            event_filter=self.event_filter.to_store() if self.event_filter is not None else None,
        )


@message(TT, kept=KEPT_ITEMS)
class JobItem:
    """tt:GetRecordingJobsResponseItem."""

    job_token: RecordingJobToken
    job_configuration: RecordingJobConfiguration

    @classmethod
    def of(cls, job: store.Job) -> JobItem:
        return cls(job_token=job.token, job_configuration=RecordingJobConfiguration.of(job.configuration))


@message(TT)
class RecordingJobStateTrack:
    """tt:RecordingJobStateTrack."""

    source_tag: str
    destination: TrackToken
    error: str | None = None
    state: str


@message(TT)
class RecordingJobStateTracks:
    """tt:RecordingJobStateTracks; it is there even when empty."""

    track: tuple[RecordingJobStateTrack, ...] = ()


@message(TT)
class RecordingJobStateSource:
    """tt:RecordingJobStateSource."""

    source_token: SourceReference
    state: str
    tracks: RecordingJobStateTracks

    @classmethod
    def of(cls, source: store.JobStateSource) -> RecordingJobStateSource:
        tracks = tuple(
            RecordingJobStateTrack(
                source_tag=track.source_tag,
                destination=track.destination,
                error=track.error or None,
                state=track.state.value,
            )
            for track in source.tracks
        )
        return cls(
            source_token=SourceReference(token=source.token, type=source.type),
            state=source.state.value,
            tracks=RecordingJobStateTracks(track=tracks),
        )


@message(TT)
class RecordingJobStateInformation:
    """tt:RecordingJobStateInformation."""

    recording_token: RecordingToken
    state: str
    sources: tuple[RecordingJobStateSource, ...] = ()

    @classmethod
    def of(cls, information: store.JobStateInformation) -> RecordingJobStateInformation:
        return cls(
            recording_token=information.recording,
            state=information.state.value,
            sources=tuple(RecordingJobStateSource.of(source) for source in information.sources),
        )


def track_type(kind: MediaKind) -> TrackType:
    """The tt: name of a kind of media."""
    return TrackType(kind.value)
