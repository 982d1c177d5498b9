"""A recording device asked over SOAP: real services and endpoint on the store's twins; every answer is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from tests.contract.schemas import official_schemas
from tests.unit.store.house import House

from argus.base.access import Caller, UserLevel, UsernameToken
from argus.base.access_unit import Codec, StreamFormat
from argus.base.units import to_datetime
from argus.onvif.endpoint import Challenge, Endpoint, HttpCall
from argus.onvif.events.notification import Notifications
from argus.onvif.events.pull_points import PullPoints
from argus.onvif.events.service import EventService
from argus.onvif.recording.items import ELEMENT_ITEMS
from argus.onvif.recording.service import RecordingLimits, RecordingService
from argus.onvif.replay.configuration import ReplayConfiguration
from argus.onvif.replay.service import ReplayService
from argus.onvif.search.service import SearchService
from argus.onvif.uris import StreamUris
from argus.soap.namespaces import ENV, TEV, TNS1, TRC, TRP, TSE, TT, WSA, WSNT, Element

SPACES = {
    "s": ENV,
    "trc": TRC,
    "tse": TSE,
    "trp": TRP,
    "tev": TEV,
    "tt": TT,
    "wsnt": WSNT,
    "wsa": WSA,
    "tns1": TNS1,
}
H264 = StreamFormat(codec=Codec.H264, width=1280, height=720, frame_rate=25.0)
BASE_URL = "http://192.0.2.7:8080"
PROFILE = "http://www.onvif.org/ver10/schema/Profile"
SOURCE = (
    "<tt:Source><tt:SourceId>{id}</tt:SourceId><tt:Name>{name}</tt:Name><tt:Location>{location}</tt:Location>"
    "<tt:Description>{description}</tt:Description><tt:Address>{id}</tt:Address></tt:Source>"
)


class Everyone:
    """Lets the named level in."""

    level = UserLevel.ADMINISTRATOR

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str) -> Caller | Challenge:
        return Caller(username="anna", level=self.level)

    def username_token(self, token: UsernameToken, *, peer: str) -> Caller:
        raise AssertionError("not used")


class MemorySettings:
    """Settings that live as long as the test."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    async def put(self, values: Mapping[str, str]) -> None:
        self.values.update(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A fault as a client sees it: HTTP status, codes joined by slashes, and the fault itself."""

    status: int
    code: str
    element: Element


class RecorderDevice(House):
    """The house with ONVIF services on it."""

    def open(self) -> None:
        super().open()
        if not hasattr(self, "settings"):
            self.settings = MemorySettings()
        self.guard = Everyone()
        self.pull_points = PullPoints(self.events, self.clock, max_pull_points=4)
        notifications = Notifications(ELEMENT_ITEMS)
        limits = RecordingLimits(encodings=(Codec.H264,), max_rate_kbps=20_000, max_total_rate_kbps=40_000)
        services = (
            EventService(self.pull_points, notifications, self.clock),
            RecordingService(self.catalog, self.jobs, limits),
            SearchService(self.searches, self.timeline, notifications),
            ReplayService(self.catalog, ReplayConfiguration(self.settings), StreamUris(8554)),
        )
        self.endpoint = Endpoint(services, self.guard, self.clock)

    async def send(self, body: str, *, path: str = "", header: str = "", base_url: str = BASE_URL) -> Element | Refusal:
        """The element in the answer's body. The answer is valid, and it is one to this request."""
        declarations = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
        request = f"<s:Envelope {declarations}><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        answer = await self.endpoint.answer(
            HttpCall(
                method="POST",
                path=path or "/onvif/device_service",
                uri=path or "/onvif/device_service",
                headers={"content-type": "application/soap+xml"},
                body=request.encode(),
                base_url=base_url,
            )
        )
        problems = official_schemas().validate_pair(request.encode(), answer.body)
        assert not problems, problems
        found = etree.fromstring(answer.body).find("s:Body/*", SPACES)
        assert found is not None
        if found.tag != f"{{{ENV}}}Fault":
            assert answer.status == 200
            return found
        values = [value.text or "" for value in found.findall(".//s:Value", SPACES)]
        return Refusal(status=answer.status, code="/".join(v.partition(":")[2] for v in values), element=found)

    async def ask(self, body: str, *, path: str = "", header: str = "", base_url: str = BASE_URL) -> Element:
        answer = await self.send(body, path=path, header=header, base_url=base_url)
        assert not isinstance(answer, Refusal), answer.code
        return answer

    async def refused(self, body: str, *, path: str = "", header: str = "") -> str:
        """The code of the fault, which has the HTTP status of its side."""
        answer = await self.send(body, path=path, header=header)
        assert isinstance(answer, Refusal)
        assert answer.status == (400 if answer.code.startswith("Sender") else 500)
        return answer.code

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


def texts(element: Element, path: str) -> list[str]:
    return [found.text or "" for found in element.findall(path, SPACES)]


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
