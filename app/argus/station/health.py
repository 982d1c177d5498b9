"""How the station is, gathered from the rooms into one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from argus.base.tokens import ReceiverToken
from argus.base.units import to_iso
from argus.device.identity import Identity
from argus.device.network import Network
from argus.device.schedule.schedules import Schedules
from argus.media.audio_source import AudioSource
from argus.media.profiles import MediaProfiles
from argus.media.source import VideoSource
from argus.rtsp.receiving.reception import Reception
from argus.station.requests import share_text
from argus.station.status import (
    Address,
    AudioSourceStatus,
    DeviceStatus,
    JobStatus,
    ProfileStatus,
    ReceiverStatus,
    RecordingStatus,
    ScheduleStatus,
    StationStatus,
    StorageStatus,
    VideoSourceStatus,
)
from argus.store.medium.readback import ReadBackCounters
from argus.store.medium.storage_fault import StorageFault
from argus.store.medium.storage_state import StorageState
from argus.store.recording.catalog import Catalog
from argus.store.recording.feed import RecorderCounters
from argus.store.recording.jobs import Jobs
from argus.store.recording.quotas import Quota
from argus.store.recording.receiver_rules import without_credentials
from argus.store.recording.receivers import Receivers
from argus.store.recording.recordings import Job, JobState
from argus.store.ring.health import Occupancy
from argus.store.search.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Reads the state of every room; asking has no side effect."""

    identity: Identity
    network: Network
    profiles: MediaProfiles
    sources: Sequence[VideoSource]
    microphones: Sequence[AudioSource]
    catalog: Catalog
    jobs: Jobs
    receivers: Receivers
    reception: Callable[[ReceiverToken], Reception | None]
    schedules: Schedules
    timeline: Timeline
    recorder: RecorderCounters
    fault: StorageFault
    occupancy: Callable[[], Occupancy]
    usage: Callable[[], Mapping[str, int]]
    quotas: Callable[[], Sequence[Quota]]
    read_back: ReadBackCounters
    volume: Path
    addresses: Callable[[str], list[Address]]

    def status(self, *, ready: bool, base_url: str = "") -> StationStatus:
        """The whole state. `base_url` is how the asker reaches the station, where it came over HTTP."""
        sources = [_source(source) for source in self.sources]
        microphones = [_microphone(source) for source in self.microphones]
        storage, receivers, jobs = self._storage(), self._receivers(), [self._job(job) for job in self.jobs.jobs()]
        recordings = self._recordings(jobs)
        problems = [
            *(f"{source['name']}: {source['problem']}" for source in (*sources, *microphones) if source["problem"]),
            *(f"receiver {one['uri'] or one['token']}: {one['problem']}" for one in receivers if one["problem"]),
            *_in_error(jobs, {recording["token"]: recording["name"] for recording in recordings}),
        ]
        if storage["state"] != StorageState.OK:
            problems.append(f"storage: {storage['state']} {storage['detail']}".strip())
        return StationStatus(
            ready=ready,
            ok=not problems,
            problems=problems,
            device=DeviceStatus(
                model=self.identity.model,
                firmware_version=self.identity.firmware_version,
                serial_number=self.identity.serial_number,
                hostname=self.network.hostname(),
                endpoint=self.identity.endpoint_address,
            ),
            addresses=self.addresses(base_url),
            profiles=[ProfileStatus(token=profile.token, name=profile.name) for profile in self.profiles.all()],
            video_sources=sources,
            audio_sources=microphones,
            recordings=recordings,
            jobs=jobs,
            receivers=receivers,
            schedules=[
                ScheduleStatus(token=one.token, name=one.name, active=self.schedules.is_active(one.token) is True)
                for one in self.schedules.all()
            ],
            storage=storage,
        )

    def _recordings(self, jobs: Sequence[JobStatus]) -> list[RecordingStatus]:
        found = []
        problems: dict[str, list[str]] = {}
        for job in jobs:
            if job["problem"]:
                problems.setdefault(job["recording"], []).append(job["problem"])
        usage, shares = self.usage(), {quota.recording: quota.share for quota in self.quotas()}
        for recording in self.catalog.recordings():
            information = self.timeline.information(recording.token)
            found.append(
                RecordingStatus(
                    token=recording.token,
                    name=recording.configuration.source.name,
                    status=information.status.value,
                    since=_iso(information.earliest_us),
                    until=_iso(information.latest_us),
                    used_bytes=usage.get(recording.token, 0),
                    share=share_text(shares.get(recording.token)),
                    problem="; ".join(dict.fromkeys(problems.get(recording.token, ()))),
                )
            )
        return found

    def _job(self, job: Job) -> JobStatus:
        state, configuration = self.jobs.state(job.token), job.configuration
        errors = (track.error for source in state.sources for track in source.tracks if track.error)
        return JobStatus(
            token=job.token,
            recording=configuration.recording,
            mode=configuration.mode.value,
            state=state.state.value,
            priority=configuration.priority,
            sources=[source.token for source in configuration.sources],
            schedule=configuration.schedule_token or "",
            problem="; ".join(dict.fromkeys(errors)),
        )

    def _receivers(self) -> list[ReceiverStatus]:
        found = []
        for receiver in self.receivers.all():
            reception = self.reception(receiver.token)
            found.append(
                ReceiverStatus(
                    token=receiver.token,
                    mode=receiver.configuration.mode.value,
                    state=self.receivers.state(receiver.token).value,
                    uri=without_credentials(receiver.configuration.media_uri),
                    problem=reception.failure if reception is not None else "",
                    failing_since=_iso(reception.failing_since_us if reception is not None else None),
                )
            )
        return found

    def _storage(self) -> StorageStatus:
        health, occupancy = self.fault.health(), self.occupancy()
        return StorageStatus(
            volume=str(self.volume),
            volume_uuid=health.volume_uuid,
            state=health.state.value,
            detail=health.detail,
            failure_told=self.fault.told,
            used_bytes=occupancy.used_bytes,
            total_bytes=occupancy.total_bytes,
            oldest=_iso(occupancy.oldest_us),
            last_durable=_iso(health.last_durable_utc_us),
            # What never reached the ring, and what the ring took and could not write.
            dropped_frames=self.recorder.lost_units + health.dropped_units,
            damaged=health.damaged,
            write_errors=health.write_errors,
            read_back_samples=self.read_back.samples,
            read_back_wrong=self.read_back.wrong,
        )


def _in_error(jobs: Sequence[JobStatus], names: Mapping[str, str]) -> list[str]:
    """A sentence for each job in Error; those that say the same are counted."""
    alike: dict[str, list[str]] = {}
    for job in jobs:
        if job["state"] == JobState.ERROR:
            alike.setdefault(job["problem"], []).append(names[job["recording"]] or job["token"])
    return [
        f"recording job of {found[0]}{f' and {len(found) - 1} more' if len(found) > 1 else ''}: {problem}"
        for problem, found in alike.items()
    ]


def _source(source: VideoSource) -> VideoSourceStatus:
    health = source.health()
    return VideoSourceStatus(
        token=source.settings.token,
        name=source.settings.name,
        state="running" if health.running else "waiting",
        problem=health.failure or "",
        frames=source.heartbeat.beats,
    )


def _microphone(source: AudioSource) -> AudioSourceStatus:
    health = source.health()
    return AudioSourceStatus(
        token=source.settings.token,
        name=source.settings.name,
        state="running" if health.running else "waiting",
        problem=health.failure or "",
        packets=source.heartbeat.beats,
    )


def _iso(utc_us: int | None) -> str:
    return "" if utc_us is None else to_iso(utc_us)
