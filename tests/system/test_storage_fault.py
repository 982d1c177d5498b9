"""A volume that takes no data: clients are told, live pictures go on, recording comes back by itself."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.harness.pictures import assert_consecutive, stamps_of_h264
from tests.harness.recorder import Recorder, now_us, pull_point
from tests.harness.rtsp import RtspClient
from tests.harness.soap import NAMESPACES, SoapClient, texts
from tests.harness.station import MAIN_SIZE, StationProcess, run_command, wait_for, write_board

from argus.base.clock import SystemClock
from argus.store.ring.volume import FileDevice, Geometry
from argus.store.ring.volume_file import format_volume

TOPIC = "tns1:Device/HardwareFailure/StorageFailure"
NO_DATA = "The storage does not take data"
MIB = 1 << 20


@contextmanager
def no_writes_behind_a_mebibyte(station: StationProcess) -> Iterator[None]:
    """The kernel refuses the process every write there, as a quota or a broken medium does: that is all footage."""
    assert station.process is not None
    _, hard = resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        yield
    finally:
        resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def failures(events: list) -> list[tuple[str, str]]:
    assert {event.topic for event in events} <= {TOPIC}
    return [(event.operation, event.data["Failed"]) for event in events]


def job_errors(soap: SoapClient, job: str) -> set[str]:
    body = f"<trc:GetRecordingJobState><trc:JobToken>{job}</trc:JobToken></trc:GetRecordingJobState>"
    return {error for error in texts(soap.call(body), ".//tt:Error") if error}


def test_the_topic_is_announced_as_the_specification_describes_it(soap: SoapClient) -> None:
    answer = soap.call("<tev:GetEventProperties/>")
    topic = answer.find(".//tns1:Device/HardwareFailure/StorageFailure", NAMESPACES)
    assert topic is not None
    description = topic.find("tt:MessageDescription", NAMESPACES)
    assert description.get("IsProperty") == "true"
    items = {
        part: [(item.get("Name"), item.get("Type")) for item in description.find(f"tt:{part}", NAMESPACES)]
        for part in ("Source", "Data")
    }
    assert items == {"Source": [("Token", "tt:ReferenceToken")], "Data": [("Failed", "xs:boolean")]}


def test_a_volume_that_refuses_is_told_and_survived(
    station: StationProcess, recorder: Recorder, soap: SoapClient
) -> None:
    recording, job = recorder.record(2, "Refused")
    with pull_point(soap, TOPIC) as events, RtspClient(recorder.stream_uri("Main")) as live:
        live.open().play()
        assert failures(events.wait_for("the property", bool)) == [("Initialized", "false")]
        with no_writes_behind_a_mebibyte(station):
            events.wait_for("the failure", lambda seen: len(seen) > 1)
            assert failures(events.seen)[1:] == [("Changed", "true")]
            wait_for("the job is in error", lambda: recorder.job_state(job) == "Error")
            assert job_errors(soap, job) == {NO_DATA}
            status = station.status()
            assert not status["ok"]
            assert status["storage"]["state"] == "FAILED"
            assert status["storage"]["failure_told"]
            assert any(found["problem"] == NO_DATA for found in status["recordings"])
            assert "File too large" in status["storage"]["detail"]
        healed_us = now_us()
        wait_for("the job is active", lambda: recorder.job_state(job) == "Active")
        events.wait_for("all is well", lambda seen: len(seen) > 2)
        assert failures(events.seen)[2:] == [("Changed", "false")]
        stamps = stamps_of_h264(b"".join(unit.annexb for unit in live.units(400)), MAIN_SIZE)
        assert_consecutive(stamps)
    wait_for("footage after it", lambda: (recorder.information(recording).latest_us or 0) > healed_us)
    storage = station.status()["storage"]
    assert (storage["state"], storage["failure_told"]) == ("OK", False)
    assert storage["write_errors"] >= 3
    assert storage["dropped_frames"] > 0
    assert run_command("check", station.volume).returncode == 0


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A loop device with an empty volume on it."""
    file = tmp_path / "card"
    with file.open("wb") as card:
        card.truncate(32 * MIB)
    found = subprocess.run(["losetup", "--show", "-f", file], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"no loop device: {found.stderr.strip()}")
    path = Path(found.stdout.strip())
    try:
        device = FileDevice.open(path, writable=True)
        format_volume(device, Geometry.of(32 * MIB, MIB), SystemClock().utc_us())
        device.close()
        yield path
    finally:
        subprocess.run(["blockdev", "--setrw", path], check=False)
        subprocess.run(["losetup", "-d", path], check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="a loop device takes root")
def test_a_card_that_becomes_read_only_fails_at_once_and_is_used_again(tmp_path: Path, card: Path) -> None:
    board = write_board(tmp_path)
    board.write_text(board.read_text().replace('"volume.ring"', f'"{card}"'))
    station = StationProcess(tmp_path / "data", board=board).start()
    try:
        soap = SoapClient(station.url)
        recorder = Recorder(soap)
        recording, job = recorder.record(1, "Card")
        subprocess.run(["blockdev", "--setro", card], check=True)
        wait_for("the job is in error", lambda: recorder.job_state(job) == "Error", 4)
        storage = station.status()["storage"]
        assert storage["write_errors"] <= 1, "there is nothing to be tried again"
        assert "read-only" in storage["detail"] or "write-protected" in storage["detail"]
        subprocess.run(["blockdev", "--setrw", card], check=True)
        healed_us = now_us()
        wait_for("footage after it", lambda: (recorder.information(recording).latest_us or 0) > healed_us)
        assert recorder.job_state(job) == "Active"
        assert station.stop() == 0
        assert "Traceback" not in station.log.read_text()
    finally:
        if station.process is not None and station.process.poll() is None:
            station.kill()
