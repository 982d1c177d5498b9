"""The device under test, and things made on it for one test that are gone after it, however it ends."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import pytest
from tests.conformance import events, features
from tests.conformance.camera import Camera
from tests.conformance.client import Client, Notes, Refused
from tests.conformance.names import NAMESPACES, child, one, request, text
from tests.conformance.receiver import Receiver, Receivers
from tests.conformance.recording import (
    PROFILE_SOURCE,
    RECEIVER_SOURCE,
    Job,
    JobState,
    Recording,
    RecordingControl,
    Source,
)
from tests.conformance.schedule import GROUP, SCHEDULE, DayGroup, Schedule, Schedules
from tests.conformance.target import Target
from tests.conformance.wire import Wire

T = TypeVar("T")

RECORDING_TOPICS = "tns1:RecordingConfig//."
# How we know our own things again. `.example` is a top-level domain that never exists.
SOURCE_ID = "urn:conformance:"
NAME = "Conformance"
UNREACHABLE_PORT = 1


class Device:
    """The device under test as its administrator sees it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.wire = Wire(target.url)
        self.notes = Notes()
        self.client = Client(
            target,
            self.wire,
            self.notes,
            login=target.login,
            username=target.username,
            password=target.password,
        )
        self.client.device_ahead_s = self.clock_s() - time.time()
        self.features = features.learn(self.client)
        self.recording = RecordingControl(self.client)
        self.receivers = Receivers(self.client)
        self.schedules = Schedules(self.client)
        self.camera: Camera | None = None

    def clock_s(self) -> float:
        """The device's time, to the second."""
        answer = self.client.anonymous().call("<tds:GetSystemDateAndTime/>", "/onvif/device_service")
        moment = one(answer, "tds:SystemDateAndTime/tt:UTCDateTime")
        date = [int(text(moment, f"tt:Date/tt:{part}")) for part in ("Year", "Month", "Day")]
        clock = [int(text(moment, f"tt:Time/tt:{part}")) for part in ("Hour", "Minute", "Second")]
        written = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00".format(*date, *clock)
        return events.moment_s(written)

    def listen(self, *topics: str, content: str = "") -> AbstractContextManager[events.PullPoint]:
        """A pull point on these topics; the test is skipped where there is no event service."""
        self.need("Events")
        return events.listening(self.client, self.features.topics, *topics, content=content)

    def need(self, *conditions: str) -> None:
        """Skip the test unless the device states all of these features."""
        for condition in conditions:
            if not features.CONDITIONS[condition](self.features):
                pytest.skip(f"the device does not state {condition}")

    def eventually(self, what: str, probe: Callable[[], T], patience_s: float = 0.0) -> T:
        """The first true answer of `probe`."""
        patience_s = patience_s or self.target.patience_s
        deadline = time.monotonic() + patience_s
        while not (answer := probe()):
            assert time.monotonic() < deadline, f"{what}: not within {patience_s:g} s; last answer {answer!r}"
            time.sleep(0.05)
        return answer

    def here(self) -> str:
        """The address of this machine as the device sees it, unless something translates addresses between them."""
        with socket.create_connection((self.target.host, self.target.port), timeout=10) as connection:
            return str(connection.getsockname()[0])

    def unreachable_uri(self) -> str:
        """A stream address at which nothing listens: this machine refuses the device at once."""
        host = self.here()
        return f"rtsp://{f'[{host}]' if ':' in host else host}:{UNREACHABLE_PORT}/conformance"

    def camera_uri(self) -> str:
        """The RTSP address of a working camera: the one given, or a camera of ours."""
        if self.target.camera:
            return self.target.camera
        if self.camera is None:
            self.camera = Camera(self.here()).plug()
        return self.camera.uri


