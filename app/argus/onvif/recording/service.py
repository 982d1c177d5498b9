"""The recording service: recordings, their tracks, and the jobs that fill them.

Spec: RecordingControl 19.06
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from argus.base.access import Access
from argus.base.access_unit import Codec, MediaKind
from argus.base.remembered import Remembered
from argus.onvif.recording import messages as m
from argus.onvif.recording.faults import (
    BadConfiguration,
    BadMode,
    CannotDelete,
    MaxReceivers,
    MaxRecordingJobs,
    MaxRecordings,
    MaxTracks,
    NoRecording,
    NoRecordingJob,
    NotImplementedHere,
    NoTrack,
)
from argus.onvif.recording.types import (
    KEPT_ITEMS,
    JobItem,
    RecordingConfiguration,
    RecordingItem,
    RecordingJobConfiguration,
    RecordingJobStateInformation,
    TrackConfiguration,
)
from argus.soap.duration import Duration
from argus.soap.namespaces import TRC
from argus.soap.operation import Service, operation
from argus.store.recording.catalog import Catalog
from argus.store.recording.job_rules import AFTER_EVENT_LIMIT_US, BEFORE_EVENT_LIMIT_US
from argus.store.recording.jobs import Jobs
from argus.store.recording.recordings import RecordingOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLimits:
    """What this device can record: encodings, and kbit/s of one recording and of all together."""

    encodings: tuple[Codec, ...]
    max_rate_kbps: float
    max_total_rate_kbps: float


class RecordingService(Service):
    """Recordings, tracks and jobs come and go as clients want; nothing is exported."""

    namespace = TRC
    path = "/onvif/recording_service"
    version = (19, 6)
    known_operations = frozenset(
        {
            "ExportRecordedData",
            "StopExportRecordedData",
            "GetExportRecordedDataState",
            "OverrideSegmentDuration",
            "ListRecordedSegments",
            "ExportRecordedSegments",
            "StopExportRecordedSegments",
        }
    )

    def __init__(self, catalog: Catalog, jobs: Jobs, limits: RecordingLimits) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._limits = limits
        self._recording_item = Remembered(RecordingItem.of, KEPT_ITEMS)
        self._job_item = Remembered(JobItem.of, KEPT_ITEMS)

    def capabilities(self) -> m.Capabilities:
        """What the service can do; the same as long as the device runs."""
        encodings = self._limits.encodings
        return m.Capabilities(
            dynamic_recordings=True,
            dynamic_tracks=True,
            encoding=tuple(dict.fromkeys(codec.onvif_name for codec in encodings if codec is not Codec.METADATA)),
            max_rate=self._limits.max_rate_kbps,
            max_total_rate=self._limits.max_total_rate_kbps,
            max_recordings=self._catalog.max_recordings,
            max_recording_jobs=self._jobs.max_jobs,
            options=True,
            metadata_recording=Codec.METADATA in encodings,
            event_recording=True,
            before_event_limit=Duration.from_us(BEFORE_EVENT_LIMIT_US),
            after_event_limit=Duration.from_us(AFTER_EVENT_LIMIT_US),
            scheduled_recording=True,
        )

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """Tell what the service can do.   Spec: RecordingControl 19.06 § Capabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.ACTUATE, MaxRecordings, BadConfiguration, NotImplementedHere)
    async def create_recording(self, request: m.CreateRecording) -> m.CreateRecordingResponse:
        """Create a recording with one track of each kind.   Spec: RecordingControl 19.06 § CreateRecording"""
        token = await self._catalog.create_recording(request.recording_configuration.to_store())
        return m.CreateRecordingResponse(recording_token=token)

    @operation(Access.ACTUATE, NoRecording, NotImplementedHere, CannotDelete)
    async def delete_recording(self, request: m.DeleteRecording) -> m.DeleteRecordingResponse:
        """Delete a recording, its data and its jobs.   Spec: RecordingControl 19.06 § DeleteRecording"""
        await self._catalog.delete_recording(request.recording_token)
        return m.DeleteRecordingResponse()

    @operation(Access.READ_MEDIA)
    async def get_recordings(self, request: m.GetRecordings) -> m.GetRecordingsResponse:
        """List recordings with their tracks.   Spec: RecordingControl 19.06 § GetRecordings"""
        items = tuple(map(self._recording_item, self._catalog.recordings()))
        return m.GetRecordingsResponse(recording_item=items)

    @operation(Access.ACTUATE, BadConfiguration, NoRecording)
    async def set_recording_configuration(
        self, request: m.SetRecordingConfiguration
    ) -> m.SetRecordingConfigurationResponse:
        """Replace a configuration.   Spec: RecordingControl 19.06 § SetRecordingConfiguration"""
        await self._catalog.set_recording_configuration(
            request.recording_token, request.recording_configuration.to_store()
        )
        return m.SetRecordingConfigurationResponse()

    @operation(Access.READ_MEDIA, NoRecording)
    async def get_recording_configuration(
        self, request: m.GetRecordingConfiguration
    ) -> m.GetRecordingConfigurationResponse:
        """Tell a configuration.   Spec: RecordingControl 19.06 § GetRecordingConfiguration"""
        recording = self._catalog.recording(request.recording_token)
        return m.GetRecordingConfigurationResponse(
            recording_configuration=RecordingConfiguration.of(recording.configuration)
        )

    @operation(Access.ACTUATE, NoRecording, MaxTracks, BadConfiguration, NotImplementedHere)
    async def create_track(self, request: m.CreateTrack) -> m.CreateTrackResponse:
        """Add a track to a recording.   Spec: RecordingControl 19.06 § CreateTrack"""
        track = await self._catalog.create_track(request.recording_token, request.track_configuration.to_store())
        return m.CreateTrackResponse(track_token=track)

    @operation(Access.ACTUATE, NoRecording, NoTrack, CannotDelete, NotImplementedHere)
    async def delete_track(self, request: m.DeleteTrack) -> m.DeleteTrackResponse:
        """Delete a track and its data.   Spec: RecordingControl 19.06 § DeleteTrack"""
        await self._catalog.delete_track(request.recording_token, request.track_token)
        return m.DeleteTrackResponse()

    @operation(Access.READ_MEDIA, NoRecording, NoTrack)
    async def get_track_configuration(self, request: m.GetTrackConfiguration) -> m.GetTrackConfigurationResponse:
        """Tell a track's configuration.   Spec: RecordingControl 19.06 § GetTrackConfiguration"""
        track = self._catalog.track(request.recording_token, request.track_token)
        return m.GetTrackConfigurationResponse(track_configuration=TrackConfiguration.of(track.configuration))

    @operation(Access.ACTUATE, NoRecording, NoTrack, BadConfiguration)
    async def set_track_configuration(self, request: m.SetTrackConfiguration) -> m.SetTrackConfigurationResponse:
        """Replace a track's description.   Spec: RecordingControl 19.06 § SetTrackConfiguration"""
        track = self._catalog.track(request.recording_token, request.track_token)
        # TrackType cannot be changed: the one asked for is ignored, and is no error either.
        wanted = replace(track.configuration, description=request.track_configuration.description)
        await self._catalog.set_track_configuration(request.recording_token, request.track_token, wanted)
        return m.SetTrackConfigurationResponse()

    @operation(Access.ACTUATE, NoRecording, BadConfiguration, MaxRecordingJobs, MaxReceivers)
    async def create_recording_job(self, request: m.CreateRecordingJob) -> m.CreateRecordingJobResponse:
        """Create a job.   Spec: RecordingControl 19.06 § CreateRecordingJob"""
        job = await self._jobs.create(request.job_configuration.to_store())
        return m.CreateRecordingJobResponse(
            job_token=job.token, job_configuration=RecordingJobConfiguration.of(job.configuration)
        )

    @operation(Access.ACTUATE, NoRecordingJob)
    async def delete_recording_job(self, request: m.DeleteRecordingJob) -> m.DeleteRecordingJobResponse:
        """Delete a job; what it recorded stays.   Spec: RecordingControl 19.06 § DeleteRecordingJob"""
        await self._jobs.delete(request.job_token)
        return m.DeleteRecordingJobResponse()

    @operation(Access.READ_MEDIA)
    async def get_recording_jobs(self, request: m.GetRecordingJobs) -> m.GetRecordingJobsResponse:
        """List jobs.   Spec: RecordingControl 19.06 § GetRecordingJobs"""
        return m.GetRecordingJobsResponse(job_item=tuple(map(self._job_item, self._jobs.jobs())))

    @operation(Access.ACTUATE, NoRecordingJob, BadConfiguration, MaxReceivers)
    async def set_recording_job_configuration(
        self, request: m.SetRecordingJobConfiguration
    ) -> m.SetRecordingJobConfigurationResponse:
        """Replace a job's configuration.   Spec: RecordingControl 19.06 § SetRecordingJobConfiguration"""
        used = await self._jobs.set_configuration(request.job_token, request.job_configuration.to_store())
        return m.SetRecordingJobConfigurationResponse(job_configuration=RecordingJobConfiguration.of(used))

    @operation(Access.READ_MEDIA, NoRecordingJob)
    async def get_recording_job_configuration(
        self, request: m.GetRecordingJobConfiguration
    ) -> m.GetRecordingJobConfigurationResponse:
        """Tell a job's configuration.   Spec: RecordingControl 19.06 § GetRecordingJobConfiguration"""
        job = self._jobs.job(request.job_token)
        return m.GetRecordingJobConfigurationResponse(job_configuration=RecordingJobConfiguration.of(job.configuration))

    @operation(Access.ACTUATE, NoRecordingJob, BadMode)
    async def set_recording_job_mode(self, request: m.SetRecordingJobMode) -> m.SetRecordingJobModeResponse:
        """Switch a job on or off.   Spec: RecordingControl 19.06 § SetRecordingJobMode"""
        await self._jobs.set_mode(request.job_token, request.mode)
        return m.SetRecordingJobModeResponse()

    @operation(Access.READ_MEDIA, NoRecordingJob)
    async def get_recording_job_state(self, request: m.GetRecordingJobState) -> m.GetRecordingJobStateResponse:
        """Tell what a job does.   Spec: RecordingControl 19.06 § GetRecordingJobState"""
        state = self._jobs.state(request.job_token)
        return m.GetRecordingJobStateResponse(state=RecordingJobStateInformation.of(state))

    @operation(Access.READ_MEDIA, NoRecording)
    async def get_recording_options(self, request: m.GetRecordingOptions) -> m.GetRecordingOptionsResponse:
        """Tell what can be added to a recording now.   Spec: RecordingControl 19.06 § GetRecordingOptions"""
        options = self._jobs.options(request.recording_token)
        job = m.JobOptions(spare=options.spare_jobs or None, compatible_sources=options.compatible_sources)
        return m.GetRecordingOptionsResponse(options=m.RecordingOptions(job=job, track=_track_options(options)))


def _track_options(options: RecordingOptions) -> m.TrackOptions:
    # "If not present, no tracks can be created" -- RecordingControl 19.06 § GetRecordingOptions
    return m.TrackOptions(
        spare_total=sum(options.spare_tracks.values()) or None,
        spare_video=options.spare_tracks[MediaKind.VIDEO] or None,
        spare_audio=options.spare_tracks[MediaKind.AUDIO] or None,
        spare_metadata=options.spare_tracks[MediaKind.METADATA] or None,
    )
