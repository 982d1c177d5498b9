"""Cameras, a station that records them, and the hand that pulls the plugs."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from tests.harness.recorder import Recorder
from tests.harness.soap import SoapClient, text
from tests.harness.station import PASSWORD, StationProcess, wait_for, write_board
from tests.scenario.cameras import Camera
from tests.scenario.models import CAMERAS, Model
from tests.scenario.table import Action, Table

RECEIVER_TYPE = "http://www.onvif.org/ver10/schema/Receiver"
START_TIMEOUT_S = 40.0


@dataclass(frozen=True)
class Job:
    """A recording job by the names of the scenario: into which recording, from which camera.

    Its tracks are video, or video and audio; with `auto_create` it names none, and no receiver either.
    """

    name: str
    recording: str
    camera: str
    priority: int = 1
    mode: str = "Active"
    video_and_audio: bool = False
    scheduled: bool = False
    auto_create: bool = False


@dataclass
class Stage:
    """Everything of one scenario, by name."""

    station: StationProcess
    cameras: dict[str, Camera]
    jobs: tuple[Job, ...]
    always_connected: tuple[str, ...] = ()
    recording_tokens: dict[str, str] = field(default_factory=dict)
    receiver_tokens: dict[str, str] = field(default_factory=dict)
    job_tokens: dict[str, str] = field(default_factory=dict)
    schedule_token: str = ""
    deleted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.soap = SoapClient(self.station.url)
        self.recorder = Recorder(self.soap)

    def set_up(self) -> None:
        """Create recordings, receivers, and the jobs without a schedule."""
        for job in self.jobs:
            if job.recording not in self.recording_tokens:
                self.recording_tokens[job.recording] = self.recorder.create_recording(job.recording)
        created = {job.camera for job in self.jobs if job.auto_create}
        for name in self.cameras.keys() - created:
            answer = self.soap.call(f"<trv:CreateReceiver>{self._receiver(name)}</trv:CreateReceiver>")
            self.receiver_tokens[name] = text(answer, "trv:Receiver/tt:Token")
        for job in self.jobs:
            if not job.scheduled:
                self.create_job(job)

    def create_job(self, job: Job) -> None:
        schedule = f' ScheduleToken="{self.schedule_token}"' if job.scheduled else ""
        answer = self.soap.call(
            f"<trc:CreateRecordingJob><trc:JobConfiguration{schedule}>"
            f"<tt:RecordingToken>{self.recording_tokens[job.recording]}</tt:RecordingToken>"
            f"<tt:Mode>{job.mode}</tt:Mode><tt:Priority>{job.priority}</tt:Priority>"
            f"<tt:Source>{self._source(job)}</tt:Source></trc:JobConfiguration></trc:CreateRecordingJob>"
        )
        self.job_tokens[job.name] = text(answer, "trc:JobToken")
        if job.auto_create:
            token = text(answer, "trc:JobConfiguration/tt:Source/tt:SourceToken/tt:Token")
            self.receiver_tokens[job.camera] = token
            self.soap.call(
                f"<trv:ConfigureReceiver><trv:ReceiverToken>{token}</trv:ReceiverToken>{self._receiver(job.camera)}"
                "</trv:ConfigureReceiver>"
            )

    def create_schedule(self, begin: datetime, end: datetime) -> None:
        """A schedule that is active from `begin` until `end`, both today or across midnight, UTC."""
        calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Scenario//EN\r\n"
        for number, (first, last) in enumerate(_within_days(begin, end)):
            days = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"
            calendar += f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTART:{first}\r\nDTEND:{last}\r\n{days}\r\nEND:VEVENT\r\n"
        calendar += "END:VCALENDAR\r\n"
        answer = self.soap.call(
            '<tsc:CreateSchedule><tsc:Schedule token=""><tsc:Name>Night</tsc:Name>'
            f"<tsc:Standard>{escape(calendar)}</tsc:Standard></tsc:Schedule></tsc:CreateSchedule>"
        )
        self.schedule_token = text(answer, "tsc:Token")

    def wait_for_beginning(self, table: Table) -> None:
        """Wait until every job without a schedule is in the state its row begins with."""

        def missing() -> dict[str, str]:
            begun = {job.name: table.jobs[job.name][0].state for job in self.jobs if not job.scheduled}
            seen = {name: self.recorder.job_state(self.job_tokens[name]) for name in begun}
            return {name: seen[name] for name in begun if seen[name] != begun[name]}

        try:
            wait_for("every job is in its first state", lambda: not missing(), START_TIMEOUT_S, 0.5)
        except AssertionError as error:
            raise AssertionError(f"jobs in another state than the first: {missing()}") from error

    def do(self, action: Action) -> None:
        """Do what the table says; of schedules and the end there is nothing to do."""
        match action.verb:
            case "idle" | "activate":
                self.recorder.set_mode(self.job_tokens[action.name], "Idle" if action.verb == "idle" else "Active")
            case "idle all":
                for name, token in self.job_tokens.items():
                    if name not in self.deleted:
                        self.recorder.set_mode(token, "Idle")
            case "delete":
                token = f"<trc:JobToken>{self.job_tokens[action.name]}</trc:JobToken>"
                self.soap.call(f"<trc:DeleteRecordingJob>{token}</trc:DeleteRecordingJob>")
                self.deleted.add(action.name)
            case "never" | "auto":
                token = f"<trv:ReceiverToken>{self.receiver_tokens[action.name]}</trv:ReceiverToken>"
                mode = "NeverConnect" if action.verb == "never" else "AutoConnect"
                self.soap.call(f"<trv:SetReceiverMode>{token}<trv:Mode>{mode}</trv:Mode></trv:SetReceiverMode>")
            case "kill":
                self.cameras[action.name].unplug()
            case "plug in":
                self.cameras[action.name].plug_in()
            case "freeze":
                self.cameras[action.name].freeze()
            case "thaw":
                self.cameras[action.name].thaw()
            case "schedule" | "end":
                pass
            case _:
                raise AssertionError(f"nobody knows how to {action.verb}")

    def _receiver(self, name: str) -> str:
        camera = self.cameras[name]
        mode = "AlwaysConnect" if name in self.always_connected else "AutoConnect"
        return (
            f"<trv:Configuration><tt:Mode>{mode}</tt:Mode><tt:MediaUri>{camera.uri()}</tt:MediaUri><tt:StreamSetup>"
            f"<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>{camera.model.transport}</tt:Protocol>"
            "</tt:Transport></tt:StreamSetup></trv:Configuration>"
        )

    def _source(self, job: Job) -> str:
        if job.auto_create:
            return "<tt:AutoCreateReceiver>true</tt:AutoCreateReceiver>"
        destinations = ("VIDEO001", "AUDIO001") if job.video_and_audio else ("VIDEO001",)
        tracks = "".join(
            f"<tt:Tracks><tt:SourceTag></tt:SourceTag><tt:Destination>{destination}</tt:Destination></tt:Tracks>"
            for destination in destinations
        )
        token = f"<tt:Token>{self.receiver_tokens[job.camera]}</tt:Token>"
        return f'<tt:SourceToken Type="{RECEIVER_TYPE}">{token}</tt:SourceToken>{tracks}'


def next_whole_second(ahead_s: float) -> float:
    """A whole second of the wall clock, at least this far ahead: schedules know no smaller ones."""
    return math.ceil(time.time() + ahead_s)


def models(jobs: Sequence[Job]) -> list[Model]:
    """The cameras that jobs record, each once."""
    return [CAMERAS[name] for name in dict.fromkeys(job.camera for job in jobs)]


@contextmanager
def staged(
    folder: Path, jobs: tuple[Job, ...], always_connected: tuple[str, ...] = (), storage: str = "1 GiB"
) -> Iterator[Stage]:
    """Cameras that send and a station that serves; the station has to end cleanly, having met nothing unforeseen."""
    cameras = {model.name: Camera(model, folder) for model in models(jobs)}
    board = write_board(folder, storage=storage, size=(320, 176), bitrate="128 kbit/s")
    environment = {"ARGUS_ADMIN_PASSWORD": PASSWORD, "TZ": "UTC"}
    station = StationProcess(folder / "data", board=board, environment=environment)
    try:
        for camera in cameras.values():
            camera.launch()
        station.start()
        for camera in cameras.values():
            camera.wait()
        yield Stage(station, cameras, jobs, always_connected)
        assert station.stop() == 0, station.log.read_text()[-4000:]
        assert "Traceback" not in station.log.read_text(), station.log.read_text()[-4000:]
    finally:
        for camera in cameras.values():
            camera.unplug()
        if station.process is not None and station.process.poll() is None:
            station.kill()


def _within_days(begin: datetime, end: datetime) -> list[tuple[str, str]]:
    """The times of day of events that do not cross midnight, as in iCalendar; such events have no other date."""
    assert end - begin < timedelta(days=1)
    midnight = datetime(begin.year, begin.month, begin.day, tzinfo=UTC) + timedelta(days=1)
    if end <= midnight:
        last = "19700102T000000" if end == midnight else f"19700101T{end:%H%M%S}"
        return [(f"19700101T{begin:%H%M%S}", last)]
    return [(f"19700101T{begin:%H%M%S}", "19700102T000000"), ("19700101T000000", f"19700101T{end:%H%M%S}")]