@dataclass(frozen=True, slots=True)
class Before:
    """What there was on the device before, by token."""

    recordings: frozenset[str]
    jobs: frozenset[str]
    receivers: frozenset[str]
    schedules: frozenset[str]
    groups: frozenset[str]

    @classmethod
    def of(cls, device: Device) -> Before:
        has = device.features.has_service
        return cls(
            recordings=frozenset(device.recording.recordings()) if has("trc") else frozenset(),
            jobs=frozenset(device.recording.jobs()) if has("trc") else frozenset(),
            receivers=frozenset(device.receivers.all()) if has("trv") else frozenset(),
            schedules=frozenset(device.schedules.tokens(SCHEDULE)) if has("tsc") else frozenset(),
            groups=frozenset(device.schedules.tokens(GROUP)) if has("tsc") else frozenset(),
        )


def sweep(device: Device, before: Before) -> list[str]:
    """Delete what tests made and left; others' things that came meanwhile stay. Tells what was found."""
    found: list[str] = []

    def drop(kind: str, token: str, delete: Callable[[str], None]) -> None:
        found.append(f"{kind} {token}")
        with suppress(Refused):
            delete(token)

    now = Before.of(device)
    recordings = device.recording.recordings() if now.recordings else {}
    ours = {
        token
        for token in now.recordings - before.recordings
        if text(recordings[token], "tt:Configuration/tt:Source/tt:SourceId").startswith(SOURCE_ID)
    }
    for token, job in (device.recording.jobs() if now.jobs - before.jobs else {}).items():
        if token not in before.jobs and job.recording in ours:
            drop("job", token, device.recording.delete_job)
    for token in ours:
        drop("recording", token, device.recording.delete)
    for token, receiver in (device.receivers.all() if now.receivers - before.receivers else {}).items():
        if token not in before.receivers and (SOURCE_ID.split(":")[1] in receiver.uri or "192.0.2." in receiver.uri):
            drop("receiver", token, device.receivers.delete)
    for token in now.schedules - before.schedules:
        if device.schedules.schedule(token).name.startswith(NAME):
            drop("schedule", token, lambda token: device.schedules.delete(SCHEDULE, token))
    for token in now.groups - before.groups:
        if device.schedules.group(token).name.startswith(NAME):
            drop("special day group", token, lambda token: device.schedules.delete(GROUP, token))
    return found


