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

from argus.store.layout import BATCH_MAGIC

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


def test_a_port_in_use_is_told_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        http, rtsp = start("http"), start("rtsp")
        http.http_port = port
        assert refusal(http) == f"argus-station: HTTP cannot listen on 127.0.0.1:{port}: Address already in use"
        rtsp.rtsp_port = port
        assert refusal(rtsp) == f"argus-station: RTSP cannot listen on 127.0.0.1:{port}: Address already in use"


def test_data_of_a_running_station_are_left_alone(start: Start) -> None:
    first = start().start()
    second = start()
    assert refusal(second) == f"argus-station: {second.volume} is in use by another process"
    assert first.status()["ready"]
    assert first.stop() == 0


def test_a_weak_first_password_leaves_nothing_behind(start: Start) -> None:
    station = start(environment={"ARGUS_ADMIN_PASSWORD": "x"})
    assert "the first administrator's password: a password has at least 8 characters" in refusal(station)
    assert not station.data.exists()


def test_a_place_without_room_is_told_in_one_line(start: Start, tmp_path: Path) -> None:
    station = start()
    station.board = write_board(tmp_path, storage="4096 GiB")
    assert "has no room for a volume of 4398.05 GB" in refusal(station)
    assert not station.volume.exists()


def test_a_data_directory_that_cannot_be_made_is_told_in_one_line(start: Start) -> None:
    station = start()
    station.log, station.data = station.data.with_suffix(".log"), Path("/proc/argus-station")
    assert "cannot use /proc/argus-station" in refusal(station)


def test_a_board_nobody_knows_is_told_in_one_line(start: Start) -> None:
    station = start()
    station.board = "toaster"
    assert "there is no board 'toaster'; known: simulated" in refusal(station)


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


def test_a_station_serves_although_nobody_reads_its_output(tmp_path: Path) -> None:
    board, data = write_board(tmp_path), tmp_path / "data"
    reading, writing = os.pipe()
    os.close(reading)
    station = StationProcess(data, board=board)
    arguments = ["--http", f"127.0.0.1:{free_port()}", "--rtsp", f"127.0.0.1:{free_port()}", "--no-discovery"]
    station.process = subprocess.Popen(
        [COMMAND, "run", "--board", board, "--data", data, *arguments], stdout=writing, stderr=subprocess.DEVNULL
    )
    os.close(writing)
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
    station = start(arguments=("--video", str(clip))).start()
    status = wait_for("a problem", lambda: s if not (s := station.status())["ok"] else None)
    assert status["problems"][0].startswith("Camera 1: ")
    assert station.stop() == 0
    assert "Traceback" not in station.log.read_text()


def test_a_reboot_of_the_simulated_board_resumes_recording_at_the_same_addresses(start: Start) -> None:
    station = start().start()
    client = SoapClient(station.url)
    Recorder(client).record(1.0)
    before = wait_for("footage", lambda: footage(station))
    client.call("<tds:SystemReboot/>")
    wait_for("the board goes down", lambda: not station.status())
    wait_for("the board is back", lambda: station.status().get("ready"))
    wait_for("new footage", lambda: footage(station) > before)
    assert client.call("<tds:GetDeviceInformation/>") is not None
    assert station.stop() == 0
    assert "Traceback" not in station.log.read_text()
    assert run_command("check", station.volume).returncode == 0
    spoil(station.volume)
    answer = run_command("check", station.volume)
    assert (answer.returncode, answer.stderr) == (3, "")
    assert "PROBLEM" in answer.stdout


def spoil(volume: Path) -> None:
    """Change one byte of the first pictures."""
    data = volume.read_bytes()
    offset = data.index(BATCH_MAGIC) + 3_000
    with volume.open("r+b") as file:
        file.seek(offset)
        file.write(bytes([data[offset] ^ 0xFF]))


def footage(station: StationProcess) -> str:
    """The time up to which the first recording reaches, empty before there is one."""
    recordings = station.status().get("recordings", [])
    return recordings[0]["until"] if recordings else ""


def test_a_check_tells_its_verdict_by_its_exit_code(start: Start, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_bytes(bytes(100_000))
    answer = run_command("check", foreign)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"argus-station: {foreign}: this is not a volume of this program")
    assert run_command("check", tmp_path / "missing").returncode == 2
    assert run_command("status", "--data", tmp_path).stderr.startswith(f"argus-station: no station runs on {tmp_path}")
