"""The state of the rooms in one document."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.unit.media.test_profiles import StillCamera, StillMicrophone
from tests.unit.onvif.box import IDENTITY
from tests.unit.station.documents import RECORDING
from tests.unit.store.house import House, job

from argus.base.access_unit import Codec, StreamFormat
from argus.media.profiles import MediaProfiles
from argus.station.health import Health
from argus.store.medium.readback import ReadBackCounters
from argus.store.medium.storage_fault import StorageFault
from argus.store.medium.storage_state import StorageHealth, StorageState
from argus.store.recording.feed import RecorderCounters
from argus.store.recording.quotas import Quota
from argus.store.recording.receiver import ReceiverConfiguration
from argus.store.recording.recordings import JobState
from argus.store.ring.health import Occupancy
from argus.store.ring.share import Share

H264 = StreamFormat(codec=Codec.H264)
STORAGE = StorageHealth(
    state=StorageState.OK,
    volume_uuid="b9a1",
    step="idle",
    last_durable_utc_us=1_767_225_600_000_000,
    dropped_units=3,
    damaged=4,
    write_errors=5,
)


@dataclass
class Rooms:
    """The rooms as far as the health asks them; a test changes what they tell."""

    house: House
    storage: StorageHealth = STORAGE
    usage: dict[str, int] = field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)
    source: dict[str, object] = field(default_factory=lambda: {"running": True, "failure": None})

    microphone: dict[str, object] = field(default_factory=lambda: {"running": True, "failure": None})

    def health(self) -> Health:
        camera = StillCamera()
        source = SimpleNamespace(
            settings=camera.settings,
            heartbeat=SimpleNamespace(beats=25),
            health=lambda: SimpleNamespace(**self.source),
        )
        microphone = SimpleNamespace(
            settings=StillMicrophone().settings,
            heartbeat=SimpleNamespace(beats=50),
            health=lambda: SimpleNamespace(**self.microphone),
        )
        occupancy = Occupancy(used_bytes=10, total_bytes=100, oldest_us=None, newest_us=None, write_rate_bps=0.0)
        return Health(
            identity=IDENTITY,
            network=SimpleNamespace(hostname=lambda: "pier-4"),  # type: ignore[arg-type]
            profiles=MediaProfiles([camera]),
            sources=[source],  # type: ignore[list-item]
            microphones=[microphone],  # type: ignore[list-item]
            catalog=self.house.catalog,
            jobs=self.house.jobs,
            receivers=self.house.receivers,
            reception=lambda token: SimpleNamespace(  # type: ignore[arg-type,return-value]
                failure=self.failures.get(token, ""),
                failing_since_us=self.house.clock.utc_us() if token in self.failures else None,
            ),
            schedules=SimpleNamespace(  # type: ignore[arg-type]
                all=lambda: [SimpleNamespace(token=token, name="At night") for token in self.house.schedules.active],
                is_active=self.house.schedules.is_active,
            ),
            timeline=self.house.timeline,
            recorder=RecorderCounters(lost_units=100),
            fault=StorageFault(lambda: self.storage, (), self.house.events, self.house.clock),
            occupancy=lambda: occupancy,
            usage=lambda: self.usage,
            quotas=lambda: self.quotas,
            read_back=ReadBackCounters(samples=7, wrong=1),
            volume=Path("/data/volume.ring"),
            addresses=lambda base_url: [{"name": "page", "value": base_url}],
        )


@pytest.fixture
def rooms(tmp_path: Path):  # type: ignore[no-untyped-def]  # a generator of Rooms
    house = House(tmp_path / "store.sqlite")
    yield Rooms(house)
    house.close()


def test_a_station_that_works_has_no_problems(rooms: Rooms) -> None:
    found = rooms.health().status(ready=True, base_url="http://box")
    assert (found["ready"], found["ok"], found["problems"]) == (True, True, [])
    assert found["device"]["hostname"] == "pier-4"
    assert found["addresses"] == [{"name": "page", "value": "http://box"}]
    assert [profile["token"] for profile in found["profiles"]] == ["main", "sub"]
    assert found["video_sources"][0] == {
        "token": "cam",
        "name": "Pier",
        "state": "running",
        "problem": "",
        "frames": 25,
    }
    assert (found["storage"]["last_durable"], found["storage"]["oldest"]) == ("2026-01-01T00:00:00.000Z", "")
    assert found["recordings"] == []


def test_a_microphone_is_told_like_a_camera(rooms: Rooms) -> None:
    assert rooms.health().status(ready=True)["audio_sources"] == [
        {"token": "mic", "name": "Ear", "state": "running", "problem": "", "packets": 50}
    ]
    rooms.microphone.update(running=False, failure="no such device")
    found = rooms.health().status(ready=True)
    assert (found["problems"], found["audio_sources"][0]["state"]) == (["Ear: no such device"], "waiting")


def test_the_storage_tells_what_it_counted(rooms: Rooms) -> None:
    found = rooms.health().status(ready=True)["storage"]
    assert found["dropped_frames"] == 103, "before the ring and in it"
    assert (found["damaged"], found["write_errors"], found["volume_uuid"]) == (4, 5, "b9a1")
    assert (found["read_back_samples"], found["read_back_wrong"], found["failure_told"]) == (7, 1, False)


def test_a_camera_that_waits_tells_why(rooms: Rooms) -> None:
    rooms.source.update(running=False, failure="there is no camera")
    found = rooms.health().status(ready=True)
    assert (found["ok"], found["problems"]) == (False, ["Pier: there is no camera"])
    assert found["video_sources"][0]["state"] == "waiting"


@pytest.mark.parametrize(
    ("state", "detail", "problem"),
    [
        (StorageState.STALLED, "", "storage: STALLED"),
        (StorageState.FAILED, "no space", "storage: FAILED no space"),
        (StorageState.ABSENT, "there is no card", "storage: ABSENT there is no card"),
        (StorageState.FOREIGN, "of station 7", "storage: FOREIGN of station 7"),
    ],
)
def test_a_store_that_does_not_write_is_a_problem(rooms: Rooms, state: StorageState, detail: str, problem: str) -> None:
    rooms.storage = replace(STORAGE, state=state, detail=detail)
    found = rooms.health().status(ready=True)
    assert (found["ok"], found["problems"]) == (False, [problem])
    assert (found["storage"]["state"], found["storage"]["detail"]) == (state.value, detail)


async def test_a_failure_that_clients_are_told_shows(rooms: Rooms) -> None:
    rooms.storage = replace(STORAGE, state=StorageState.FAILED)
    health = rooms.health()
    health.fault.look()
    assert health.status(ready=True)["storage"]["failure_told"] is True


async def test_a_recording_whose_job_is_in_error_tells_why(rooms: Rooms) -> None:
    house = rooms.house
    created = await house.jobs.create(job(await house.recording()))
    assert rooms.health().status(ready=True)["recordings"][0]["problem"] == ""
    [claim] = house.jobs.recorded_claims()
    house.jobs.report(claim, "The storage does not take data")
    assert house.jobs.state(created.token).state is JobState.ERROR
    found = rooms.health().status(ready=True)
    assert found["recordings"][0]["problem"] == "The storage does not take data"
    (told,) = found["jobs"]
    assert (told["mode"], told["state"], told["problem"]) == ("Active", "Error", "The storage does not take data")
    assert found["problems"] == [f"recording job of {created.token}: The storage does not take data"]


async def test_jobs_in_error_for_the_same_reason_are_counted(rooms: Rooms) -> None:
    house = rooms.house
    for name in ("Gate", "Quay", "Hall"):
        await house.jobs.create(job(await house.recording(name=name)))
    for claim in house.jobs.recorded_claims():
        house.jobs.report(claim, "The storage does not take data")
    assert rooms.health().status(ready=True)["problems"] == [
        "recording job of Gate and 2 more: The storage does not take data"
    ]


async def test_a_receiver_that_fails_is_a_problem_told_without_its_password(rooms: Rooms) -> None:
    house = rooms.house
    receiver = await house.receivers.create(ReceiverConfiguration(media_uri="rtsp://me:secret@192.0.2.9/stream"))
    found = rooms.health().status(ready=True)
    assert (found["ok"], found["receivers"]) == (
        True,
        [
            {
                "token": receiver.token,
                "mode": "AutoConnect",
                "state": "NotConnected",
                "uri": "rtsp://192.0.2.9/stream",
                "problem": "",
                "failing_since": "",
            }
        ],
    )
    rooms.failures[receiver.token] = "no route to host"
    found = rooms.health().status(ready=True)
    assert found["problems"] == ["receiver rtsp://192.0.2.9/stream: no route to host"]
    assert found["receivers"][0]["failing_since"] == "2026-01-01T00:00:00.000Z"
    assert "secret" not in str(found)


def test_schedules_tell_whether_they_are_active(rooms: Rooms) -> None:
    rooms.house.schedules.put("Night", active=True)
    rooms.house.schedules.put("Day", active=False)
    found = rooms.health().status(ready=True)["schedules"]
    assert [(one["token"], one["name"], one["active"]) for one in found] == [
        ("Night", "At night", True),
        ("Day", "At night", False),
    ]


async def test_recordings_tell_what_they_hold(rooms: Rooms) -> None:
    token = await rooms.house.recording(name="Gate")
    now_us = rooms.house.clock.utc_us()
    empty = {**RECORDING, "token": token, "name": "Gate"}
    assert rooms.health().status(ready=True)["recordings"] == [empty]
    rooms.house.footage.add(rooms.house.video_track_id(token), now_us - 2_000_000, now_us, H264)
    rooms.usage = {token: 5_000}
    rooms.quotas = (Quota(recording=token, name="Gate", share=Share(percent=25)),)
    (found,) = rooms.health().status(ready=True)["recordings"]
    assert (found["used_bytes"], found["share"]) == (5_000, "25%")
    assert (found["since"], found["until"]) == ("2025-12-31T23:59:58.000Z", "2026-01-01T00:00:00.000Z")
