"""What is too old is served by nobody, and its deletion is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Notification, PullPoint, Recorder, configuration, now_us, utc_us
from tests.harness.rtsp import clock_range
from tests.harness.soap import SoapClient, SoapFault
from tests.harness.station import StationProcess, wait_for
from tests.retention.deletions import FRAME_US, of_log
from tests.retention.watch import Watch, watching

# What is told as deleted is found in the log, also where nobody could listen.
ARGUMENTS = ("--log-level", "debug")
GOP_US = US_PER_S = 1_000_000
RETENTION_US = 10_000_000


@dataclass(frozen=True)
class Short:
    token: str
    started_us: int
    events: PullPoint

    def deletions(self) -> list[Notification]:
        return [event for event in self.events.seen if event.source["RecordingToken"] == self.token]


@pytest.fixture(scope="module", autouse=True)
def watch(station: StationProcess) -> Iterator[Watch]:
    """Half a minute is kept of this one; it is looked at all the time the other stories take, and longer."""
    with watching(station) as started:
        yield started


@dataclass(frozen=True)
class Story:
    """What the recording under watch went through, in the end."""

    steady_until_us: int
    shortened_to_us: int
    kept_from_us: tuple[int, int]
    newest_us: int


@pytest.fixture(scope="module")
def story(watch: Watch) -> Story:
    """Killed once, watched on until all that was recorded before is gone; shortened, not limited, deleted."""
    watch.wait_until(42)
    watch.kill()
    watch.wait_until(72)
    steady_until_us = now_us()
    shortened_to_us = watch.shorten(10_000_000)
    wait_for("the cut is told", lambda: watch.told[-1].told_us > steady_until_us)
    return Story(steady_until_us, shortened_to_us, watch.keep_all(3), watch.end())


@pytest.fixture(scope="module", autouse=True)
def short(proxy: RecordingProxy) -> Short:
    """A recording of ten seconds at most, which has long begun when the last test looks at it."""
    client = SoapClient(proxy.url)
    recorder = Recorder(client)
    # Not given back: it does not outlive the kill.
    events = PullPoint(client, "tns1:RecordingConfig/DeleteTrackData").open()
    token = recorder.create_recording("Short", "PT10S")
    recorder.create_job(token)
    return Short(token, now_us(), events)


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


@pytest.mark.timeout(240)
def test_in_no_way_of_looking_anything_is_older_than_half_a_minute(watch: Watch, story: Story) -> None:
    """And the deletions tile the time line, from the first frame to the end, across a kill."""
    assert watch.mistakes() == [], watch.figures(story.steady_until_us)
    assert {look.way for look in watch.eyes.looks} >= {"FindEvents", "replay", "reverse replay", "replay resumed"}


def test_what_expires_is_deleted_within_seconds_and_never_before(watch: Watch, story: Story) -> None:
    assert watch.punctual(story.steady_until_us) == []
    assert len([told for told in watch.told if told.told_us < story.steady_until_us]) >= 3


def test_a_full_recording_is_shortened_at_once_and_the_cut_is_told(watch: Watch, story: Story) -> None:
    assert story.shortened_to_us <= 10_000_000
    # A cut by the longer limit may have been on its way.
    after = (told for told in watch.told if told.told_us > story.steady_until_us)
    cut = next(told for told in after if told.told_us - told.end_us < 20_000_000)
    assert abs(cut.told_us - 10_000_000 - cut.end_us) <= GOP_US + FRAME_US + 2_000_000
    assert cut.told_us - story.steady_until_us <= 3_000_000


def test_without_a_limit_nothing_is_deleted(story: Story) -> None:
    before_us, after_us = story.kept_from_us
    assert before_us == after_us


def test_a_deleted_recording_tells_all_that_was_left(watch: Watch, story: Story, station: StationProcess) -> None:
    last = of_log(station.log, watch.recording)[-1]
    assert last.start_us == story.kept_from_us[1]
    assert 0 < last.end_us - story.newest_us <= 3 * US_PER_S
    assert (watch.told[-1].start_us, watch.told[-1].end_us) == (last.start_us, last.end_us)
