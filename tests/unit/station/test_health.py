"""The state of the rooms in one document."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.unit.media.test_profiles import StillCamera
from tests.unit.onvif.box import IDENTITY
from tests.unit.store.house import House

from argus.base.access_unit import Codec, StreamFormat
from argus.media.profiles import MediaProfiles
from argus.station.health import Health
from argus.store.health import Occupancy, RingHealth, WriterState

H264 = StreamFormat(codec=Codec.H264)
RING = RingHealth(
    state=WriterState.OK,
    step="idle",
    step_age_s=0.0,
    last_durable_utc_us=1_767_225_600_000_000,
    batches=1,
    batch_bytes=1,
    flushes=1,
    units=1,
    dropped_units=3,
    damaged=0,
    write_errors=0,
    detail="",
)


@dataclass
class Rooms:
    """The rooms as far as the health asks them; a test changes what they tell."""

    house: House
    ring: RingHealth = RING
    source: dict[str, object] = field(default_factory=lambda: {"running": True, "failure": None})

    def health(self) -> Health:
        camera = StillCamera()
        source = SimpleNamespace(
            settings=camera.settings,
            heartbeat=SimpleNamespace(beats=25),
            health=lambda: SimpleNamespace(**self.source),
        )
        occupancy = Occupancy(used_bytes=10, total_bytes=100, oldest_us=None, newest_us=None, write_rate_bps=0.0)
        return Health(
            identity=IDENTITY,
            network=SimpleNamespace(hostname=lambda: "pier-4"),  # type: ignore[arg-type]
            profiles=MediaProfiles([camera]),
            sources=[source],  # type: ignore[list-item]
            catalog=self.house.catalog,
            timeline=self.house.timeline,
            ring=SimpleNamespace(health=lambda: self.ring, occupancy=lambda: occupancy),  # type: ignore[arg-type]
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
    assert (found["storage"]["dropped_frames"], found["recordings"]) == (3, [])


def test_a_camera_that_waits_tells_why(rooms: Rooms) -> None:
    rooms.source.update(running=False, failure="there is no camera")
    found = rooms.health().status(ready=True)
    assert (found["ok"], found["problems"]) == (False, ["Pier: there is no camera"])
    assert found["video_sources"][0]["state"] == "waiting"


@pytest.mark.parametrize(
    ("state", "detail", "problem"),
    [(WriterState.STALLED, "", "storage: STALLED"), (WriterState.FAILED, "no space", "storage: FAILED no space")],
)
def test_a_store_that_does_not_write_is_a_problem(rooms: Rooms, state: WriterState, detail: str, problem: str) -> None:
    rooms.ring = replace(RING, state=state, detail=detail)
    assert rooms.health().status(ready=True)["problems"] == [problem]


async def test_recordings_tell_what_they_hold(rooms: Rooms) -> None:
    token = await rooms.house.recording(name="Gate")
    now_us = rooms.house.clock.utc_us()
    empty = {"token": token, "name": "Gate", "status": "Initiated", "since": "", "until": ""}
    assert rooms.health().status(ready=True)["recordings"] == [empty]
    rooms.house.footage.add(rooms.house.video_track_id(token), now_us - 2_000_000, now_us, H264)
    (found,) = rooms.health().status(ready=True)["recordings"]
    assert (found["since"], found["until"]) == ("2025-12-31T23:59:58.000Z", "2026-01-01T00:00:00.000Z")
