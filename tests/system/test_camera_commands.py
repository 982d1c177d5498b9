"""A technician records another camera without any ONVIF client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.station import PASSWORD, USERNAME, StationProcess, free_port, run_command, wait_for, write_board


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[StationProcess]:
    """A station of which nothing is wanted but its pictures."""
    running = StationProcess(tmp_path / "camera", board=write_board(tmp_path)).start()
    yield running
    assert running.stop() == 0


def test_a_camera_is_added_listed_and_removed_and_its_footage_stays(
    camera: StationProcess, station: StationProcess
) -> None:
    uri = f"rtsp://{USERNAME}:{PASSWORD}@127.0.0.1:{camera.rtsp_port}/live/Sub"
    added = run_command("camera", "add", uri, "--name", "Gate", "--retention", "1h", "--data", station.data)
    assert (added.returncode, added.stderr) == (0, "")
    assert added.stdout.startswith("Gate is added.\n  recording  Recording")
    assert added.stdout.endswith("It is being recorded.\n")
    wait_for("footage", lambda: station.status()["recordings"][0]["since"])
    listed = run_command("camera", "list", "--data", station.data).stdout
    assert PASSWORD not in listed
    assert f"Gate  rtsp://127.0.0.1:{camera.rtsp_port}/live/Sub  Connected" in listed
    removed = run_command("camera", "remove", "Gate", "--data", station.data)
    assert removed.stdout.startswith("Gate is not recorded any more; its recording stays.")
    assert run_command("camera", "list", "--data", station.data).stdout == "No other cameras.\n"
    status = station.status()
    assert (status["jobs"], status["receivers"], status["recordings"][0]["name"]) == ([], [], "Gate")
    assert status["recordings"][0]["since"]


def test_a_camera_that_nobody_answers_for_is_named_with_the_reason(station: StationProcess) -> None:
    uri = f"rtsp://127.0.0.1:{free_port()}/stream"
    added = run_command("camera", "add", uri, "--data", station.data)
    assert added.returncode == 0
    assert "Not recording yet: " in added.stdout
    status = station.status()
    (receiver,) = status["receivers"]
    assert receiver["problem"]
    assert receiver["failing_since"]
    assert status["problems"] == [
        f"receiver {uri}: {receiver['problem']}",
        f"recording job of 127.0.0.1: {receiver['problem']}",
    ]
    assert json.loads(run_command("camera", "list", "--json", "--data", station.data).stdout)[0]["uri"] == uri
    refused = run_command("camera", "add", "rtsp://169.254.169.254/", "--data", station.data)
    assert (refused.returncode, refused.stdout) == (1, "")
    removed = run_command("camera", "remove", "127.0.0.1", "--delete-footage", "--yes", "--data", station.data)
    assert "is deleted with its footage" in removed.stdout
    assert station.status()["ok"]


def test_a_period_is_a_number_with_a_unit(tmp_path: Path) -> None:
    refused = run_command("camera", "add", "rtsp://192.0.2.9/", "--retention", "soon", "--data", tmp_path)
    assert refused.returncode == 2
    assert '"30 d"' in refused.stderr
    assert run_command("camera", "list", "--data", tmp_path).returncode == 1
