"""Recordings, tracks and recording jobs as values, the way Recording Control and Recording Search speak of them.

Times are microseconds since the Unix epoch. Spec: RecordingControl 19.06 § Data structures, RecordingSearch § Data
structures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from argus.base.access_unit import MediaKind, StreamFormat
from argus.base.errors import InvalidValue, NotFound
from argus.base.tokens import RecordingJobToken, RecordingToken, TrackToken

PROFILE_SOURCE = "http://www.onvif.org/ver10/schema/Profile"
RECEIVER_SOURCE = "http://www.onvif.org/ver10/schema/Receiver"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """tt:SourceReference: PROFILE_SOURCE or RECEIVER_SOURCE, and a token among those."""

    type: str = PROFILE_SOURCE
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInformation:
    """tt:RecordingSourceInformation: what the client says about where the data comes from. No job goes by it."""

    source_id: str = ""
    name: str = ""
    location: str = ""
    description: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingConfiguration:
    """tt:RecordingConfiguration. `maximum_retention_us` of 0 keeps data until the space is needed."""

    source: SourceInformation = SourceInformation()
    content: str = ""
    maximum_retention_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackConfiguration:
    """tt:TrackConfiguration. `kind` is its TrackType."""

    kind: MediaKind
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track of a recording. `token` is unique inside its recording, `track_id` on this device for ever."""

    token: TrackToken
    track_id: int
    configuration: TrackConfiguration


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording with its tracks. `recorded` tells that it has held data at some time, perhaps deleted since."""

    token: RecordingToken
    configuration: RecordingConfiguration
    tracks: tuple[Track, ...]
    created_us: int
    recorded: bool = False

    def track(self, token: TrackToken) -> Track:
        """The track of that token. Raises NotFound("track")."""
        for track in self.tracks:
            if track.token == token:
                return track
        raise NotFound("track", token)


class JobMode(StrEnum):
    """tt:RecordingJobMode: what the client wants. The device never changes it."""

    IDLE = "Idle"
    ACTIVE = "Active"


def job_mode(text: str, subject: str = "job configuration") -> JobMode:
    """The mode of that name, case-sensitive.

    Raises:
        InvalidValue: it is another word; `subject` is "job configuration" or "job mode".
    """
    try:
        return JobMode(text)
    except ValueError as error:
        raise InvalidValue(subject, f"mode {text!r} is neither 'Idle' nor 'Active'") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTrack:
    """tt:RecordingJobTrack. An empty `source_tag` is the source's first track of the destination's kind."""

    source_tag: str = ""
    destination: TrackToken


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSource:
    """tt:RecordingJobSource. An empty `token` is an omitted one; empty `tracks` ask the device to choose."""

    token: str = ""
    type: str = RECEIVER_SOURCE
    auto_create_receiver: bool = False
    tracks: tuple[JobTrack, ...] = ()

    @property
    def ref(self) -> SourceRef:
        return SourceRef(type=self.type, token=self.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCondition:
    """One filter of tt:RecordingEventFilter: a topic expression, and a content filter or "" for any content."""

    topic: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """tt:RecordingEventFilter: record while any of the conditions holds, and this long before and after."""

    conditions: tuple[EventCondition, ...]
    before_us: int = 0
    after_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobConfiguration:
    """tt:RecordingJobConfiguration. `schedule_token` is None where the job follows no schedule, `event_filter` where
    it does not wait for events."""

    recording: RecordingToken
    mode: JobMode
    priority: int
    sources: tuple[JobSource, ...] = ()
    schedule_token: str | None = None
    event_filter: EventFilter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A recording job: its token and the configuration in use."""

    token: RecordingJobToken
    configuration: JobConfiguration


class JobState(StrEnum):
    """tt:RecordingJobState: what the device does. Tracks are never PARTIALLY_ACTIVE."""

    IDLE = "Idle"
    ACTIVE = "Active"
    PARTIALLY_ACTIVE = "PartiallyActive"
    ERROR = "Error"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStateTrack:
    """tt:RecordingJobStateTrack. `error` is a sentence for people where the state is ERROR."""

    source_tag: str
    destination: TrackToken
    state: JobState
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStateSource:
    """tt:RecordingJobStateSource."""

    token: str
    type: str
    state: JobState
    tracks: tuple[JobStateTrack, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStateInformation:
    """tt:RecordingJobStateInformation: mirrors the job's configuration, source by source and track by track."""

    recording: RecordingToken
    state: JobState
    sources: tuple[JobStateSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOptions:
    """trc:RecordingOptions of one recording now: how many jobs, and how many tracks of each kind, can be created."""

    spare_jobs: int
    compatible_sources: tuple[str, ...]
    spare_tracks: Mapping[MediaKind, int]


class RecordingStatus(StrEnum):
    """tt:RecordingStatus, as far as this device has them."""

    INITIATED = "Initiated"
    RECORDING = "Recording"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackInformation:
    """tt:TrackInformation of a track that holds data, from its first to its last access unit."""

    token: TrackToken
    kind: MediaKind
    description: str
    data_from_us: int
    data_to_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingInformation:
    """tt:RecordingInformation. Without data both times are None and `tracks` is empty."""

    token: RecordingToken
    source: SourceInformation
    content: str
    status: RecordingStatus
    earliest_us: int | None = None
    latest_us: int | None = None
    tracks: tuple[TrackInformation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSummary:
    """tt:RecordingSummary. Without data both times are now."""

    data_from_us: int
    data_until_us: int
    recordings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackAttributes:
    """tt:TrackAttributes: a track and the format its data has at the time asked for."""

    track: TrackInformation
    format: StreamFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaAttributes:
    """tt:MediaAttributes of one recording, valid from `from_us` until `until_us`."""

    recording: RecordingToken
    tracks: tuple[TrackAttributes, ...]
    from_us: int
    until_us: int
