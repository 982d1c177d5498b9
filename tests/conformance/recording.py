"""The words of Recording Control: configurations as values, and calls that speak of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from xml.sax.saxutils import quoteattr

from tests.conformance.client import Client
from tests.conformance.names import NAMESPACES, Element, child, one, request, text

RECEIVER_SOURCE = "http://www.onvif.org/ver10/schema/Receiver"
PROFILE_SOURCE = "http://www.onvif.org/ver10/schema/Profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """tt:RecordingConfiguration."""

    source_id: str = "urn:conformance:source"
    name: str = "Conformance"
    location: str = "Test bench"
    description: str = "Made by a conformance test"
    address: str = "http://192.0.2.1/onvif"
    content: str = "Entrance"
    retention: str = "PT0S"

    def xml(self, extra: str = "") -> str:
        """`extra` goes to the end, where the schema has xs:any."""
        source = (
            child("tt:SourceId", self.source_id)
            + child("tt:Name", self.name)
            + child("tt:Location", self.location)
            + child("tt:Description", self.description)
            + child("tt:Address", self.address)
        )
        inner = child("tt:Content", self.content) + child("tt:MaximumRetentionTime", self.retention)
        return f"<trc:RecordingConfiguration><tt:Source>{source}</tt:Source>{inner}{extra}</trc:RecordingConfiguration>"

    @classmethod
    def of(cls, element: Element) -> Recording:
        names = ("SourceId", "Name", "Location", "Description", "Address")
        identity, name, location, description, address = (text(element, f"tt:Source/tt:{each}") for each in names)
        return cls(
            source_id=identity,
            name=name,
            location=location,
            description=description,
            address=address,
            content=text(element, "tt:Content"),
            retention=text(element, "tt:MaximumRetentionTime"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """tt:RecordingJobSource; `token` None leaves SourceToken out, "" writes an empty one."""

    token: str | None = None
    type: str = PROFILE_SOURCE
    auto_create: bool | None = None
    tracks: tuple[tuple[str, str], ...] = ()

    def xml(self) -> str:
        token = ""
        if self.token is not None:
            token = f"<tt:SourceToken Type={quoteattr(self.type)}>{child('tt:Token', self.token)}</tt:SourceToken>"
        auto = "" if self.auto_create is None else child("tt:AutoCreateReceiver", str(self.auto_create).lower())
        tracks = "".join(
            f"<tt:Tracks>{child('tt:SourceTag', tag)}{child('tt:Destination', destination)}</tt:Tracks>"
            for tag, destination in self.tracks
        )
        return f"<tt:Source>{token}{auto}{tracks}</tt:Source>"

    @classmethod
    def of(cls, element: Element) -> Source:
        reference = element.find("tt:SourceToken", NAMESPACES)
        auto = element.findtext("tt:AutoCreateReceiver", None, NAMESPACES)
        tracks = element.iterfind("tt:Tracks", NAMESPACES)
        return cls(
            token=None if reference is None else text(reference, "tt:Token"),
            type=RECEIVER_SOURCE if reference is None else reference.get("Type", RECEIVER_SOURCE),
            auto_create=None if auto is None else auto in ("true", "1"),
            tracks=tuple((text(track, "tt:SourceTag"), text(track, "tt:Destination")) for track in tracks),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """tt:RecordingJobConfiguration."""

    recording: str
    mode: str = "Idle"
    priority: int = 1
    sources: tuple[Source, ...] = ()
    schedule: str | None = None

    def xml(self, extra: str = "") -> str:
        attribute = "" if self.schedule is None else f" ScheduleToken={quoteattr(self.schedule)}"
        inner = (
            child("tt:RecordingToken", self.recording)
            + child("tt:Mode", self.mode)
            + child("tt:Priority", self.priority)
            + "".join(source.xml() for source in self.sources)
            + extra
        )
        return f"<trc:JobConfiguration{attribute}>{inner}</trc:JobConfiguration>"

    @classmethod
    def of(cls, element: Element) -> Job:
        return cls(
            recording=text(element, "tt:RecordingToken"),
            mode=text(element, "tt:Mode"),
            priority=int(text(element, "tt:Priority")),
            sources=tuple(Source.of(source) for source in element.iterfind("tt:Source", NAMESPACES)),
            schedule=element.get("ScheduleToken"),
        )

    def to(self, **changes: object) -> Job:
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    token: str
    state: str
    tracks: tuple[tuple[str, str, str, str], ...]  # tag, destination, error, state


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """tt:RecordingJobStateInformation."""

    recording: str
    state: str
    sources: tuple[SourceState, ...]
    element: Element = field(compare=False, repr=False)

    @classmethod
    def of(cls, element: Element) -> JobState:
        return cls(
            recording=text(element, "tt:RecordingToken"),
            state=text(element, "tt:State"),
            sources=tuple(_source_state(source) for source in element.iterfind("tt:Sources", NAMESPACES)),
            element=element,
        )

    def track_states(self) -> list[str]:
        return [track[3] for source in self.sources for track in source.tracks]


def _source_state(element: Element) -> SourceState:
    tracks = element.iterfind("tt:Tracks/tt:Track", NAMESPACES)
    return SourceState(
        token=text(element, "tt:SourceToken/tt:Token"),
        state=text(element, "tt:State"),
        tracks=tuple(
            (
                text(track, "tt:SourceTag"),
                text(track, "tt:Destination"),
                track.findtext("tt:Error", "", NAMESPACES),
                text(track, "tt:State"),
            )
            for track in tracks
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """trc:RecordingOptions; an absent number is 0, an absent Track element makes `tracks` None."""

    spare_jobs: int
    compatible_sources: tuple[str, ...]
    tracks: dict[str, int] | None


class RecordingControl:
    """The recording service as one client uses it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def recordings(self) -> dict[str, Element]:
        """The items of GetRecordings by recording token."""
        answer = self.client.call("<trc:GetRecordings/>")
        items = answer.findall("trc:RecordingItem", NAMESPACES)
        found = {text(item, "tt:RecordingToken"): item for item in items}
        assert len(found) == len(items), "a recording token is listed twice"
        return found

    def tracks(self, recording: str) -> dict[str, str]:
        """Track types by track token, as GetRecordings lists them."""
        found = self.recordings()[recording].iterfind("tt:Tracks/tt:Track", NAMESPACES)
        return {text(track, "tt:TrackToken"): text(track, "tt:Configuration/tt:TrackType") for track in found}

    def create(self, configuration: Recording, extra: str = "") -> str:
        body = f"<trc:CreateRecording>{configuration.xml(extra)}</trc:CreateRecording>"
        return text(self.client.call(body, malformed=bool(extra)), "trc:RecordingToken")

    def configuration(self, recording: str) -> Recording:
        answer = self.client.call(request("trc:GetRecordingConfiguration", RecordingToken=recording))
        return Recording.of(one(answer, "trc:RecordingConfiguration"))

    def configure(self, recording: str, configuration: Recording) -> None:
        self.client.call(self.set_configuration(recording, configuration))

    @staticmethod
    def set_configuration(recording: str, configuration: Recording) -> str:
        inner = child("trc:RecordingToken", recording) + configuration.xml()
        return f"<trc:SetRecordingConfiguration>{inner}</trc:SetRecordingConfiguration>"

    def delete(self, recording: str) -> None:
        self.client.call(request("trc:DeleteRecording", RecordingToken=recording))

    def options(self, recording: str) -> Options:
        answer = self.client.call(request("trc:GetRecordingOptions", RecordingToken=recording))
        job, track = one(answer, "trc:Options/trc:Job"), answer.find("trc:Options/trc:Track", NAMESPACES)
        return Options(
            spare_jobs=int(job.get("Spare", "0")),
            compatible_sources=tuple(job.get("CompatibleSources", "").split()),
            tracks=None if track is None else {str(k).removeprefix("Spare"): int(v) for k, v in track.attrib.items()},
        )

    def track(self, recording: str, track: str) -> tuple[str, str]:
        """Type and description of a track."""
        answer = self.client.call(request("trc:GetTrackConfiguration", RecordingToken=recording, TrackToken=track))
        found = one(answer, "trc:TrackConfiguration")
        return text(found, "tt:TrackType"), text(found, "tt:Description")

    def configure_track(self, recording: str, track: str, kind: str, description: str) -> None:
        self.client.call(set_track(recording, track, kind, description))

    def create_track(self, recording: str, kind: str, description: str = "") -> str:
        return text(self.client.call(create_track(recording, kind, description)), "trc:TrackToken")

    def delete_track(self, recording: str, track: str) -> None:
        self.client.call(request("trc:DeleteTrack", RecordingToken=recording, TrackToken=track))

    def jobs(self) -> dict[str, Job]:
        answer = self.client.call("<trc:GetRecordingJobs/>")
        items = answer.findall("trc:JobItem", NAMESPACES)
        found = {text(item, "tt:JobToken"): Job.of(one(item, "tt:JobConfiguration")) for item in items}
        assert len(found) == len(items), "a job token is listed twice"
        return found

    def create_job(self, job: Job, extra: str = "") -> tuple[str, Job]:
        """Token and configuration in use."""
        answer = self.client.call(create_job(job, extra), malformed=bool(extra))
        return text(answer, "trc:JobToken"), Job.of(one(answer, "trc:JobConfiguration"))

    def job(self, token: str) -> Job:
        return Job.of(self.job_element(token))

    def job_element(self, token: str) -> Element:
        answer = self.client.call(request("trc:GetRecordingJobConfiguration", JobToken=token))
        return one(answer, "trc:JobConfiguration")

    def configure_job(self, token: str, job: Job) -> Job:
        return Job.of(one(self.client.call(set_job(token, job)), "trc:JobConfiguration"))

    def set_mode(self, token: str, mode: str) -> None:
        self.client.call(request("trc:SetRecordingJobMode", JobToken=token, Mode=mode))

    def state(self, token: str) -> JobState:
        answer = self.client.call(request("trc:GetRecordingJobState", JobToken=token))
        return JobState.of(one(answer, "trc:State"))

    def delete_job(self, token: str) -> None:
        self.client.call(request("trc:DeleteRecordingJob", JobToken=token))


def create_job(job: Job, extra: str = "") -> str:
    return f"<trc:CreateRecordingJob>{job.xml(extra)}</trc:CreateRecordingJob>"


def set_job(token: str, job: Job) -> str:
    inner = child("trc:JobToken", token) + job.xml()
    return f"<trc:SetRecordingJobConfiguration>{inner}</trc:SetRecordingJobConfiguration>"


def _track(kind: str, description: str) -> str:
    inner = child("tt:TrackType", kind) + child("tt:Description", description)
    return f"<trc:TrackConfiguration>{inner}</trc:TrackConfiguration>"


def create_track(recording: str, kind: str, description: str = "") -> str:
    inner = child("trc:RecordingToken", recording) + _track(kind, description)
    return f"<trc:CreateTrack>{inner}</trc:CreateTrack>"


def set_track(recording: str, track: str, kind: str, description: str) -> str:
    inner = child("trc:RecordingToken", recording) + child("trc:TrackToken", track) + _track(kind, description)
    return f"<trc:SetTrackConfiguration>{inner}</trc:SetTrackConfiguration>"
