"""The program as its owner meets it: what it says when it cannot start, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.harness.recorder import Recorder
from tests.harness.soap import SoapClient
from tests.harness.station import COMMAND, StationProcess, free_port, run_command, wait_for, write_board

from argus.store.ring.layout import BATCH_MAGIC

Start = Callable[..., StationProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Makes stations on the small board; what still runs in the end is killed."""
    made: list[StationProcess] = []

    def make(data: str = "data", **changes: object) -> StationProcess:
        board = write_board(tmp_path)
        made.append(StationProcess(tmp_path / data, board=board, **changes))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for station in made:
        if station.process is not None and station.process.poll() is None:
            station.kill()


def refusal(station: StationProcess) -> str:
    """The one line in which a station says why it does not start."""
    process = station.launch().process
    assert process is not None
    assert process.wait(30) == 1
    log = station.log.read_text()
    assert "Traceback" not in log, log
    (line,) = [line for line in log.splitlines() if line.startswith("argus-station: ")]
    return line


def test_ports_in_use_are_told_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        station = start()
        station.http_port = station.rtsp_port = port
        line = refusal(station)
    # Both at once; the first that is refused may end the start before the other was tried.
    assert any(f"{name} cannot listen on 127.0.0.1:{port}: Address already in use" in line for name in ("RTSP", "HTTP"))


def test_a_weak_first_password_leaves_nothing_behind(start: Start) -> None:
    station = start(environment={"ARGUS_ADMIN_PASSWORD": "x"})
    assert "the first administrator's password: a password has at least 8 characters" in refusal(station)
    assert not station.data.exists()


def test_a_place_without_room_is_told_in_one_line(start: Start, tmp_path: Path) -> None:
    station = start()
    station.board = write_board(tmp_path, storage="1000 GiB")
    assert "has no room for a volume of 1073.74 GB" in refusal(station)
    assert not station.volume.exists()


def test_a_data_directory_that_cannot_be_made_is_told_in_one_line(start: Start) -> None:
    station = start()
    station.log, station.data = station.data.with_suffix(".log"), Path("/proc/argus-station")
    assert "cannot use /proc/argus-station" in refusal(station)


def test_a_stop_during_the_start_is_obeyed(start: Start) -> None:
    station = start().launch()
    wait_for("the first file", lambda: (station.data / "device.sqlite").exists(), pause_s=0.005)
    assert station.stop() == 0
    assert "Traceback" not in station.log.read_text()


def test_a_second_request_to_stop_does_no_harm(start: Start) -> None:
    station = start().start()
    assert station.process is not None
    station.process.send_signal(signal.SIGTERM)
    station.process.send_signal(signal.SIGINT)
    assert station.stop() == 0
    assert run_command("check", station.volume).returncode == 0


@pytest.mark.parametrize("closed", ["", "<&- >&- 2>&-"])
def test_a_station_serves_although_nobody_reads_its_output(tmp_path: Path, closed: str) -> None:
    board, data = write_board(tmp_path), tmp_path / "data"
    station = StationProcess(data, board=board)
    arguments = f"--http 127.0.0.1:{free_port()} --rtsp 127.0.0.1:{free_port()} --no-discovery"
    reading, writing = os.pipe()
    station.process = subprocess.Popen(
        f"exec {COMMAND} run --board {board} --data {data} {arguments} {closed}",
        shell=True,
        stdout=writing,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    os.close(reading)
    try:
        wait_for("the station serves", lambda: station.status().get("ready"))
        assert station.stop() == 0
    finally:
        station.kill()


def test_a_long_path_to_the_data_is_no_obstacle(start: Start) -> None:
    station = start("/".join(["a" * 60] * 3))
    station.data.parent.mkdir(parents=True)
    assert station.start().status()["storage"]["volume"] == str(station.volume)
    assert station.stop() == 0


def test_a_video_that_is_none_is_a_problem_of_the_camera_and_no_more(start: Start, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("not a video")
    station = start(arguments=("--video", str(clip))).launch()
    status = wait_for("a problem", lambda: found if (found := station.status()).get("problems") else None)
    assert status["problems"][0].startswith("Camera 1: ")
    assert station.stop() == 0
    assert "Traceback" not in station.log.read_text()


def spoil(volume: Path) -> None:
    """Change one byte of the first pictures."""
    data = volume.read_bytes()
    batches = (place for place in range(0, len(data), 4096) if data[place : place + 4] == BATCH_MAGIC)
    offset = next(place for place in batches if int.from_bytes(data[place + 32 : place + 36], "little") > 8192) + 3_000
    with volume.open("r+b") as file:
        file.seek(offset)
        file.write(bytes([data[offset] ^ 0xFF]))


def test_a_check_tells_its_verdict_by_its_exit_code(start: Start, tmp_path: Path) -> None:
    station = start().start()
    Recorder(SoapClient(station.url)).record(1.0)
    assert station.stop() == 0
    assert run_command("check", station.volume).returncode == 0
    spoil(station.volume)
    damaged = run_command("check", station.volume)
    assert (damaged.returncode, damaged.stderr) == (3, "")
    assert "PROBLEM" in damaged.stdout
    foreign = tmp_path / "foreign"
    foreign.write_bytes(bytes(100_000))
    refused = run_command("check", foreign)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"argus-station: {foreign}: this is not a volume of this program")
    assert run_command("check", tmp_path / "missing").returncode == 2


def test_the_status_of_no_station_is_told_in_one_line(tmp_path: Path) -> None:
    outcome = run_command("status", "--data", tmp_path)
    assert outcome.returncode == 1
    assert outcome.stderr == f"argus-station: no station runs on {tmp_path}: No such file or directory\n"
