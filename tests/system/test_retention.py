"""What is too old is served by nobody, and its deletion is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Notification, PullPoint, Recorder, configuration, now_us, pull_point, utc_us
from tests.harness.rtsp import clock_range
from tests.harness.soap import SoapClient, SoapFault
from tests.harness.station import wait_for

GOP_US = 1_000_000
RETENTION_US = 10_000_000


@dataclass(frozen=True)
class Short:
    token: str
    started_us: int
    events: PullPoint

    def deletions(self) -> list[Notification]:
        return [event for event in self.events.seen if event.source["RecordingToken"] == self.token]


@pytest.fixture(scope="module", autouse=True)
def short(proxy: RecordingProxy) -> Iterator[Short]:
    """A recording of ten seconds at most, which has long begun when the last test looks at it."""
    client = SoapClient(proxy.url)
    recorder = Recorder(client)
    with pull_point(client, "tns1:RecordingConfig/DeleteTrackData") as events:
        token = recorder.create_recording("Short", "PT10S")
        recorder.create_job(token)
        yield Short(token, now_us(), events)


def test_a_shorter_retention_time_holds_at_once_for_what_exists(recorder: Recorder) -> None:
    token, _ = recorder.record(6, "Shortened")
    recorder.set_configuration(token, configuration("Shortened", "PT3S"))
    found = recorder.information(token)
    assert found.earliest_us is not None
    assert now_us() - found.earliest_us <= 3_000_000 + GOP_US
    recorder.delete_recording(token)


def test_a_deleted_recording_is_unknown_everywhere(recorder: Recorder) -> None:
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


def test_nothing_older_than_the_retention_time_is_served(recorder: Recorder, short: Short) -> None:
    short.events.wait_for("two deletions", lambda seen: len(short.deletions()) >= 2, 40)
    wait_for("25 s have passed", lambda: now_us() - short.started_us > 25_000_000)
    found = recorder.information(short.token)
    assert found.earliest_us is not None
    assert now_us() - found.earliest_us <= RETENTION_US + GOP_US
    assert found.length_s > 7
    with recorder.replay(short.token) as client:
        client.play(Range=clock_range(short.started_us), Rate_Control="no")
        units = client.units(5)
    assert units[0].key_frame
    assert now_us() - units[0].utc_us <= RETENTION_US + GOP_US
    history = recorder.history(short.token, short.started_us)
    assert history[0].time_us >= found.earliest_us
    assert history[0].notification.data in ({"IsRecording": "true"}, {"IsDataPresent": "true"})


def test_deletions_are_told_one_after_the_other_without_a_hole(short: Short) -> None:
    spans = [(event.data["StartTime"], event.data["EndTime"]) for event in short.deletions()]
    assert utc_us(spans[0][0]) - short.started_us < 3_000_000
    for (_, end), (start, _) in pairwise(spans):
        assert start == end, f"{spans}: deletions tile"
