"""Recording, searching and listening through SOAP, in the words the stories use."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from tests.harness.rtsp import RtspClient
from tests.harness.soap import NAMESPACES, Element, SoapClient, text, texts
from tests.harness.station import wait_for

PROFILE_TYPE = "http://www.onvif.org/ver10/schema/Profile"


def utc_us(iso: str) -> int:
    """An xs:dateTime that ends in Z."""
    assert iso.endswith("Z"), f"{iso} is not UTC"
    moment = datetime.fromisoformat(iso)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def now_us() -> int:
    return time.time_ns() // 1_000


def configuration(name: str = "Gate", retention: str = "PT0S", content: str = "Entrance") -> str:
    return (
        "<trc:RecordingConfiguration><tt:Source><tt:SourceId>urn:camera:1</tt:SourceId>"
        f"<tt:Name>{name}</tt:Name><tt:Location>Basement 1</tt:Location>"
        "<tt:Description>Ünïcode 漢字 🎥</tt:Description>"
        f"<tt:Address>http://192.0.2.1/</tt:Address></tt:Source><tt:Content>{content}</tt:Content>"
        f"<tt:MaximumRetentionTime>{retention}</tt:MaximumRetentionTime></trc:RecordingConfiguration>"
    )


@dataclass(frozen=True)
class Information:
    """tt:RecordingInformation, as far as the stories ask."""

    status: str
    earliest_us: int | None
    latest_us: int | None
    tracks: dict[str, tuple[int, int]]

    @property
    def length_s(self) -> float:
        if self.earliest_us is None or self.latest_us is None:
            return 0.0
        return (self.latest_us - self.earliest_us) / 1e6


@dataclass(frozen=True)
class Notification:
    topic: str
    operation: str
    utc_us: int
    source: dict[str, str]
    data: dict[str, str]
    elements: dict[str, Element]


@dataclass(frozen=True)
class HistoryEvent:
    """One result of FindEvents."""

    notification: Notification
    time_us: int
    track: str
    start_state: bool


class Recorder:
    """What one client does with the recording, search and replay services."""

    def __init__(self, soap: SoapClient) -> None:
        self.soap = soap

    def create_recording(self, name: str = "Gate", retention: str = "PT0S") -> str:
        body = f"<trc:CreateRecording>{configuration(name, retention)}</trc:CreateRecording>"
        return text(self.soap.call(body), "trc:RecordingToken")

    def set_configuration(self, recording: str, configured: str) -> None:
        token = f"<trc:RecordingToken>{recording}</trc:RecordingToken>"
        self.soap.call(f"<trc:SetRecordingConfiguration>{token}{configured}</trc:SetRecordingConfiguration>")

    def delete_recording(self, recording: str) -> None:
        token = f"<trc:RecordingToken>{recording}</trc:RecordingToken>"
        self.soap.call(f"<trc:DeleteRecording>{token}</trc:DeleteRecording>")

    def create_job(self, recording: str, profile: str = "Main", mode: str = "Active", priority: int = 1) -> str:
        source = f'<tt:SourceToken Type="{PROFILE_TYPE}"><tt:Token>{profile}</tt:Token></tt:SourceToken>'
        job = (
            f"<tt:RecordingToken>{recording}</tt:RecordingToken><tt:Mode>{mode}</tt:Mode>"
            f"<tt:Priority>{priority}</tt:Priority><tt:Source>{source}</tt:Source>"
        )
        body = f"<trc:CreateRecordingJob><trc:JobConfiguration>{job}</trc:JobConfiguration></trc:CreateRecordingJob>"
        return text(self.soap.call(body), "trc:JobToken")

    def set_mode(self, job: str, mode: str) -> None:
        body = f"<trc:JobToken>{job}</trc:JobToken><trc:Mode>{mode}</trc:Mode>"
        self.soap.call(f"<trc:SetRecordingJobMode>{body}</trc:SetRecordingJobMode>")

    def job_state(self, job: str) -> str:
        body = f"<trc:GetRecordingJobState><trc:JobToken>{job}</trc:JobToken></trc:GetRecordingJobState>"
        return text(self.soap.call(body), "trc:State/tt:State")

    def information(self, recording: str) -> Information:
        token = f"<tse:RecordingToken>{recording}</tse:RecordingToken>"
        answer = self.soap.call(f"<tse:GetRecordingInformation>{token}</tse:GetRecordingInformation>")
        found = answer.find("tse:RecordingInformation", NAMESPACES)
        assert found is not None
        earliest, latest = (found.findtext(f"tt:{name}Recording", "", NAMESPACES) for name in ("Earliest", "Latest"))
        tracks = {
            text(track, "tt:TrackToken"): (utc_us(text(track, "tt:DataFrom")), utc_us(text(track, "tt:DataTo")))
            for track in found.iterfind("tt:Track", NAMESPACES)
        }
        return Information(
            status=text(found, "tt:RecordingStatus"),
            earliest_us=utc_us(earliest) if earliest else None,
            latest_us=utc_us(latest) if latest else None,
            tracks=tracks,
        )

    def replay_uri(self, recording: str) -> str:
        setup = "<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
        body = f"<trp:StreamSetup>{setup}</trp:StreamSetup><trp:RecordingToken>{recording}</trp:RecordingToken>"
        return text(self.soap.call(f"<trp:GetReplayUri>{body}</trp:GetReplayUri>"), "trp:Uri")

    def replay(self, recording: str, **options: object) -> RtspClient:
        """A client set up to replay the recording."""
        return RtspClient(self.replay_uri(recording), **options).open()

    def stream_uri(self, profile: str = "Main") -> str:
        setup = "<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
        body = f"<trt:StreamSetup>{setup}</trt:StreamSetup><trt:ProfileToken>{profile}</trt:ProfileToken>"
        return text(self.soap.call(f"<trt:GetStreamUri>{body}</trt:GetStreamUri>"), "trt:MediaUri/tt:Uri")

    def record(self, seconds: float, name: str = "Gate", profile: str = "Main") -> tuple[str, str]:
        """A new recording with `seconds` of footage and its job, which goes on."""
        recording = self.create_recording(name)
        job = self.create_job(recording, profile)
        self.wait_for_footage(recording, seconds)
        return recording, job

    def wait_for_footage(self, recording: str, seconds: float) -> Information:
        def enough() -> Information | None:
            found = self.information(recording)
            return found if found.length_s >= seconds else None

        return wait_for(f"{seconds} s of footage", enough, seconds + 15)  # type: ignore[return-value]

    def wait_for_status(self, recording: str, status: str) -> Information:
        def reached() -> Information | None:
            found = self.information(recording)
            return found if found.status == status else None

        return wait_for(f"recording status {status}", reached)  # type: ignore[return-value]

    def history(
        self, recording: str, start_us: int, end_us: int | None = None, *, start_state: bool = False, topic: str = ""
    ) -> list[HistoryEvent]:
        """All results of FindEvents."""
        dialect = 'Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"'
        expression = f"<wsnt:TopicExpression {dialect}>{topic}</wsnt:TopicExpression>" if topic else ""
        end = f"<tse:EndPoint>{iso(end_us)}</tse:EndPoint>" if end_us is not None else ""
        body = (
            f"<tse:FindEvents><tse:StartPoint>{iso(start_us)}</tse:StartPoint>{end}"
            f"<tse:Scope><tt:IncludedRecordings>{recording}</tt:IncludedRecordings></tse:Scope>"
            f"<tse:SearchFilter>{expression}</tse:SearchFilter>"
            f"<tse:IncludeStartState>{str(start_state).lower()}</tse:IncludeStartState>"
            "<tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindEvents>"
        )
        token = text(self.soap.call(body), "tse:SearchToken")
        found: list[HistoryEvent] = []
        while True:
            results = self.soap.call(
                f"<tse:GetEventSearchResults><tse:SearchToken>{token}</tse:SearchToken>"
                "<tse:WaitTime>PT5S</tse:WaitTime></tse:GetEventSearchResults>"
            )
            for result in results.iterfind("tse:ResultList/tt:Result", NAMESPACES):
                event = result.find("tt:Event", NAMESPACES)
                assert event is not None
                found.append(
                    HistoryEvent(
                        notification=read_notification(event),
                        time_us=utc_us(text(result, "tt:Time")),
                        track=text(result, "tt:TrackToken"),
                        start_state=text(result, "tt:StartStateEvent") == "true",
                    )
                )
            if text(results, "tse:ResultList/tt:SearchState") == "Completed":
                return found

    def recordings(self) -> list[str]:
        return texts(self.soap.call("<trc:GetRecordings/>"), "trc:RecordingItem/tt:RecordingToken")


def iso(moment_us: int) -> str:
    moment = datetime.fromtimestamp(moment_us // 1_000_000).astimezone().utctimetuple()
    return time.strftime("%Y-%m-%dT%H:%M:%S", moment) + f".{moment_us % 1_000_000:06d}Z"


def read_notification(holder: Element) -> Notification:
    """wsnt:NotificationMessageHolderType with a tt:Message in it."""
    message = holder.find("wsnt:Message/tt:Message", NAMESPACES)
    assert message is not None

    def items(part: str) -> dict[str, str]:
        found = message.iterfind(f"tt:{part}/tt:SimpleItem", NAMESPACES)
        return {item.get("Name", ""): item.get("Value", "") for item in found}

    elements = message.iterfind("tt:Data/tt:ElementItem", NAMESPACES)
    return Notification(
        topic=text(holder, "wsnt:Topic"),
        operation=message.get("PropertyOperation", ""),
        utc_us=utc_us(message.get("UtcTime", "")),
        source=items("Source"),
        data=items("Data"),
        elements={item.get("Name", ""): item[0] for item in elements},
    )


@dataclass
class PullPoint:
    """A pull-point subscription; `seen` keeps everything it ever delivered."""

    soap: SoapClient
    topic: str = ""
    seen: list[Notification] = field(default_factory=list)

    def open(self) -> PullPoint:
        dialect = 'Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"'
        expression = f"<wsnt:TopicExpression {dialect}>{self.topic}</wsnt:TopicExpression>" if self.topic else ""
        answer = self.soap.call(
            f"<tev:CreatePullPointSubscription><tev:Filter>{expression}</tev:Filter>"
            "<tev:InitialTerminationTime>PT2M</tev:InitialTerminationTime></tev:CreatePullPointSubscription>"
        )
        address = text(answer, "tev:SubscriptionReference/wsa:Address")
        self._path = "/" + address.split("/", 3)[3]
        return self

    def pull(self, timeout_s: float = 1.0) -> list[Notification]:
        answer = self.soap.call(
            f"<tev:PullMessages><tev:Timeout>PT{timeout_s}S</tev:Timeout>"
            "<tev:MessageLimit>100</tev:MessageLimit></tev:PullMessages>",
            self._path,
        )
        found = [read_notification(holder) for holder in answer.iterfind("wsnt:NotificationMessage", NAMESPACES)]
        self.seen += found
        return found

    def wait_for(
        self, what: str, accept: Callable[[list[Notification]], bool], timeout_s: float = 20
    ) -> list[Notification]:
        """Pull until what was ever seen is accepted."""
        deadline = time.monotonic() + timeout_s
        while not accept(self.seen):
            assert time.monotonic() < deadline, f"{what}: {[(n.topic, n.source, n.data) for n in self.seen]}"
            self.pull()
        return self.seen

    def renew(self) -> None:
        self.soap.call("<wsnt:Renew><wsnt:TerminationTime>PT1M</wsnt:TerminationTime></wsnt:Renew>", self._path)

    def synchronize(self) -> None:
        self.soap.call("<tev:SetSynchronizationPoint/>", self._path)

    def unsubscribe(self) -> None:
        self.soap.call("<wsnt:Unsubscribe/>", self._path)


@contextmanager
def pull_point(soap: SoapClient, topic: str = ""):
    """A subscription that is given back in the end."""
    opened = PullPoint(soap, topic).open()
    try:
        yield opened
    finally:
        opened.unsubscribe()


def of_topic(notifications: list[Notification], topic: str) -> list[Notification]:
    """Those whose topic ends so."""
    return [notification for notification in notifications if notification.topic.endswith(topic)]
