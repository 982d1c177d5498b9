"""Message types of tt: about what was recorded, made from the store's values."""

from __future__ import annotations

from datetime import datetime

from argus.base.access_unit import MediaKind, StreamFormat
from argus.base.tokens import RecordingToken, TrackToken
from argus.base.units import to_datetime
from argus.onvif.events.notification import NotificationMessage
from argus.onvif.recording.types import RecordingSourceInformation, SourceReference, TrackType, track_type
from argus.soap.message import message, wire
from argus.soap.namespaces import TT
from argus.store.recording import recordings as store
from argus.store.search import search
from argus.store.search.search_session import SearchState


@message(TT)
class SearchScope:
    """tt:SearchScope."""

    included_sources: tuple[SourceReference, ...] = ()
    included_recordings: tuple[RecordingToken, ...] = ()
    recording_information_filter: str | None = None

    def to_store(self) -> search.SearchScope:
        return search.SearchScope(
            sources=tuple(
                search.SourceReference(token=source.token, type=source.type) for source in self.included_sources
            ),
            recordings=self.included_recordings,
            filter=self.recording_information_filter or "",
        )


@message(TT)
class RecordingSummary:
    """tt:RecordingSummary."""

    data_from: datetime
    data_until: datetime
    number_recordings: int

    @classmethod
    def of(cls, summary: store.RecordingSummary) -> RecordingSummary:
        return cls(
            data_from=to_datetime(summary.data_from_us),
            data_until=to_datetime(summary.data_until_us),
            number_recordings=summary.recordings,
        )


@message(TT)
class TrackInformation:
    """tt:TrackInformation."""

    track_token: TrackToken
    track_type: TrackType
    description: str
    data_from: datetime
    data_to: datetime

    @classmethod
    def of(cls, track: store.TrackInformation) -> TrackInformation:
        return cls(
            track_token=track.token,
            track_type=track_type(track.kind),
            description=track.description,
            data_from=to_datetime(track.data_from_us),
            data_to=to_datetime(track.data_to_us),
        )


@message(TT)
class RecordingInformation:
    """tt:RecordingInformation."""

    recording_token: RecordingToken
    source: RecordingSourceInformation
    earliest_recording: datetime | None = None
    latest_recording: datetime | None = None
    content: str
    track: tuple[TrackInformation, ...] = ()
    recording_status: store.RecordingStatus

    @classmethod
    def of(cls, information: store.RecordingInformation) -> RecordingInformation:
        return cls(
            recording_token=information.token,
            source=RecordingSourceInformation.of(information.source),
            earliest_recording=_moment(information.earliest_us),
            latest_recording=_moment(information.latest_us),
            content=information.content,
            track=tuple(TrackInformation.of(track) for track in information.tracks),
            recording_status=information.status,
        )


@message(TT)
class VideoAttributes:
    """tt:VideoAttributes."""

    width: int
    height: int
    encoding: str
    framerate: float


@message(TT)
class AudioAttributes:
    """tt:AudioAttributes. The sample rate is in kHz."""

    encoding: str
    samplerate: int


@message(TT)
class MetadataAttributes:
    """tt:MetadataAttributes."""

    can_contain_ptz: bool = wire("CanContainPTZ")
    can_contain_analytics: bool
    can_contain_notifications: bool


@message(TT)
class TrackAttributes:
    """tt:TrackAttributes, with the attributes of the track's kind."""

    track_information: TrackInformation
    video_attributes: VideoAttributes | None = None
    audio_attributes: AudioAttributes | None = None
    metadata_attributes: MetadataAttributes | None = None

    @classmethod
    def of(cls, attributes: store.TrackAttributes) -> TrackAttributes:
        kind, known = attributes.track.kind, attributes.format
        return cls(
            track_information=TrackInformation.of(attributes.track),
            video_attributes=_video(known) if kind is MediaKind.VIDEO else None,
            audio_attributes=_audio(known) if kind is MediaKind.AUDIO else None,
            metadata_attributes=_METADATA if kind is MediaKind.METADATA else None,
        )


@message(TT)
class MediaAttributes:
    """tt:MediaAttributes."""

    recording_token: RecordingToken
    track_attributes: tuple[TrackAttributes, ...] = ()
    from_: datetime
    until: datetime

    @classmethod
    def of(cls, attributes: store.MediaAttributes) -> MediaAttributes:
        return cls(
            recording_token=attributes.recording,
            track_attributes=tuple(TrackAttributes.of(track) for track in attributes.tracks),
            from_=to_datetime(attributes.from_us),
            until=to_datetime(attributes.until_us),
        )


@message(TT)
class FindRecordingResultList:
    """tt:FindRecordingResultList."""

    search_state: SearchState
    recording_information: tuple[RecordingInformation, ...] = ()


@message(TT)
class FindEventResult:
    """tt:FindEventResult. The track is empty where the event is about the whole recording."""

    recording_token: RecordingToken
    track_token: str
    time: datetime
    event: NotificationMessage
    start_state_event: bool


@message(TT)
class FindEventResultList:
    """tt:FindEventResultList."""

    search_state: SearchState
    result: tuple[FindEventResult, ...] = ()


# What metadata tracks hold is taken as it comes and not looked into.
_METADATA = MetadataAttributes(can_contain_ptz=False, can_contain_analytics=False, can_contain_notifications=False)


def _moment(utc_us: int | None) -> datetime | None:
    return None if utc_us is None else to_datetime(utc_us)


def _video(known: StreamFormat) -> VideoAttributes:
    return VideoAttributes(
        width=known.width, height=known.height, encoding=known.codec.onvif_name, framerate=known.frame_rate
    )


def _audio(known: StreamFormat) -> AudioAttributes:
    # "The sample rate in kHz." -- tt:AudioAttributes
    return AudioAttributes(encoding=known.codec.onvif_name, samplerate=round(known.clock_hz / 1_000))
