"""A volume that is full: the oldest footage goes, and recording goes on."""

from __future__ import annotations

from itertools import pairwise

from tests.harness.pictures import stamps_of_h264
from tests.harness.recorder import Recorder, now_us, pull_point
from tests.harness.rtsp import clock_range
from tests.harness.soap import SoapClient
from tests.harness.station import MAIN_SIZE, StationProcess, run_command, wait_for

BOARD = {"storage": "16 MiB", "bitrate": "4 Mbit/s"}
COPIES = 24


def test_the_oldest_footage_makes_room_and_recording_goes_on(
    station: StationProcess, recorder: Recorder, soap: SoapClient
) -> None:
    tokens = [recorder.create_recording(f"Copy {number}") for number in range(COPIES)]
    with pull_point(soap, "tns1:RecordingConfig/DeleteTrackData") as events:
        jobs = [recorder.create_job(token) for token in tokens]
        first = recorder.wait_for_footage(tokens[0], 1)
        events.wait_for("the volume wraps", lambda seen: len(seen) > 2, 90)
        found = recorder.information(tokens[0])
        assert first.earliest_us is not None
        assert found.earliest_us is not None
        assert found.earliest_us > first.earliest_us
        deleted = [event for event in events.seen if event.source["RecordingToken"] == tokens[0]]
    assert deleted
    assert {recorder.job_state(job) for job in jobs} == {"Active"}
    before = recorder.information(tokens[0])
    wait_for("it goes on", lambda: (recorder.information(tokens[0]).latest_us or 0) > (before.latest_us or 0))
    found = recorder.information(tokens[0])
    with recorder.replay(tokens[0]) as client:
        client.play(Range=clock_range(first.earliest_us, found.latest_us), Rate_Control="no")
        units = client.units(quiet_s=1)
    numbers = [stamp.number for stamp in stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE)]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert now_us() - units[-1].utc_us < 10_000_000
    storage = station.status()["storage"]
    assert storage["state"] == "OK"
    assert storage["dropped_frames"] == 0
    assert storage["used_bytes"] <= storage["total_bytes"]
    assert station.volume.stat().st_size <= 16 << 20
    assert run_command("check", station.volume).returncode == 0
