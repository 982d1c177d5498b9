"""The media room as one part of the station: cameras, microphones, metadata, and the profiles made of them."""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.clock import Clock
from argus.base.events import EventBus
from argus.linux.v4l2 import SimulatedVideoDevices, VideoDevices
from argus.media.audio_source import AudioSource
from argus.media.capture_clock import CaptureClock
from argus.media.gstreamer.engine import Gstreamer
from argus.media.hub import StreamHub
from argus.media.profiles import MediaProfiles
from argus.media.settings import SourceKind
from argus.media.source import VideoSource
from argus.onvif.events.notification import Notifications
from argus.onvif.events.topics import TopicSet
from argus.onvif.metadata.analytics import SimulatedAnalytics
from argus.onvif.metadata.source import MetadataSource
from argus.onvif.recording.items import ELEMENT_ITEMS
from argus.station.board import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaParts:
    """The media room, ready."""

    cameras: tuple[VideoSource, ...]
    microphones: tuple[AudioSource, ...]
    metadata: tuple[MetadataSource, ...]
    profiles: MediaProfiles

    @property
    def subsystems(self) -> tuple[VideoSource | AudioSource | MetadataSource, ...]:
        return (*self.cameras, *self.microphones, *self.metadata)

    @property
    def hubs(self) -> tuple[StreamHub, ...]:
        """The stream of every profile, in every kind it has."""
        return tuple(hub for profile in self.profiles.all() for hub in self.profiles.hubs(profile.token))


def make_media(board: Board, clock: Clock, events: EventBus, topics: TopicSet) -> MediaParts:
    """Everything the board says. `topics` are those of which events are told."""
    # One capture clock for all, so that sound, pictures and metadata agree while the wall clock is set.
    engine, times = Gstreamer(clock), CaptureClock(clock)
    devices, notifications = _video_devices(board), Notifications(ELEMENT_ITEMS)
    cameras = tuple(
        VideoSource(one.settings, one.streams, clock, engine, devices, times) for one in board.video_sources
    )
    microphones = tuple(AudioSource(one.settings, one.streams, clock, engine, times) for one in board.audio_sources)
    metadata = tuple(
        MetadataSource(camera.settings.token, events, notifications, topics, clock, times, _analytics(camera))
        for camera in cameras
        if any(stream.metadata for stream in camera.streams)
    )
    return MediaParts(
        cameras=cameras,
        microphones=microphones,
        metadata=metadata,
        profiles=MediaProfiles(cameras, microphones, metadata),
    )


def _analytics(camera: VideoSource) -> SimulatedAnalytics | None:
    """Only the test card is understood."""
    if camera.settings.kind is not SourceKind.TEST:
        return None
    hub = camera.hub(camera.streams[0].token)
    return SimulatedAnalytics(camera.settings, lambda: hub.health().last_utc_us)


def _video_devices(board: Board) -> VideoDevices:
    if all(one.settings.kind is not SourceKind.V4L2 for one in board.video_sources):
        return SimulatedVideoDevices()
    # Imported here, because its library takes 4 MB that a board without such a camera has better use for.
    from argus.linux.video_devices import SystemVideoDevices

    return SystemVideoDevices()
