"""Other cameras by one request: what it makes, what it refuses, what it leaves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.store.house import House, job

from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.base.tokens import RecordingToken
from argus.station.cameras import Cameras, NewCamera
from argus.store.recording.receiver import ReceiverConfiguration
from argus.store.recording.recordings import RECEIVER_SOURCE, JobMode, JobSource

URI = "rtsp://me:secret@192.0.2.9:5554/stream"
FIELDS = {"uri": URI, "name": "", "retention_us": "60000000", "transport": "tcp"}
GATE = NewCamera(uri=URI, name="Gate", retention_us=60_000_000, protocol="RTSP")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "store.sqlite")
    yield made
    made.close()


@pytest.fixture
def cameras(house: House) -> Cameras:
    return Cameras(house.catalog, house.jobs, house.receivers)


def left(house: House) -> tuple[int, int, int]:
    """How many recordings, jobs and receivers there are."""
    return len(house.catalog.recordings()), len(house.jobs.jobs()), len(house.receivers.all())


async def test_a_camera_is_a_recording_with_an_active_job_and_a_receiver_of_its_own(
    house: House, cameras: Cameras
) -> None:
    made = await cameras.add(GATE)
    (recording,), (created,), (receiver,) = house.catalog.recordings(), house.jobs.jobs(), house.receivers.all()
    assert (recording.token, created.token, receiver.token) == (made["recording"], made["job"], made["receiver"])
    source = recording.configuration.source
    assert (source.name, source.address) == ("Gate", "rtsp://192.0.2.9:5554/stream"), "without the password"
    assert recording.configuration.maximum_retention_us == 60_000_000
    assert created.configuration.mode is JobMode.ACTIVE
    assert receiver.auto_created
    assert receiver.configuration == ReceiverConfiguration(media_uri=URI, protocol="RTSP")


async def test_a_removed_camera_leaves_its_recording(house: House, cameras: Cameras) -> None:
    made = await cameras.add(GATE)
    assert await cameras.remove("Gate", footage=False) == made
    assert left(house) == (1, 0, 0)
    with pytest.raises(NotFound, match="no camera"):
        await cameras.remove("Gate", footage=False)


async def test_a_camera_removed_with_its_footage_leaves_nothing(house: House, cameras: Cameras) -> None:
    made = await cameras.add(GATE)
    assert await cameras.remove(made["recording"], footage=True) == made
    assert left(house) == (0, 0, 0)


async def test_a_receiver_that_a_client_made_stays(house: House, cameras: Cameras) -> None:
    receiver = await house.receivers.create(ReceiverConfiguration(media_uri=URI))
    recording = await house.recording(name="Gate")
    source = JobSource(token=receiver.token, type=RECEIVER_SOURCE)
    await house.jobs.create(replace(job(recording), sources=(source,)))
    assert (await cameras.remove("Gate", footage=False))["receiver"] == ""
    assert left(house) == (1, 0, 1)


async def test_where_the_job_is_refused_nothing_is_left_behind(house: House, cameras: Cameras) -> None:
    house.receivers.max_receivers = 0
    with pytest.raises(LimitReached, match="receivers"):
        await cameras.add(GATE)
    assert left(house) == (0, 0, 0)


async def test_a_bad_address_is_refused_before_anything_is_told(house: House, cameras: Cameras) -> None:
    with pytest.raises(InvalidValue, match="begins with one of"):
        await cameras.add(replace(GATE, uri="ftp://192.0.2.9"))
    assert (left(house), house.told) == ((0, 0, 0), [])


async def test_a_name_belongs_to_one_recording(house: House, cameras: Cameras) -> None:
    await house.recording(name="Gate")
    with pytest.raises(Conflict, match="choose another name"):
        await cameras.add(GATE)
    await house.recording(name="Gate")
    with pytest.raises(Conflict, match="say which of Recording"):
        await cameras.remove("Gate", footage=False)


async def test_media_of_the_station_itself_are_no_camera(house: House, cameras: Cameras) -> None:
    recording = await house.recording(name="Own")
    await house.jobs.create(job(recording))
    with pytest.raises(NotFound):
        await cameras.remove("Own", footage=True)
    made = await cameras.add(GATE)
    await house.jobs.create(job(RecordingToken(made["recording"])))
    with pytest.raises(Conflict, match="this station itself"):
        await cameras.remove("Gate", footage=True)
    await cameras.remove("Gate", footage=False)
    assert left(house) == (2, 2, 0)


def test_a_camera_without_a_name_has_that_of_its_host() -> None:
    assert NewCamera.parse(FIELDS) == replace(GATE, name="192.0.2.9")
    assert NewCamera.parse({**FIELDS, "uri": "rtsp://["}).name == "camera"


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.text()))
def test_whatever_is_asked_is_understood_or_refused(fields: dict[str, str]) -> None:
    try:
        wanted = NewCamera.parse(fields)
    except InvalidValue:
        return
    assert wanted.retention_us >= 0
