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
from argus.onvif.receiver.service import ReceiverService
from argus.onvif.receiver.topics import TOPICS as RECEIVER_TOPICS
from argus.onvif.recording.items import ELEMENT_ITEMS
from argus.onvif.recording.service import RecordingLimits, RecordingService
from argus.onvif.recording.topics import TOPICS as RECORDING_TOPICS
from argus.onvif.replay.configuration import ReplayConfiguration
from argus.onvif.replay.service import ReplayService
from argus.onvif.schedule.service import ScheduleService
from argus.onvif.schedule.topics import TOPICS as SCHEDULE_TOPICS
from argus.onvif.search.service import SearchService
from argus.onvif.uris import StreamUris
from argus.station.board import Board
from argus.station.choices import Launch
from argus.station.parts import Box, Footage

# What GetEventProperties tells about; everything in it is told.
LIVE_TOPICS = TopicSet((*RECORDING_TOPICS, *RECEIVER_TOPICS, *SCHEDULE_TOPICS, *DEVICE_TOPICS))
# What receivers take from cameras; what a board encodes is among it.
_RECEIVED = (Codec.H264, Codec.H265, Codec.JPEG, Codec.PCMU, Codec.AAC, Codec.METADATA)


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
        ReceiverService(footage.receivers),
        ScheduleService(box.schedules),
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
    """What can be recorded: whatever a receiver takes, and at the rates the board states."""
    return RecordingLimits(
        encodings=_RECEIVED,
        max_rate_kbps=board.limits.recording_rate_bps / 1_000,
        max_total_rate_kbps=board.limits.total_rate_bps / 1_000,
    )
