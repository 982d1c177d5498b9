"""What is too old is served by nobody, and its deletion is told."""

from __future__ import annotations

import itertools
import time

import pytest
from tests.harness.recorder import Recorder, configuration, iso, now_us, of_topic, pull_point, utc_us
from tests.harness.rtsp import clock_range
from tests.harness.soap import SoapClient, SoapFault

GOP_US = 1_000_000
RETENTION_US = 10_000_000


def test_nothing_older_than_the_retention_time_is_served(recorder: Recorder, soap: SoapClient) -> None:
    with pull_point(soap, "tns1:RecordingConfig/DeleteTrackData") as events:
        token = recorder.create_recording("Short", "PT10S")
        recorder.create_job(token)
        started_us = now_us()
        events.wait_for("two deletions", lambda seen: len(seen) >= 2, 40)
        while now_us() - started_us < 25_000_000:
            time.sleep(0.2)
        found = recorder.information(token)
        assert found.earliest_us is not None
        assert now_us() - found.earliest_us <= RETENTION_US + GOP_US
        assert found.length_s > 7
        with recorder.replay(token) as client:
            client.play(Range=clock_range(started_us), Rate_Control="no")
            units = client.units(5)
        assert units[0].key_frame
        assert now_us() - units[0].utc_us <= RETENTION_US + GOP_US
        history = recorder.history(token, started_us)
        assert history[0].time_us >= found.earliest_us
        assert history[0].notification.data in ({"IsRecording": "true"}, {"IsDataPresent": "true"})
        events.pull()
    spans = [(event.data["StartTime"], event.data["EndTime"]) for event in of_topic(events.seen, "/DeleteTrackData")]
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert start == end, f"{spans}: deletions tile"
    assert utc_us(spans[0][0]) - started_us < 3_000_000
    recorder.delete_recording(token)


def test_a_shorter_retention_time_holds_at_once_for_what_exists(recorder: Recorder) -> None:
    token, _ = recorder.record(6, "Shortened")
    recorder.set_configuration(token, configuration("Shortened", "PT3S"))
    found = recorder.information(token)
    assert found.earliest_us is not None
    assert now_us() - found.earliest_us <= 3_000_000 + GOP_US
    recorder.delete_recording(token)


def test_a_deleted_recording_is_unknown_everywhere(recorder: Recorder, soap: SoapClient) -> None:
    token, job = recorder.record(2, "Gone")
    recorder.delete_recording(token)
    for call, code in (
        (lambda: recorder.information(token), "InvalidToken"),
        (lambda: recorder.replay_uri(token), "NoRecording"),
        (lambda: recorder.delete_recording(token), "NoRecording"),
        (lambda: recorder.job_state(job), "NoRecordingJob"),
        (lambda: recorder.history(token, 0), "InvalidToken"),
    ):
        with pytest.raises(SoapFault) as refused:
            call()
        assert refused.value.status == 400
        assert refused.value.codes == ("Sender", "InvalidArgVal", code)
    assert token not in recorder.recordings()


def test_times_of_events_are_written_in_utc(recorder: Recorder) -> None:
    moment_us = now_us()
    assert utc_us(iso(moment_us)) == moment_us
