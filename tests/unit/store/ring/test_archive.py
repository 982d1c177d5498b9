import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.store.camera import CONFIG, START_US, Station, new_device

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.store.ring.archive import REFRESH_NS, Archive
from argus.store.ring.inventory import take_inventory
from argus.store.ring.label import TrackLabel
from argus.store.ring.recovery import Recovered, recover
from argus.store.ring.volume import Volume
from argus.store.ring.volume_file import create

S = 1_000_000
GATE = TrackLabel(recording="Recording-1", track="VIDEO001", kind=MediaKind.VIDEO, name="Gate")


@pytest.fixture
async def station() -> Station:
    """One track with two spans of ten seconds, five seconds apart."""
    station = Station(new_device())
    await station.record(1, 10, random.Random(1))
    station.ring.end_span(1)
    await station.clock.advance(5)
    await station.record(1, 10, random.Random(2))
    return station


def archive_of(station: Station) -> Archive:
    return Archive(Volume.open(station.device), station.clock)


def units_of(archive: Archive, from_us: int = 0, until_us: int = 1 << 60) -> list[AccessUnit]:
    return [unit for gop in archive.gops(1, from_us, until_us) for unit in gop.units]


async def test_an_archive_reads_what_the_ring_that_still_runs_has_written(station: Station) -> None:
    before = bytes(station.device.image)
    archive = archive_of(station)
    assert archive.track_ids() == (1,)
    assert units_of(archive) == station.sent[1]
    assert [(span.start_us, span.end_us) for span in archive.spans(1)] == [
        (station.sent[1][0].utc_us, station.sent[1][249].utc_us),
        (station.sent[1][250].utc_us, station.sent[1][-1].utc_us),
    ]
    assert [one.codec for one in archive.formats(1, 0, 1 << 60)] == ["H264"]
    assert archive.formats(1, 0, START_US - 1) == archive.formats(7, 0, 1 << 60) == ()
    assert bytes(station.device.image) == before


async def test_an_archive_shows_nothing_older_than_the_retention(station: Station) -> None:
    station.ring.set_retention(1, 8 * S)
    station.ring.tick()
    archive = archive_of(station)
    assert archive.retention_us(1) == 8 * S
    assert min(unit.utc_us for unit in units_of(archive)) >= station.clock.utc_us() - 8 * S
    await station.clock.advance(9)
    assert units_of(archive) == []
    assert archive.spans(1) == ()


async def test_a_clock_that_fell_back_shows_nothing_again(station: Station) -> None:
    station.ring.set_retention(1, 8 * S)
    station.ring.close()
    limit_us = station.clock.utc_us() - 8 * S
    station.clock.step(-3600)
    assert min(unit.utc_us for unit in units_of(archive_of(station))) >= limit_us


async def test_what_is_torn_at_the_first_look_only_is_no_damage(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([["torn"], ["torn"], []])

    def look(volume: Volume) -> Recovered:
        return replace(recover(volume), problems=next(looks))

    monkeypatch.setattr("argus.store.ring.archive.recover", look)
    assert archive_of(station).contents().problems == ()


async def test_an_archive_notices_what_is_deleted_while_it_is_read(station: Station) -> None:
    archive = archive_of(station)
    gops = archive.gops(1, 0, 1 << 60)
    next(gops)
    station.ring.forget(1)
    station.ring.tick()
    await station.clock.advance(REFRESH_NS / 1e9)
    assert len(list(gops)) <= 1


async def test_an_inventory_tells_whose_tracks_there_are_and_how_large(station: Station) -> None:
    found = take_inventory(archive_of(station), Path("card"), {1: GATE})
    [recording] = found.recordings
    [track] = recording.tracks
    assert (recording.recording, recording.name) == ("Recording-1", "Gate")
    assert (track.formats, track.ranges, track.retention_us) == (("H264 640×360",), 2, 0)
    payload = sum(len(unit.data) for unit in station.sent[1])
    assert payload < track.size_bytes == recording.size_bytes < payload + 20 * len(station.sent[1])
    assert found.superblocks == ("intact", "intact")
    assert found.problems == ()
    assert found.used_bytes > track.size_bytes
    [nameless] = take_inventory(archive_of(station), Path("card"), {}).recordings
    assert (nameless.recording, nameless.tracks[0].kind) == ("", "Video")


async def test_an_inventory_tells_of_damaged_and_of_differing_superblocks(station: Station) -> None:
    station.device.image[100] ^= 1
    found = take_inventory(archive_of(station), Path("card"), {})
    assert found.superblocks == ("damaged", "intact")
    assert found.problems == ("the superblock at 0 is damaged",)
    station.device.image[:512] = Station(new_device()).device.image[:512]
    found = take_inventory(archive_of(station), Path("card"), {})
    assert found.superblocks == ("intact", "different")


def test_what_is_no_volume_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear Sir or Madam")
    for name, words in (("letter", "not a volume"), ("nothing", "No such file"), (".", "neither a file nor")):
        with pytest.raises(Unavailable, match=words) as refused, Archive.open(tmp_path / name, SimulatedClock()):
            pass
        assert str(tmp_path) in str(refused.value)


async def test_a_volume_that_is_written_can_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    volume = create(path, CONFIG.size_bytes, CONFIG.segment_bytes, SimulatedClock())
    with Archive.open(path, SimulatedClock()) as archive:
        assert archive.track_ids() == ()
    volume.close()


async def test_the_labels_and_sizes_of_tracks_are_told_without_reading_what_they_hold(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.ring.set_label(1, GATE)
    station.ring.tick()
    await station.record(2, 5, random.Random(3))
    archive = archive_of(station)
    monkeypatch.setattr(archive.volume, "device", None)
    assert archive.labels() == {1: GATE}
    sizes = archive.used_bytes()
    for track_id, units in station.sent.items():
        video_bytes = sum(len(unit.data) for unit in units)
        assert video_bytes < sizes[track_id] < video_bytes * 1.2
