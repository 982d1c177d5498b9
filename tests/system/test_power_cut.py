"""The process is killed while it records, and started again by nobody but the service manager."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from tests.harness.pictures import stamps_of_h264
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import HistoryEvent, Recorder, now_us
from tests.harness.rtsp import clock_range
from tests.harness.soap import SoapClient
from tests.harness.station import MAIN_SIZE, StationProcess, run_command, wait_for

SECOND_US = 1_000_000
LOST_AT_MOST_US = 1_500_000


def track_states(events: list[HistoryEvent]) -> list[tuple[int, str]]:
    return [
        (event.time_us, event.notification.data["IsDataPresent"])
        for event in events
        if event.notification.topic.endswith("Track/State") and event.track == "VIDEO001"
    ]


@pytest.fixture(scope="module")
def killed_at_us() -> list[int]:
    return []


@pytest.fixture(scope="module")
def recording(station: StationProcess, proxy: RecordingProxy, killed_at_us: list[int]) -> str:
    """Footage of three lives of the process, killed twice in the middle of recording."""
    recorder = Recorder(SoapClient(proxy.url))
    token, _ = recorder.record(3, "Survivor")
    for _ in range(2):
        length_s = recorder.information(token).length_s
        killed_at_us.append(now_us())
        station.kill()
        station.start()
        recorder.wait_for_footage(token, length_s + 2)
    return token


def test_the_job_resumes_by_itself_after_a_kill(recorder: Recorder, recording: str) -> None:
    found = recorder.information(recording)
    assert found.status == "Recording"
    assert found.latest_us is not None
    assert now_us() - found.latest_us < 3 * SECOND_US


def test_the_history_alternates_and_little_is_lost(recorder: Recorder, recording: str, killed_at_us: list[int]) -> None:
    found = recorder.information(recording)
    assert found.earliest_us is not None
    states = track_states(recorder.history(recording, found.earliest_us))
    assert [state for _, state in states] == ["true", "false"] * 2 + ["true"]
    assert states[0][0] == found.earliest_us
    ends = [moment_us for moment_us, state in states if state == "false"]
    for end_us, killed_us in zip(ends, killed_at_us, strict=True):
        assert 0 <= killed_us - end_us <= LOST_AT_MOST_US, f"{(killed_us - end_us) / 1e6} s are lost"


def test_the_history_is_the_same_backward(recorder: Recorder, recording: str) -> None:
    found = recorder.information(recording)
    assert found.earliest_us is not None
    until_us = now_us()
    forward = recorder.history(recording, found.earliest_us, until_us)
    backward = recorder.history(recording, until_us, found.earliest_us)
    assert [(event.time_us, event.notification.data) for event in backward][::-1] == [
        (event.time_us, event.notification.data) for event in forward
    ]


def test_what_was_recorded_before_still_plays_and_the_gaps_are_marked(recorder: Recorder, recording: str) -> None:
    found = recorder.information(recording)
    with recorder.replay(recording) as client:
        client.play(Range=clock_range(found.earliest_us, found.latest_us), Rate_Control="no")
        units = client.units(quiet_s=1)
    numbers = [stamp.number for stamp in stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE)]
    assert len(numbers) == len(units)
    breaks = [index for index, (before, after) in enumerate(pairwise(numbers)) if after != before + 1]
    assert len(breaks) == 2
    assert [index for index, unit in enumerate(units[:-1]) if unit.extension.end] == breaks


def test_the_volume_is_sound_while_the_station_writes_to_it(station: StationProcess, recording: str) -> None:
    outcome = run_command("check", station.volume)
    assert outcome.returncode == 0, outcome.stdout


def test_a_clean_stop_loses_nothing(station: StationProcess, recorder: Recorder, recording: str) -> None:
    stopped_us = now_us()
    assert station.stop() == 0
    report = json.loads(run_command("check", station.volume, "--json").stdout)
    assert report["problems"] == []
    assert stopped_us - report["newest_us"] < 300_000, "the last pictures were not written"
    station.start()
    wait_for("it records again", lambda: recorder.information(recording).status == "Recording")


def test_a_flipped_byte_is_found_and_told_and_harms_nothing_else(
    station: StationProcess, recorder: Recorder, recording: str, tmp_path: Path
) -> None:
    station.stop()
    volume = bytearray(station.volume.read_bytes())
    batches = [at for at in range(0, len(volume), 4096) if volume[at : at + 4] == b"ARGB"]
    volume[batches[2] + 20_000] ^= 0x10
    station.volume.write_bytes(volume)
    outcome = run_command("check", station.volume)
    assert outcome.returncode == 3
    assert "damaged" in outcome.stdout
    station.start()
    wait_for("it records all the same", lambda: recorder.information(recording).status == "Recording")
    time.sleep(1.2)
    with recorder.replay(recording) as client:
        client.play(Rate_Control="no")
        units = client.units(100, quiet_s=1)
    assert len(units) == 100
    assert len(stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE)) >= 95
