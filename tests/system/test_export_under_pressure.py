"""Exports that take longer than a lap of the ring, with the station keeping the footage and without."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.harness.pictures import assert_consecutive, decode, stamps
from tests.harness.recorder import Recorder
from tests.harness.soap import SoapClient
from tests.harness.station import MAIN_SIZE, StationProcess, run_command, wait_for

from argus.base.clock import SystemClock
from argus.station.keeping import kept_meanwhile
from argus.store.export.export import Exported, export
from argus.store.ring.archive import Archive

BOARD = {"storage": "16 MiB", "bitrate": "4 Mbit/s"}
COPIES = 24
S = 1_000_000
EVER = (-(1 << 62), 1 << 62)


class Pressure:
    """Recordings that fill the volume several times a minute."""

    def __init__(self, station: StationProcess, recorder: Recorder) -> None:
        self._station = station
        self._recorder = recorder
        tokens = [recorder.create_recording(f"Copy {number}") for number in range(COPIES)]
        self.token = tokens[0]
        self._jobs = [recorder.create_job(token, mode="Idle") for token in tokens]

    @contextmanager
    def on(self) -> Iterator[None]:
        for job in self._jobs:
            self._recorder.set_mode(job, "Active")
        try:
            yield
        finally:
            for job in self._jobs:
                self._recorder.set_mode(job, "Idle")

    def wait_for_a_lap(self) -> None:
        """Return when more than a second was overwritten that is newer than the footage that is kept."""
        with Archive.open(self._station.volume, SystemClock()) as archive:
            [track] = tracks_of(archive, self.token)

            def has_hole() -> bool:
                archive.refresh()
                old, *newer = archive.spans(track)
                return bool(newer) and newer[0].start_us - old.end_us > S

            wait_for("a lap", has_hole, 60, 0.5)


@pytest.fixture(scope="module")
def pressure(station: StationProcess) -> Pressure:
    return Pressure(station, Recorder(SoapClient(station.url)))


def tracks_of(archive: Archive, token: str) -> list[int]:
    return [track_id for track_id, label in archive.labels().items() if label.recording == token]


def film(recorder: Recorder, name: str, seconds: float) -> tuple[str, int, int]:
    """A recording of some seconds that has ended, and its times."""
    token, job = recorder.record(seconds, name)
    recorder.set_mode(job, "Idle")
    found = recorder.wait_for_status(token, "Stopped")
    assert found.earliest_us is not None
    assert found.latest_us is not None
    return token, found.earliest_us, found.latest_us


def slow_export(
    volume: Path, data: Path, token: str, output: Path, pause: Callable[[], None], *, asked: bool
) -> Exported:
    """An export that pauses behind its first group of pictures."""
    paused: list[bool] = []

    def on_progress(done: int, total: int) -> None:
        if not paused:
            paused.append(True)
            pause()

    with Archive.open(volume, SystemClock()) as archive:
        tracks = tracks_of(archive, token)
        with kept_meanwhile(archive, volume, data, tracks, *EVER) as kept:
            assert kept is asked
            return export(archive, tracks, *EVER, output, on_progress)


def test_the_station_keeps_what_a_slow_export_copies_until_it_is_done_and_nothing_else(
    station: StationProcess, recorder: Recorder, pressure: Pressure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate, _, gate_end_us = film(recorder, "Gate", 3)
    made: list[Exported] = []

    def export_door() -> None:
        copy = tmp_path / "door.mp4"
        made.append(slow_export(station.volume, station.data, door, copy, pressure.wait_for_a_lap, asked=True))
        assert recorder.information(door).earliest_us == start_us

    with pressure.on():
        # Not in the same segments.
        recorder.wait_for_footage(pressure.token, 3)
        door, start_us, end_us = film(recorder, "Door", 1.5)
        # No station is in that directory.
        lost = slow_export(station.volume, tmp_path, gate, tmp_path / "gate.mp4", export_door, asked=False)
        wait_for("it goes", lambda: recorder.information(door).earliest_us is None, 60)
    assert "may be overwritten before it is exported: no station runs on" in capsys.readouterr().err
    assert [hole.end_us for hole in lost.holes] == [gate_end_us]
    assert (made[0].start_us, made[0].end_us, made[0].holes) == (start_us, end_us, ())
    assert_consecutive(stamps(decode(["-i", str(tmp_path / "door.mp4")], MAIN_SIZE), MAIN_SIZE))
    assert station.status()["storage"]["dropped_frames"] == 0


def test_the_command_says_whether_the_footage_is_kept(
    station: StationProcess, recorder: Recorder, tmp_path: Path
) -> None:
    token, _, _ = film(recorder, "Quay", 1)
    kept = run_command("store", "export", station.volume, "--recording", token, "-o", tmp_path / "kept.mp4")
    assert (kept.returncode, kept.stderr) == (0, "")
    assert kept.stdout.endswith("The station that records kept this footage meanwhile.\n")
    # The same volume where no station is.
    elsewhere = tmp_path / "volume"
    os.link(station.volume, elsewhere)
    alone = run_command("store", "export", elsewhere, "--recording", token, "-o", tmp_path / "alone.mp4")
    assert alone.returncode == 0
    assert "kept" not in alone.stdout
    assert alone.stderr.startswith("argus-station: this footage may be overwritten before it is exported: no station")
    assert alone.stderr.count("\n") == 1
    assert (tmp_path / "alone.mp4").read_bytes() == (tmp_path / "kept.mp4").read_bytes()
    told = run_command(
        "store", "export", elsewhere, "--recording", token, "-o", tmp_path / "told.mp4", "--data", station.data
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert "kept this footage" in told.stdout
