"""What the commands around volumes ask, refuse and answer."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.device.identity import load_identity
from argus.device.settings import MIGRATIONS, Settings
from argus.station.cli import main
from argus.store.ring.volume import FileDevice, Volume
from argus.store.ring.volume_file import create

SIZE, SEGMENT = 2 << 20, 64 << 10


def store(*arguments: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["store", *map(str, arguments)], input=typed)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data of a station that was started once."""
    (tmp_path / "data").mkdir()
    database = Database.open(tmp_path / "data" / "device.sqlite", MIGRATIONS)
    load_identity(Settings(database), manufacturer="a", model="b", hardware_id="c", firmware_version="d")
    database.close()
    return tmp_path / "data"


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    create(tmp_path / "volume", SIZE, SEGMENT, SimulatedClock(), station=UUID(int=7)).close()
    return tmp_path / "volume"


def opened(path: Path) -> Volume:
    device = FileDevice.open(path, writable=False)
    try:
        return Volume.open(device)
    finally:
        device.close()


def test_info_and_dump_of_an_empty_volume(volume: Path) -> None:
    told = store("info", volume)
    assert told.exit_code == 0
    assert f"owner          station {UUID(int=7)}" in told.output
    assert "No recordings." in told.output
    assert json.loads(store("info", volume, "--json").output)["segments"] == opened(volume).geometry.data_segments
    assert store("dump", volume, "--segment", "0").output == "Nothing is there.\n"
    assert "generation: 1" in store("dump", volume, "--snapshot").output


@pytest.mark.parametrize("command", ["info", "dump", "format", "adopt", "export", "quota"])
def test_every_command_explains_itself(command: str) -> None:
    told = store(command, "--help")
    assert told.exit_code == 0
    assert f"Usage: main store {command}" in told.output
    assert all(len(line) <= 100 for line in told.output.splitlines())


def test_damage_is_shown_with_an_exit_code_of_its_own(volume: Path) -> None:
    with volume.open("r+b") as file:
        file.seek(20)
        file.write(b"\xff\xff")
    for command in ("info", "dump"):
        told = store(command, volume)
        assert told.exit_code == 3
        assert "PROBLEM" in told.output


def test_what_is_no_volume_or_has_no_such_segment_is_refused_in_one_line(volume: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_text("Dear Sir or Madam")
    for refused in (
        store("info", letter),
        store("export", letter, "--track", "1", "-o", tmp_path / "x"),
        store("dump", letter, "--snapshot"),
        store("dump", volume, "--segment", "9999"),
        store("adopt", letter, "--data", tmp_path),
    ):
        assert refused.exit_code == 1
        assert refused.output.startswith("argus-station: ")
        assert refused.output.count("\n") == 1
    assert store("dump", letter).exit_code == 3


def test_formatting_asks_for_the_uuid_of_the_volume_that_is_there(volume: Path) -> None:
    before = opened(volume).uuid
    for typed in ("yes\n", f"{volume}\n"):
        refused = store("format", volume, "--segment-size", "64KiB", typed=typed)
        assert refused.exit_code == 1
        assert "nothing was done" in refused.output
    assert store("format", volume, "--segment-size", "64KiB").exit_code == 1
    assert opened(volume).uuid == before
    agreed = store("format", volume, "--segment-size", "64KiB", typed=f"{before}\n")
    assert agreed.exit_code == 0
    assert f"made volume {opened(volume).uuid}" in agreed.output
    assert opened(volume).uuid != before


def test_formatting_other_data_asks_for_its_path(tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_bytes(b"Dear Sir" * (SIZE // 8))
    assert store("format", letter, "--segment-size", "64KiB", "--yes-format", str(UUID(int=0))).exit_code == 1
    assert letter.read_bytes().startswith(b"Dear Sir")
    assert store("format", letter, "--segment-size", "64KiB", "--yes-format", str(letter)).exit_code == 0
    assert opened(letter).station == UUID(int=0)


def test_a_new_volume_needs_a_size_and_no_confirmation(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "new"
    assert "say with --size" in store("format", path).output
    assert store("format", path, "--size", "much").exit_code == 2
    assert store("format", path, "--size", "64 MiB", "--new", "--data", data).exit_code == 0
    assert opened(path).station != UUID(int=0)
    again = store("format", path, "--new", "--yes-format", str(opened(path).uuid))
    assert (again.exit_code, again.output) == (1, f"argus-station: {path} exists\n")


def test_a_station_without_an_identity_owns_nothing(tmp_path: Path, volume: Path) -> None:
    for command in (("format", tmp_path / "new", "--size", "64MiB"), ("adopt", volume)):
        refused = store(*command, "--data", tmp_path)
        assert refused.exit_code == 1
        assert "device.sqlite does not exist" in refused.output
    assert not (tmp_path / "new").exists()


def test_adopting_asks_for_the_uuid_and_keeps_everything_else(volume: Path, data: Path) -> None:
    before = opened(volume)
    assert store("adopt", volume, "--data", data, "--yes", "no").exit_code == 1
    assert opened(volume).station == before.station
    assert store("adopt", volume, "--data", data, typed=f"{before.uuid}\n").exit_code == 0
    after = opened(volume)
    assert (after.uuid, after.geometry, after.created_us) == (before.uuid, before.geometry, before.created_us)
    assert after.station not in (before.station, UUID(int=0))
    assert "already" in store("adopt", volume, "--data", data).output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say either --recording or --track"),
        (("--track", "1", "--recording", "Gate"), "say either --recording or --track"),
        (("--track", "1", "--from", "noon"), "is not a time such as"),
        (("--track", "1", "--from", "2026-02-01", "--to", "2026-01-01T00:00:00+01:00"), "--from is later than --to"),
    ],
)
def test_wrong_usage_of_export_is_explained(volume: Path, arguments: tuple[str, ...], words: str) -> None:
    refused = store("export", volume, "-o", volume.with_name("x.mp4"), *arguments)
    assert refused.exit_code == 2
    assert words in refused.output