class Workbench:
    """Makes things on the device and takes them away again, the last one first."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self._stack = ExitStack()

    def close(self) -> None:
        self._stack.close()

    def keep(self, delete: Callable[[str], None], token: str) -> str:
        """Delete `token` in the end; that it is gone already is no error."""

        def forget() -> None:
            with suppress(Refused):
                delete(token)

        self._stack.callback(forget)
        return token

    def recording(self, **changes: str) -> str:
        """A recording of its own, or one that was there before, in a destructive run, put back in the end."""
        control = self.device.recording
        self.device.need("Recording")
        changes = {"source_id": f"{SOURCE_ID}{secrets.token_hex(4)}", **changes}
        if self.device.features.flag("trc", "DynamicRecordings"):
            return self.keep(control.delete, control.create(Recording(**changes)))
        if not self.device.target.destructive:
            pytest.skip("the device has no DynamicRecordings, and others' recordings are used with --destructive only")
        token = next(iter(control.recordings()), "")
        if not token:
            pytest.skip("the device has no recording")
        old = control.configuration(token)
        self._stack.callback(lambda: control.configure(token, old))
        control.configure(token, Recording(**changes))
        return token

    def job(self, job: Job) -> str:
        """A job that is deleted in the end."""
        token, _ = self.device.recording.create_job(job)
        return self.keep(self.device.recording.delete_job, token)

    def receiver(self, configuration: Receiver | None = None) -> str:
        self.device.need("Receiver")
        token, _ = self.device.receivers.create(configuration or Receiver(uri="rtsp://192.0.2.1/conformance"))
        return self.keep(self.device.receivers.delete, token)

    def schedule(self, schedule: Schedule) -> str:
        self.device.need("Schedule")
        token = self.device.schedules.create(schedule)
        return self.keep(lambda token: self.device.schedules.delete(SCHEDULE, token), token)

    def group(self, group: DayGroup) -> str:
        self.device.need("SpecialDays")
        token = self.device.schedules.create(group)
        return self.keep(lambda token: self.device.schedules.delete(GROUP, token), token)

    def account(self, level: str) -> Client:
        """A client with an account of that level, which is deleted in the end."""
        name, password = f"conf{secrets.token_hex(3)}", f"Cf-{secrets.token_hex(5)}9Z"
        user = child("tt:Username", name) + child("tt:Password", password) + child("tt:UserLevel", level)
        client = self.device.client
        try:
            client.call(f"<tds:CreateUsers><tds:User>{user}</tds:User></tds:CreateUsers>")
        except Refused as refusal:
            pytest.skip(f"the device makes no account of level {level}: {refusal}")
        self.keep(
            lambda name: void(client.call(f"<tds:DeleteUsers>{child('tds:Username', name)}</tds:DeleteUsers>")), name
        )
        return client.as_user(name, password)

    def camera(self, **options: str) -> Camera:
        """A camera of ours that the device can reach, gone in the end."""
        made = Camera(self.device.here(), **options).plug()
        self._stack.callback(made.unplug)
        return made

    def profile_source(self, recording: str) -> Source:
        """A media profile that the device records into this recording; the test is skipped where there is none."""
        device = self.device
        if device.features.flag("trc", "Options"):
            compatible = device.recording.options(recording).compatible_sources
            if compatible:
                return Source(token=compatible[0], type=PROFILE_SOURCE)
        if not device.features.profiles:
            pytest.skip("the device has no media profile that it could record")
        return Source(token=device.features.profiles[0], type=PROFILE_SOURCE)

    def source(self, recording: str) -> Source:
        """Any source a job may name: a media profile, else a receiver that never connects."""
        features_ = self.device.features
        if features_.profiles or not features_.has_service("trv"):
            return self.profile_source(recording)
        return self.receiver_source()

    def live_source(self, recording: str) -> Source:
        """A source that delivers: a media profile, else a receiver of a camera."""
        features_ = self.device.features
        if features_.profiles or not features_.has_service("trv"):
            return self.profile_source(recording)
        return self.receiver_source(Receiver(mode="AutoConnect", uri=self.device.camera_uri()))

    def receiver_source(self, configuration: Receiver | None = None) -> Source:
        return Source(token=self.receiver(configuration), type=RECEIVER_SOURCE)

    def record(self, recording: str, length_s: float = 1.0) -> tuple[float, float]:
        """Some footage in the recording, and no job that goes on. Returns when it begins and ends."""
        self.device.need("Search")
        job = self.job(Job(recording=recording, mode="Active", sources=(self.live_source(recording),)))
        self.wait_for_state(job, "Active", "PartiallyActive")
        self.device.eventually("there is footage", lambda: span_s(self.device, recording) >= length_s)
        self.device.recording.delete_job(job)
        return footage(self.device, recording)

    def wait_for_state(self, job: str, *states: str) -> JobState:
        """The job's state as soon as it is one of these."""

        def reached() -> JobState | None:
            state = self.device.recording.state(job)
            return state if state.state in states else None

        found = self.device.eventually(f"job {job} is {' or '.join(states)}", reached)
        assert found is not None
        return found


def footage(device: Device, recording: str) -> tuple[float, float]:
    """Begin and end of what is recorded, as seconds since 1970; (0, 0) where nothing is."""
    answer = device.client.call(request("tse:GetRecordingInformation", RecordingToken=recording))
    found = one(answer, "tse:RecordingInformation")
    ends = [found.findtext(f"tt:{name}Recording", "", NAMESPACES) for name in ("Earliest", "Latest")]
    start_s, end_s = (events.moment_s(end) if end else 0.0 for end in ends)
    return start_s, end_s


def span_s(device: Device, recording: str) -> float:
    start_s, end_s = footage(device, recording)
    return end_s - start_s


def void(value: object) -> None:
    """Forget an answer."""


@contextmanager
def opened(device: Device) -> Iterator[Workbench]:
    bench = Workbench(device)
    try:
        yield bench
    finally:
        bench.close()
