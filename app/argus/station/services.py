"""The ONVIF services of the station behind their one endpoint."""

from __future__ import annotations

from argus.base.access_unit import Codec
from argus.base.clock import Clock
from argus.base.events import EventBus
from argus.media.profiles import MediaProfiles
from argus.onvif.device.capabilities import DeviceService
from argus.onvif.device.network import DeviceNetworkService
from argus.onvif.device.scopes import DeviceScopesService
from argus.onvif.device.system import DeviceSystemService
from argus.onvif.device.topics import TOPICS as DEVICE_TOPICS
from argus.onvif.device.users import DeviceUsersService
from argus.onvif.endpoint import Endpoint
from argus.onvif.events.notification import Notifications
from argus.onvif.events.pull_points import PullPoints
from argus.onvif.events.service import EventService
from argus.onvif.events.topics import TopicSet
from argus.onvif.media.service import MediaService
from argus.onvif.recording.items import ELEMENT_ITEMS
from argus.onvif.recording.service import RecordingLimits, RecordingService
from argus.onvif.recording.topics import TOPICS as RECORDING_TOPICS
from argus.onvif.replay.configuration import ReplayConfiguration
from argus.onvif.replay.service import ReplayService
from argus.onvif.search.service import SearchService
from argus.onvif.uris import StreamUris
from argus.station.board import Board
from argus.station.choices import Launch
from argus.station.parts import Box, Footage

# What GetEventProperties tells about; everything in it is told.
LIVE_TOPICS = TopicSet((*RECORDING_TOPICS, *DEVICE_TOPICS))


def make_endpoint(
    launch: Launch,
    box: Box,
    footage: Footage,
    profiles: MediaProfiles,
    events: EventBus,
    replay: ReplayConfiguration,
    clock: Clock,
) -> Endpoint:
    """Every service of the device; the ones listed here are the ones GetServices tells about."""
    uris = StreamUris(launch.rtsp[1])
    notifications = Notifications(ELEMENT_ITEMS)
    advertised = (
        MediaService(profiles, uris),
        EventService(LIVE_TOPICS, PullPoints(events, clock), notifications, clock),
        RecordingService(footage.catalog, footage.jobs, _limits(launch.board)),
        SearchService(footage.searches, footage.timeline, notifications),
        ReplayService(footage.catalog, replay, uris),
    )
    device = (
        DeviceService(advertised, ipv6=":" in launch.http[0]),
        DeviceSystemService(box.identity, box.system),
        DeviceNetworkService(box.network),
        DeviceScopesService(box.scopes),
        DeviceUsersService(box.users),
    )
    return Endpoint((*device, *advertised), box.authenticator, clock)


def _limits(board: Board) -> RecordingLimits:
    """What can be recorded is what the board encodes."""
    streams = [stream for source in board.video_sources for stream in source.streams]
    return RecordingLimits(
        encodings=tuple(dict.fromkeys(Codec(stream.codec) for stream in streams)),
        max_rate_kbps=max(stream.bitrate_bps for stream in streams) / 1_000,
        max_total_rate_kbps=sum(stream.bitrate_bps for stream in streams) / 1_000,
    )
