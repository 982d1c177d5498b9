"""How the station is, gathered from the rooms into one document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from argus.base.units import to_iso
from argus.device.identity import Identity
from argus.device.network import Network
from argus.media.profiles import MediaProfiles
from argus.media.source import VideoSource
from argus.station.status import (
    Address,
    DeviceStatus,
    ProfileStatus,
    RecordingStatus,
    StationStatus,
    StorageStatus,
    VideoSourceStatus,
)
from argus.store.catalog import Catalog
from argus.store.health import WriterState
from argus.store.storage import Storage
from argus.store.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Reads the state of every room; asking has no side effect."""

    identity: Identity
    network: Network
    profiles: MediaProfiles
    sources: Sequence[VideoSource]
    catalog: Catalog
    timeline: Timeline
    ring: Storage
    volume: Path
    addresses: Callable[[str], list[Address]]

    def status(self, *, ready: bool, base_url: str = "") -> StationStatus:
        """The whole state. `base_url` is how the asker reaches the station, where it came over HTTP."""
        sources = [_source(source) for source in self.sources]
        storage = self._storage()
        problems = [f"{source['name']}: {source['problem']}" for source in sources if source["problem"]]
        if storage["state"] != WriterState.OK:
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
            recordings=self._recordings(),
            storage=storage,
        )

    def _recordings(self) -> list[RecordingStatus]:
        found = []
        for recording in self.catalog.recordings():
            information = self.timeline.information(recording.token)
            found.append(
                RecordingStatus(
                    token=recording.token,
                    name=recording.configuration.source.name,
                    status=information.status.value,
                    since=_iso(information.earliest_us),
                    until=_iso(information.latest_us),
                )
            )
        return found

    def _storage(self) -> StorageStatus:
        health, occupancy = self.ring.health(), self.ring.occupancy()
        return StorageStatus(
            volume=str(self.volume),
            state=health.state.value,
            detail=health.detail,
            used_bytes=occupancy.used_bytes,
            total_bytes=occupancy.total_bytes,
            oldest=_iso(occupancy.oldest_us),
            last_durable=_iso(health.last_durable_utc_us),
            dropped_frames=health.dropped_units,
            damaged=health.damaged,
        )


def _source(source: VideoSource) -> VideoSourceStatus:
    health = source.health()
    return VideoSourceStatus(
        token=source.settings.token,
        name=source.settings.name,
        state="running" if health.running else "waiting",
        problem=health.failure or "",
        frames=source.heartbeat.beats,
    )


def _iso(utc_us: int | None) -> str:
    return "" if utc_us is None else to_iso(utc_us)
