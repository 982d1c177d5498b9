"""A quota on one of two recordings: it pays with its own footage, and the other one keeps its own."""

from __future__ import annotations

from itertools import pairwise

from tests.harness.recorder import Notification, Recorder, pull_point, utc_us
from tests.harness.soap import SoapClient
from tests.harness.station import StationProcess, run_command, wait_for
from tests.system.test_video_file import SIZE, clip

# As many bits as the clip has: the volume is full after some ten seconds.
BOARD = {
    "source": f'source = "file"\nfile = "{clip()}"',
    "size": SIZE,
    "bitrate": "24 Mbit/s",
    "storage": "16 MiB",
}
SEGMENT_BYTES = 1 << 20
S = 1_000_000


def period(deletion: Notification) -> tuple[int, int]:
    return utc_us(deletion.data["StartTime"]), utc_us(deletion.data["EndTime"])


def test_a_busy_recording_over_its_quota_gives_up_its_own_footage_and_not_that_of_a_quiet_one(
    station: StationProcess, recorder: Recorder, soap: SoapClient
) -> None:
    busy, quiet = recorder.create_recording("Busy"), recorder.create_recording("Quiet")
    outcome = run_command("store", "quota", "--data", station.data, "Busy", "30%")
    assert outcome.returncode == 0, outcome.stderr
    with pull_point(soap, "tns1:RecordingConfig/DeleteTrackData") as events:
        recorder.create_job(quiet, "Sub")
        recorder.create_job(busy, "Main")
        first = {token: recorder.wait_for_footage(token, 0.5).earliest_us or 0 for token in (busy, quiet)}
        wait_for("two laps", lambda: recorder.information(quiet).length_s > 17, 40, 0.5)
        status = station.status()
        left = recorder.information(busy)
        events.pull()
    assert recorder.information(quiet).earliest_us == first[quiet]
    assert {event.source["RecordingToken"] for event in events.seen} == {busy}
    total_bytes = status["storage"]["total_bytes"]
    [used_bytes] = [one["used_bytes"] for one in status["recordings"] if one["token"] == busy]
    assert used_bytes <= 0.3 * total_bytes + 2 * SEGMENT_BYTES
    assert left.earliest_us is not None
    assert left.latest_us is not None
    assert left.earliest_us - first[quiet] > 8 * S
    recorded_s = (left.latest_us - first[busy]) / S
    assert used_bytes / left.length_s * recorded_s > total_bytes, "the ring was not filled"
    deletions = [period(event) for event in events.seen]
    assert deletions[0][0] == first[busy]
    assert all(before[1] == after[0] for before, after in pairwise(deletions))
    assert abs(deletions[-1][1] - left.earliest_us) < 3 * S
    assert status["storage"]["dropped_frames"] == 0
    assert run_command("check", station.volume).returncode == 0
