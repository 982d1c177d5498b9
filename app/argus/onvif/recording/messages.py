"""Requests and responses of the recording service.

Spec: RecordingControl 19.06
"""

from __future__ import annotations

from argus.base.tokens import RecordingJobToken, RecordingToken, TrackToken
from argus.onvif.recording.types import (
    JobItem,
    RecordingConfiguration,
    RecordingItem,
    RecordingJobConfiguration,
    RecordingJobStateInformation,
    TrackConfiguration,
)
from argus.soap.duration import Duration
from argus.soap.message import attribute, message
from argus.soap.namespaces import TRC


@message(TRC)
class Capabilities:
    """trc:Capabilities. Rates are in kbit/s."""

    dynamic_recordings: bool = attribute()
    dynamic_tracks: bool = attribute()
    encoding: tuple[str, ...] = attribute()
    max_rate: float = attribute()
    max_total_rate: float = attribute()
    max_recordings: float = attribute()
    max_recording_jobs: int = attribute()
    options: bool = attribute()
    metadata_recording: bool = attribute()
    event_recording: bool = attribute()
    before_event_limit: Duration = attribute()
    after_event_limit: Duration = attribute()
    scheduled_recording: bool = attribute()


@message(TRC)
class GetServiceCapabilities:
    pass


@message(TRC)
class GetServiceCapabilitiesResponse:
    capabilities: Capabilities


@message(TRC)
class CreateRecording:
    recording_configuration: RecordingConfiguration


@message(TRC)
class CreateRecordingResponse:
    recording_token: RecordingToken


@message(TRC)
class DeleteRecording:
    recording_token: RecordingToken


@message(TRC)
class DeleteRecordingResponse:
    pass


@message(TRC)
class GetRecordings:
    pass


@message(TRC)
class GetRecordingsResponse:
    recording_item: tuple[RecordingItem, ...] = ()


@message(TRC)
class SetRecordingConfiguration:
    recording_token: RecordingToken
    recording_configuration: RecordingConfiguration


@message(TRC)
class SetRecordingConfigurationResponse:
    pass


@message(TRC)
class GetRecordingConfiguration:
    recording_token: RecordingToken


@message(TRC)
class GetRecordingConfigurationResponse:
    recording_configuration: RecordingConfiguration


@message(TRC)
class CreateTrack:
    recording_token: RecordingToken
    track_configuration: TrackConfiguration


@message(TRC)
class CreateTrackResponse:
    track_token: TrackToken


@message(TRC)
class DeleteTrack:
    recording_token: RecordingToken
    track_token: TrackToken


@message(TRC)
class DeleteTrackResponse:
    pass


@message(TRC)
class GetTrackConfiguration:
    recording_token: RecordingToken
    track_token: TrackToken


@message(TRC)
class GetTrackConfigurationResponse:
    track_configuration: TrackConfiguration


@message(TRC)
class SetTrackConfiguration:
    recording_token: RecordingToken
    track_token: TrackToken
    track_configuration: TrackConfiguration


@message(TRC)
class SetTrackConfigurationResponse:
    pass


@message(TRC)
class CreateRecordingJob:
    job_configuration: RecordingJobConfiguration


@message(TRC)
class CreateRecordingJobResponse:
    job_token: RecordingJobToken
    job_configuration: RecordingJobConfiguration


@message(TRC)
class DeleteRecordingJob:
    job_token: RecordingJobToken


@message(TRC)
class DeleteRecordingJobResponse:
    pass


@message(TRC)
class GetRecordingJobs:
    pass


@message(TRC)
class GetRecordingJobsResponse:
    job_item: tuple[JobItem, ...] = ()


@message(TRC)
class SetRecordingJobConfiguration:
    job_token: RecordingJobToken
    job_configuration: RecordingJobConfiguration


@message(TRC)
class SetRecordingJobConfigurationResponse:
    job_configuration: RecordingJobConfiguration


@message(TRC)
class GetRecordingJobConfiguration:
    job_token: RecordingJobToken


@message(TRC)
class GetRecordingJobConfigurationResponse:
    job_configuration: RecordingJobConfiguration


@message(TRC)
class SetRecordingJobMode:
    """Mode is text: a wrong one is BadMode, not a wrong argument."""

    job_token: RecordingJobToken
    mode: str


@message(TRC)
class SetRecordingJobModeResponse:
    pass


@message(TRC)
class GetRecordingJobState:
    job_token: RecordingJobToken


@message(TRC)
class GetRecordingJobStateResponse:
    state: RecordingJobStateInformation


@message(TRC)
class JobOptions:
    """trc:JobOptions. An absent `spare` means that no further job can be created."""

    spare: int | None = attribute(default=None)
    compatible_sources: tuple[str, ...] = attribute(default=())


@message(TRC)
class TrackOptions:
    """trc:TrackOptions: how many tracks can be created. An absent number means that none can."""

    spare_total: int | None = attribute(default=None)
    spare_video: int | None = attribute(default=None)
    spare_audio: int | None = attribute(default=None)
    spare_metadata: int | None = attribute(default=None)


@message(TRC)
class RecordingOptions:
    """trc:RecordingOptions."""

    job: JobOptions
    track: TrackOptions


@message(TRC)
class GetRecordingOptions:
    recording_token: RecordingToken


@message(TRC)
class GetRecordingOptionsResponse:
    options: RecordingOptions
