"""The commands around volumes, on what a running station records; ffmpeg and GStreamer play what they export."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from tests.harness.pictures import FRAME_US, assert_consecutive, decode, probe, stamps
from tests.harness.recorder import Recorder
from tests.harness.soap import SoapClient
from tests.harness.station import COMMAND, MAIN_SIZE, StationProcess, run_command

from argus.base.units import to_iso
from argus.media.testcard import Stamp

BOARD = {"bitrate": "2 Mbit/s"}


def export(volume: Path, output: Path, *arguments: str) -> str:
    outcome = run_command("store", "export", volume, "-o", output, *arguments)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert not output.with_name(output.name + ".part").exists()
    return outcome.stdout


def pictures(file: Path) -> list[Stamp]:
    return stamps(decode(["-i", str(file)], MAIN_SIZE), MAIN_SIZE)


def packets(file: Path) -> list[dict]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_packets", "-select_streams", "v", str(file)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)["packets"]


@pytest.fixture(scope="module")
def recording(station: StationProcess) -> str:
    """A recording with a gap in it, whose job goes on."""
    recorder = Recorder(SoapClient(station.url))
    token, job = recorder.record(1.5, "Gate")
    recorder.set_mode(job, "Idle")
    recorder.wait_for_status(token, "Stopped")
    time.sleep(1)
    recorder.set_mode(job, "Active")
    recorder.wait_for_footage(token, 5)
    return token


@pytest.fixture(scope="module")
def track(station: StationProcess, recording: str) -> str:
    """The number of its video track on the volume."""
    found = json.loads(run_command("store", "info", station.volume, "--json").stdout)
    [held] = [one for one in found["recordings"] if one["recording"] == recording]
    return str(held["tracks"][0]["track_id"])


@pytest.fixture(scope="module")
def whole(station: StationProcess, recording: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of it up to now."""
    file = tmp_path_factory.mktemp("whole") / "gate.mp4"
    told = export(station.volume, file, "--recording", "Gate")
    assert f"{len(packets(file))} access units" in told
    return file


def test_info_tells_what_the_volume_of_a_running_station_holds(station: StationProcess, recording: str) -> None:
    found = json.loads(run_command("store", "info", station.volume, "--json").stdout)
    assert found["superblocks"] == ["intact", "intact"]
    assert found["problems"] == []
    [held] = [one for one in found["recordings"] if one["recording"] == recording]
    [video] = [track for track in held["tracks"] if track["kind"] == "Video"]
    assert (held["name"], video["formats"], video["ranges"]) == ("Gate", ["H264 640×360"], 2)
    assert held["size_bytes"] == video["size_bytes"] > 100_000
    table = run_command("store", "info", station.volume).stdout
    assert f"{recording} 'Gate'" in table
    assert "VIDEO001" in table


def test_dump_prints_what_lies_on_the_volume_of_a_running_station(station: StationProcess, recording: str) -> None:
    text = run_command("store", "dump", station.volume, "--superblock", "--snapshot", "--segment", "0").stdout
    assert "superblock at 0" in text
    assert "batch of segment" in text
    assert "codec: H264" in text
    parts = json.loads(run_command("store", "dump", station.volume, "--json").stdout)
    assert [part["fields"]["magic"] for part in parts] == ["ARGV", "ARGV"]


def test_an_export_while_recording_has_every_picture_at_its_time(whole: Path) -> None:
    found = pictures(whole)
    times = [float(packet["pts_time"]) for packet in packets(whole)]
    assert len(found) == len(times) > 100
    # The time burnt into the picture and the one in the file are the same clock.
    start_us = found[0].utc_us
    assert all(abs(stamp.utc_us - start_us - at * 1e6) < FRAME_US for stamp, at in zip(found, times, strict=True))
    gaps = [number for number, (one, other) in enumerate(pairwise(times), start=1) if other - one > 0.5]
    assert len(gaps) == 1
    assert_consecutive(found[: gaps[0]])
    assert_consecutive(found[gaps[0] :])
    stream = probe(str(whole), "-count_frames")
    assert (stream["codec_tag_string"], int(stream["nb_read_frames"])) == ("avc1", len(found))
    assert float(stream["duration"]) == pytest.approx(times[-1] + FRAME_US / 1e6, abs=1e-3)


