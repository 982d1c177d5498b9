import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.store.camera import CONFIG, START_US, Station, new_device

from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError, Unavailable
from argus.store.ring.check import check
from argus.store.ring.ring import Ring


@pytest.fixture
async def volume(tmp_path: Path) -> Path:
    station = Station(new_device())
    await station.record(1, 60, random.Random(2))
    station.ring.close()
    path = tmp_path / "volume"
    path.write_bytes(station.device.image)
    return path


def damage(path: Path, place: int, data: bytes) -> None:
    image = bytearray(path.read_bytes())
    image[place : place + len(data)] = data
    path.write_bytes(image)


async def test_a_sound_volume_has_no_problems(volume: Path) -> None:
    before = volume.read_bytes()
    steps: list[tuple[int, int]] = []
    report = check(volume, lambda done, total: steps.append((done, total)))
    assert report.problems == ()
    assert report.segments_used == len(steps) == steps[-1][0] == steps[-1][1]
    assert (report.tracks, report.spans) == (1, 1)
    assert report.oldest_us is not None
    assert report.oldest_us > START_US
    assert volume.read_bytes() == before


async def test_damaged_footage_is_found(volume: Path) -> None:
    damage(volume, 8 * 65536 + 6000, b"\xff\x00\xff\x00")
    report = check(volume)
    assert len(report.problems) == 1
    assert "damaged" in report.problems[0]


async def test_a_damaged_footer_is_found(volume: Path) -> None:
    image = volume.read_bytes()
    place = image.rindex(b"ARGF")
    damage(volume, place + 70, b"\xff\xff\xff")
    assert any("footer" in problem for problem in check(volume).problems)


async def test_a_damaged_superblock_is_found(volume: Path) -> None:
    damage(volume, 20, b"\xff\xff\xff")
    assert check(volume).problems == ("the superblock at 0 is damaged",)


async def test_a_volume_cut_short_is_found(volume: Path) -> None:
    volume.write_bytes(volume.read_bytes()[:-100_000])
    assert any("cut short" in problem for problem in check(volume).problems)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear Sir or Madam")
    with pytest.raises(Unavailable):
        check(tmp_path / "letter")


async def test_a_volume_in_use_can_be_checked(tmp_path: Path) -> None:

    ring = Ring.open(tmp_path / "volume", CONFIG, SimulatedClock(), lambda *_: None)
    assert check(tmp_path / "volume").problems == ()
    ring.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 700_000), data=st.binary(min_size=1, max_size=600))
async def test_any_damage_is_reported_and_never_raises_anything_unexpected(
    volume: Path, place: int, data: bytes
) -> None:
    image = volume.read_bytes()
    try:
        damage(volume, place, data)
        check(volume)
    except ArgusError:
        pass
    finally:
        volume.write_bytes(image)
