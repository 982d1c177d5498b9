"""A recording device asked over SOAP: real services and endpoint on the store's twins; every answer is checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.unit.onvif.asking import BASE_URL, SPACES, Asking, Everyone, Refusal, texts
from tests.unit.store.house import House

from argus.base.access_unit import Codec, StreamFormat
from argus.base.units import to_datetime
from argus.onvif.endpoint import Endpoint
from argus.onvif.events.notification import Notifications
from argus.onvif.events.pull_points import PullPoints
from argus.onvif.events.service import EventService
from argus.onvif.recording.items import ELEMENT_ITEMS
from argus.onvif.recording.service import RecordingLimits, RecordingService
from argus.onvif.replay.configuration import ReplayConfiguration
from argus.onvif.replay.service import ReplayService
from argus.onvif.search.service import SearchService
from argus.onvif.uris import StreamUris
from argus.station.services import LIVE_TOPICS

__all__ = ["BASE_URL", "SPACES", "RecorderDevice", "Refusal", "texts"]

H264 = StreamFormat(codec=Codec.H264, width=1280, height=720, frame_rate=25.0)
PROFILE = "http://www.onvif.org/ver10/schema/Profile"
SOURCE = (
    "<tt:Source><tt:SourceId>{id}</tt:SourceId><tt:Name>{name}</tt:Name><tt:Location>{location}</tt:Location>"
    "<tt:Description>{description}</tt:Description><tt:Address>{id}</tt:Address></tt:Source>"
)


class MemorySettings:
    """Settings that live as long as the test."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    async def put(self, values: Mapping[str, str]) -> None:
        self.values.update(values)


class RecorderDevice(Asking, House):
    """The house with ONVIF services on it."""

    def open(self) -> None:
        super().open()
        if not hasattr(self, "settings"):
            self.settings = MemorySettings()
        self.guard = Everyone()
        self.pull_points = PullPoints(self.events, self.clock, max_pull_points=4)
        notifications = Notifications(ELEMENT_ITEMS)
        limits = RecordingLimits(encodings=(Codec.H264,), max_rate_kbps=20_000, max_total_rate_kbps=40_000)
        self.services = (
            EventService(LIVE_TOPICS, self.pull_points, notifications, self.clock),
            RecordingService(self.catalog, self.jobs, limits),
            SearchService(self.searches, self.timeline, notifications),
            ReplayService(self.catalog, ReplayConfiguration(self.settings), StreamUris(8554)),
        )
        self.endpoint = Endpoint(self.services, self.guard, self.clock)

    async def create_recording(self, **parts: str) -> str:
        answer = await self.ask(f"<trc:CreateRecording>{recording_configuration(**parts)}</trc:CreateRecording>")
        return texts(answer, "trc:RecordingToken")[0]

    async def create_job(self, recording: str, mode: str = "Active", priority: int = 1) -> str:
        configuration = job_configuration(recording, mode=mode, priority=priority)
        answer = await self.ask(f"<trc:CreateRecordingJob>{configuration}</trc:CreateRecordingJob>")
        return texts(answer, "trc:JobToken")[0]

    def record(self, recording: str, start_s: float, end_s: float) -> tuple[str, str]:
        """Put footage on the video track, in seconds from now; its times as a client reads them."""
        now_us = self.clock.utc_us()
        start_us, end_us = now_us + int(start_s * 1e6), now_us + int(end_s * 1e6)
        self.footage.add(self.video_track_id(self.catalog.recordings()[0].token), start_us, end_us, H264)
        assert recording == self.catalog.recordings()[0].token
        return stamp(start_us), stamp(end_us)

    def at(self, seconds: float) -> str:
        return stamp(self.clock.utc_us() + int(seconds * 1e6))


def new_device(path: Path) -> RecorderDevice:
    return RecorderDevice(path / "store.sqlite")


def stamp(utc_us: int) -> str:
    return to_datetime(utc_us).replace(tzinfo=None).isoformat() + "Z"


def recording_configuration(
    *,
    id: str = "urn:x",
    name: str = "Quay",
    location: str = "",
    description: str = "",
    content: str = "c",
    retention: str = "PT0S",
) -> str:
    source = SOURCE.format(id=id, name=name, location=location, description=description)
    return (
        f"<trc:RecordingConfiguration>{source}<tt:Content>{content}</tt:Content>"
        f"<tt:MaximumRetentionTime>{retention}</tt:MaximumRetentionTime></trc:RecordingConfiguration>"
    )


def job_configuration(
    recording: str, *, mode: str = "Active", priority: int = 1, source: str | None = None, schedule: str = ""
) -> str:
    if source is None:
        source = f'<tt:Source><tt:SourceToken Type="{PROFILE}"><tt:Token>main</tt:Token></tt:SourceToken></tt:Source>'
    attribute = f' ScheduleToken="{schedule}"' if schedule else ""
    return (
        f"<trc:JobConfiguration{attribute}><tt:RecordingToken>{recording}</tt:RecordingToken><tt:Mode>{mode}</tt:Mode>"
        f"<tt:Priority>{priority}</tt:Priority>{source}</trc:JobConfiguration>"
    )