def test_gstreamer_plays_an_export_to_its_end(whole: Path, tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    launch = f"filesrc location={whole} ! qtdemux ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=I420"
    command = f"gst-launch-1.0 -q {launch} ! filesink location={frames}"
    outcome = subprocess.run(command.split(), capture_output=True, text=True, timeout=60, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    picture = MAIN_SIZE[0] * MAIN_SIZE[1] * 3 // 2
    assert frames.stat().st_size == len(packets(whole)) * picture


def test_an_export_of_a_period_begins_with_the_key_frame_before_it(
    station: StationProcess, track: str, whole: Path, tmp_path: Path
) -> None:
    part = tmp_path / "part.mp4"
    wanted = pictures(whole)[10:30]
    period = ("--from", to_iso(wanted[0].utc_us), "--to", to_iso(wanted[-1].utc_us + FRAME_US // 2))
    export(station.volume, part, "--track", track, *period)
    found = pictures(part)
    assert found[-1].number == wanted[-1].number
    assert 0 <= wanted[0].number - found[0].number < 25
    assert_consecutive(found)


def test_what_cannot_be_exported_is_told_in_one_line(station: StationProcess, track: str, tmp_path: Path) -> None:
    def refusal(*arguments: str) -> tuple[int, str]:
        outcome = run_command("store", "export", station.volume, "-o", tmp_path / "x.mp4", *arguments)
        assert outcome.stdout == ""
        return outcome.returncode, outcome.stderr.strip()

    assert refusal("--recording", "Garden") == (1, "argus-station: there is no recording 'Garden'")
    code, message = refusal("--track", track, "--to", "2001-01-01")
    assert (code, message.startswith("argus-station: there is no footage")) == (1, True)
    assert refusal("--track", track, "--from", "yesterday")[0] == 2
    (tmp_path / "x.mp4").touch()
    assert refusal("--track", track)[1].endswith("x.mp4 exists: choose another name or remove it")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.mp4"]


def test_an_export_that_finds_no_room_leaves_nothing(station: StationProcess, track: str, tmp_path: Path) -> None:
    file = tmp_path / "x.mp4"
    outcome = subprocess.run(
        [COMMAND, "store", "export", station.volume, "--track", track, "-o", file],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith(f"argus-station: there is no room for {file}")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_shown_on_a_terminal_and_nowhere_else(station: StationProcess, track: str, tmp_path: Path) -> None:
    terminal, side = os.openpty()
    command = [COMMAND, "store", "export", station.volume, "--track", track, "-o", tmp_path / "x.mp4"]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, stderr=side, timeout=30, check=False)
    os.close(side)
    shown = os.read(terminal, 1 << 16)
    os.close(terminal)
    assert outcome.returncode == 0
    assert b"Exporting" in shown
    assert b"100%" in shown
    assert run_command("check", station.volume).stderr == ""


def test_a_volume_in_use_is_neither_formatted_nor_adopted(station: StationProcess, recording: str) -> None:
    volume_uuid = json.loads(run_command("store", "info", station.volume, "--json").stdout)["uuid"]
    for command in (
        ("format", station.volume, "--yes-format", volume_uuid),
        ("adopt", station.volume, "--yes", volume_uuid, "--data", station.data),
    ):
        outcome = run_command("store", *command)
        assert (outcome.returncode, outcome.stdout) == (1, "")
        assert "in use by another process" in outcome.stderr
    assert json.loads(run_command("store", "info", station.volume, "--json").stdout)["uuid"] == volume_uuid


def test_a_copied_volume_is_read_without_its_station(station: StationProcess, track: str, tmp_path: Path) -> None:
    card = tmp_path / "card"
    shutil.copy(station.volume, card)
    found = json.loads(run_command("store", "info", card, "--json").stdout)
    assert [str(one["track_id"]) for held in found["recordings"] for one in held["tracks"]] == [track]
    export(card, tmp_path / "x.mp4", "--track", track)
    assert_consecutive(pictures(tmp_path / "x.mp4")[-30:])
    export(card, tmp_path / "y.mp4", "--recording", "Gate", "--data", str(station.data))
    assert run_command("check", card).returncode == 0


def test_a_volume_on_a_block_device_is_made_checked_and_read(tmp_path: Path) -> None:
    image = tmp_path / "card"
    image.touch()
    os.truncate(image, 32 << 20)
    attached = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=False)
    if attached.returncode != 0:
        pytest.skip(f"this machine has no loop devices: {attached.stderr.strip()}")
    device = attached.stdout.strip()
    try:
        refused = run_command("store", "format", device, "--new")
        assert refused.returncode == 1
        made = run_command("store", "format", device, "--yes-format", device, "--zero")
        assert made.returncode == 0, made.stderr
        assert run_command("check", device).returncode == 0
        assert "No recordings." in run_command("store", "info", device).stdout
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


def shares(data: Path, *arguments: str) -> dict[str, str]:
    """By name of recording."""
    outcome = run_command("store", "quota", "--data", data, "--json", *arguments)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    return {one["name"]: one["share"] for one in json.loads(outcome.stdout)}


def test_a_quota_is_set_while_the_station_runs_and_while_it_does_not(
    station: StationProcess, recording: str, tmp_path: Path
) -> None:
    assert shares(station.data)["Gate"] == "none"
    assert shares(station.data, recording, "25%")["Gate"] == "25%"
    table = run_command("store", "quota", "--data", station.data).stdout
    assert f"{recording}  Gate  25%" in table
    refused = run_command("store", "quota", "--data", station.data, "Garden", "25%")
    assert (refused.returncode, refused.stderr) == (1, "argus-station: there is no recording 'Garden'\n")
    for arguments in (("Gate",), ("Gate", "200%"), ("Gate", "much")):
        assert run_command("store", "quota", "--data", station.data, *arguments).returncode == 2
    # A station that is not running: its data, without the socket that its process made.
    shutil.copytree(station.data, tmp_path / "data", ignore=shutil.ignore_patterns("control.sock", "*.ring"))
    assert shares(tmp_path / "data", "Gate", "64MiB")["Gate"] == "64MiB"
    assert shares(tmp_path / "data", "Gate", "none")["Gate"] == "none"
    assert shares(station.data)["Gate"] == "25%"
    empty = run_command("store", "quota", "--data", tmp_path)
    assert (empty.returncode, "no station was ever started" in empty.stderr) == (1, True)
