"""What an export takes from a volume, and what it leaves where it fails."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.unit.store.boxes import Sample, samples
from tests.unit.store.camera import AUDIO, FRAME_US, METADATA, Station, new_device

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.errors import Conflict, NotFound, NotSupported, Unavailable
from argus.store.export.export import Exported, Hole, OnProgress, export
from argus.store.ring.archive import Archive
from argus.store.ring.volume import Volume

S = 1_000_000
VIDEO_TRACK, AUDIO_TRACK, METADATA_TRACK = 1, 2, 3
EVER = 1 << 60


@pytest.fixture
async def station() -> Station:
    """A video track with two spans of ten seconds, five seconds apart."""
    station = Station(new_device())
    await station.record(VIDEO_TRACK, 10, random.Random(1))
    station.ring.end_span(VIDEO_TRACK)
    await station.clock.advance(5)
    await station.record(VIDEO_TRACK, 10, random.Random(2))
    return station


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "footage.mp4"


def exported(
    station: Station,
    path: Path,
    from_us: int = 0,
    until_us: int = EVER,
    tracks: tuple[int, ...] = (VIDEO_TRACK,),
    on_progress: OnProgress | None = None,
) -> Exported:
    archive = Archive(Volume.open(station.device), station.clock)
    return export(archive, tracks, from_us, until_us, path, on_progress)


def times(found: list[Sample], start_us: int) -> list[int]:
    return [start_us + sample.time for sample in found]


def sound(station: Station, stream_format: StreamFormat, count: int) -> AccessUnit:
    utc_us = station.clock.utc_us() + count * 100_000
    return AccessUnit(format=stream_format, data=b"\x7f" * 800, key_frame=True, utc_us=utc_us, mono_ns=count)


async def test_everything_is_in_the_file_at_its_time(station: Station, path: Path) -> None:
    steps: list[tuple[int, int]] = []
    made = exported(station, path, on_progress=lambda done, total: steps.append((done, total)))
    sent = station.sent[VIDEO_TRACK]
    found = samples(path.read_bytes())
    assert [sample.data for sample in found] == [unit.data for unit in sent]
    assert times(found, made.start_us) == [unit.utc_us for unit in sent]
    assert (made.units, made.start_us, made.end_us) == (500, sent[0].utc_us, sent[-1].utc_us)
    assert made.duration_us == sent[-1].utc_us + FRAME_US - sent[0].utc_us
    assert made.size_bytes == path.stat().st_size
    assert made.holes == made.left_out == ()
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1]


async def test_a_period_begins_with_the_key_frame_before_it_and_ends_in_time(station: Station, path: Path) -> None:
    sent = station.sent[VIDEO_TRACK]
    made = exported(station, path, sent[30].utc_us, sent[60].utc_us)
    assert times(samples(path.read_bytes()), made.start_us) == [unit.utc_us for unit in sent[25:61]]
    assert made.holes == ()


async def test_a_period_that_begins_in_a_gap_begins_behind_it(station: Station, path: Path) -> None:
    sent = station.sent[VIDEO_TRACK]
    made = exported(station, path, sent[249].utc_us + 2 * S)
    assert made.start_us == sent[250].utc_us
    assert made.holes == ()


async def test_nothing_older_than_the_retention_is_exported(station: Station, path: Path) -> None:
    station.ring.set_retention(VIDEO_TRACK, 8 * S)
    station.ring.tick()
    made = exported(station, path)
    assert made.start_us >= station.clock.utc_us() - 8 * S
    assert made.holes == ()


async def test_what_is_overwritten_meanwhile_is_named_and_the_rest_kept(station: Station, path: Path) -> None:
    sent = station.sent[VIDEO_TRACK]
    place = station.device.image.index(sent[110].data)

    def overwrite(done: int, total: int) -> None:
        station.device.image[place : place + 100] = bytes(100)

    made = exported(station, path, on_progress=overwrite)
    [lost] = made.holes
    assert lost.track_id == VIDEO_TRACK
    assert lost.start_us < sent[110].utc_us < lost.end_us
    assert lost.end_us - lost.start_us <= 3 * S
    found = times(samples(path.read_bytes()), made.start_us)
    expected = [unit.utc_us for unit in sent if not lost.start_us < unit.utc_us < lost.end_us]
    assert found == expected


async def test_footage_that_vanished_up_to_the_end_is_named(station: Station, path: Path) -> None:
    sent = station.sent[VIDEO_TRACK]
    place = station.device.image.index(sent[400].data)

    def overwrite(done: int, total: int) -> None:
        station.device.image[place:] = bytes(len(station.device.image) - place)

    made = exported(station, path, on_progress=overwrite)
    assert made.holes[-1] == Hole(track_id=VIDEO_TRACK, start_us=made.end_us, end_us=sent[-1].utc_us)


async def test_sound_runs_beside_the_picture_and_metadata_stay_behind(station: Station, path: Path) -> None:
    rng = random.Random(3)
    station.ring.end_span(VIDEO_TRACK)
    await station.clock.advance(5)
    begin_us = station.clock.utc_us()
    for count in range(10):
        station.append(AUDIO_TRACK, sound(station, AUDIO, count))
        station.append(METADATA_TRACK, sound(station, METADATA, count))
    for number in range(25):
        station.append(VIDEO_TRACK, station.frame(number, rng, 300, key=number == 0))
    station.ring.tick()
    made = exported(station, path, begin_us, EVER, (VIDEO_TRACK, AUDIO_TRACK, METADATA_TRACK))
    found = samples(path.read_bytes())
    assert [sum(sample.track == track for sample in found) for track in (1, 2)] == [25, 10]
    assert made.left_out == (METADATA_TRACK,)
    with pytest.raises(NotSupported):
        exported(station, path.with_name("other.mp4"), begin_us, EVER, (METADATA_TRACK,))


async def test_without_footage_there_is_no_file(station: Station, path: Path) -> None:
    for from_us, until_us in ((0, 1), (EVER - 1, EVER)):
        with pytest.raises(NotFound):
            exported(station, path, from_us, until_us)
    gap_us = station.sent[VIDEO_TRACK][249].utc_us + S
    with pytest.raises(NotFound):
        exported(station, path, gap_us, gap_us + S)
    assert list(path.parent.iterdir()) == []


async def test_a_file_of_that_name_is_kept(station: Station, path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(Conflict, match="choose another name"):
        exported(station, path)
    assert path.read_text() == "precious"


async def test_an_export_beside_another_one_is_refused(station: Station, path: Path) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text("half a file")
    with pytest.raises(Conflict, match="an export writes it, or was killed"):
        exported(station, path)
    assert part.read_text() == "half a file"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), OSError(28, "No space left on device")])
async def test_an_export_that_is_broken_off_leaves_nothing(
    station: Station, path: Path, interruption: BaseException
) -> None:
    def interrupt(done: int, total: int) -> None:
        raise interruption

    with pytest.raises((KeyboardInterrupt, Unavailable)):
        exported(station, path, on_progress=interrupt)
    assert list(path.parent.iterdir()) == []


async def test_a_folder_that_does_not_exist_is_told(station: Station, path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be written: No such file or directory"):
        exported(station, path.parent / "nowhere" / "x.mp4")
