"""Replay of what was recorded: by ffmpeg, and by a client of our own that looks at every header."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from tests.harness.pictures import FRAME_US, assert_consecutive, stamps_of_h264, stamps_of_stream
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Information, Recorder
from tests.harness.rtp import ReceivedUnit
from tests.harness.rtsp import RtspClient, clock_range
from tests.harness.soap import SoapClient
from tests.harness.station import MAIN_SIZE

GOP_US = 1_000_000


@dataclass(frozen=True)
class Footage:
    """A recording of two parts with a gap between them, finished."""

    token: str
    before_gap: Information
    whole: Information

    @property
    def start_us(self) -> int:
        assert self.whole.earliest_us is not None
        return self.whole.earliest_us

    @property
    def gap_us(self) -> int:
        assert self.before_gap.latest_us is not None
        return self.before_gap.latest_us

    @property
    def end_us(self) -> int:
        assert self.whole.latest_us is not None
        return self.whole.latest_us


@pytest.fixture(scope="module")
def footage(proxy: RecordingProxy) -> Footage:
    recorder = Recorder(SoapClient(proxy.url))
    token, job = recorder.record(6.5)
    recorder.set_mode(job, "Idle")
    recorder.wait_for_status(token, "Stopped")
    time.sleep(1.5)
    before_gap = recorder.information(token)
    recorder.set_mode(job, "Active")
    recorder.wait_for_footage(token, before_gap.length_s + 3)
    recorder.set_mode(job, "Idle")
    recorder.wait_for_status(token, "Stopped")
    time.sleep(1.5)
    return Footage(token, before_gap, recorder.information(token))


@pytest.fixture
def client(recorder: Recorder, footage: Footage) -> Iterator[RtspClient]:
    with recorder.replay(footage.token) as opened:
        yield opened


def assert_burnt_in_times(units: list[ReceivedUnit]) -> list[int]:
    """The time in the header extension is the time in the picture. Returns the frame numbers."""
    found = stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE)
    assert len(found) == len(units)
    for stamp, unit in zip(found, units, strict=True):
        assert abs(stamp.utc_us - unit.utc_us) <= 1_000, f"{unit.utc_us} in the header, {stamp.utc_us} in the picture"
    return [stamp.number for stamp in found]


def test_ffmpeg_plays_a_recording_from_its_beginning(recorder: Recorder, footage: Footage) -> None:
    started = time.monotonic()
    found = stamps_of_stream(recorder.replay_uri(footage.token), MAIN_SIZE, 75)
    assert_consecutive(found)
    assert abs(found[0].utc_us - footage.start_us) <= 1_000
    assert time.monotonic() - started > 2, "replay with rate control is not faster than it was recorded"


def test_the_description_names_the_track_of_the_recording(client: RtspClient) -> None:
    [video] = client.describe()
    assert video.attributes["x-onvif-track"] == "VIDEO001"
    assert "sprop-parameter-sets" in video.attributes["fmtp"]


def test_everything_is_delivered_exactly_and_without_rate_control_quickly(client: RtspClient, footage: Footage) -> None:
    started = time.monotonic()
    response = client.play(Rate_Control="no")
    units = client.units(quiet_s=1)
    seconds = time.monotonic() - started
    assert seconds < (footage.end_us - footage.start_us) / 2e6
    assert response.header("range").startswith("clock=")
    assert response.header("rtp-info")
    numbers = assert_burnt_in_times(units)
    gap = [after - before for before, after in pairwise(numbers) if after != before + 1]
    assert len(gap) == 1, "one gap, where the job was idle"
    assert abs(units[0].utc_us - footage.start_us) <= 1_000
    assert abs(units[-1].utc_us - footage.end_us) <= 1_000


def test_the_header_extension_tells_clean_points_the_gap_and_the_end(client: RtspClient, footage: Footage) -> None:
    client.play(Rate_Control="no")
    cseq = client.cseq
    units = client.units(quiet_s=1)
    extensions = [unit.extension for unit in units]
    assert all(extension and extension.cseq == cseq & 0xFF for extension in extensions)
    assert all(
        extension and extension.clean_point == unit.key_frame for extension, unit in zip(extensions, units, strict=True)
    )
    ends = [unit.utc_us for unit in units if unit.extension and unit.extension.end]
    assert all(abs(end - due) <= 1_000 for end, due in zip(ends, (footage.gap_us, footage.end_us), strict=True))
    assert not any(extension and extension.discontinuity for extension in extensions)
    assert [unit.extension.terminal for unit in units if unit.extension][-1]


def test_rtp_timestamps_without_rate_control_are_those_of_the_recording(client: RtspClient) -> None:
    client.play(Rate_Control="no")
    units = client.units(50, quiet_s=1)
    for before, after in pairwise(units):
        passed = (after.timestamp - before.timestamp) & 0xFFFFFFFF
        assert abs(passed - (after.utc_us - before.utc_us) * 9 // 100) <= 1


@pytest.mark.parametrize("udp", [False, True])
def test_a_range_starts_at_the_clean_point_before(recorder: Recorder, footage: Footage, udp: bool) -> None:
    wanted_us = footage.start_us + 3_300_000
    with recorder.replay(footage.token, udp=udp) as client:
        client.play(Range=clock_range(wanted_us))
        units = client.units(30)
    assert units[0].key_frame
    assert wanted_us - GOP_US - FRAME_US <= units[0].utc_us <= wanted_us
    numbers = assert_burnt_in_times(units)
    assert numbers == list(range(numbers[0], numbers[0] + 30))


def test_a_range_with_an_end_stops_there_and_the_session_plays_again(client: RtspClient, footage: Footage) -> None:
    start_us = footage.start_us + 1_000_000
    end_us = start_us + 2_000_000
    client.play(Range=clock_range(start_us, end_us), Rate_Control="no")
    units = client.units(quiet_s=1)
    assert end_us - FRAME_US - 1_000 <= units[-1].utc_us <= end_us
    client.play(Range=clock_range(start_us), Rate_Control="no")
    assert client.units(5)[0].key_frame


def test_a_range_that_begins_in_the_gap_plays_what_follows(client: RtspClient, footage: Footage) -> None:
    client.play(Range=clock_range(footage.gap_us + 500_000), Rate_Control="no")
    units = client.units(5)
    assert units[0].key_frame
    assert units[0].utc_us > footage.gap_us + 1_000_000


def test_rate_control_keeps_the_pace_and_skips_the_gap(client: RtspClient, footage: Footage) -> None:
    start_us = footage.gap_us - 1_500_000
    client.play(Range=clock_range(start_us))
    started = time.monotonic()
    units = client.units(75, quiet_s=2)
    seconds = time.monotonic() - started
    assert 2.2 < seconds < 3.8, f"75 frames took {seconds:.1f} s"
    assert_burnt_in_times(units)
    ticks = (units[-1].timestamp - units[0].timestamp) & 0xFFFFFFFF
    assert abs(ticks / 90_000 - 74 * 0.04) < 0.5, "the time line has no hole where the footage has one"


def test_reverse_plays_gops_backward_and_frames_forward(client: RtspClient, footage: Footage) -> None:
    middle_us = footage.start_us + 4_500_000
    response = client.play(Range=clock_range(middle_us), Scale="-1.0", Rate_Control="no")
    assert float(response.header("scale")) == -1.0
    units = client.units(quiet_s=1)
    gops = split_gops(units)
    assert len(gops) >= 4
    starts = [gop[0].utc_us for gop in gops]
    assert starts == sorted(starts, reverse=True)
    assert starts[0] <= middle_us
    assert abs(starts[-1] - footage.start_us) <= 1_000
    for gop in gops:
        assert gop[0].key_frame
        assert gop[0].extension.discontinuity
        assert [unit.utc_us for unit in gop] == sorted(unit.utc_us for unit in gop)
        assert_burnt_in_times(gop)
    ends = [unit for unit in units if unit.extension.end]
    assert ends == [gops[-1][-1]], "the last frame sent is the end"
    numbers = sorted(number for gop in gops for number in assert_burnt_in_times(gop))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "nothing is left out"


def test_reverse_in_a_closed_range_stops_at_the_earlier_time(client: RtspClient, footage: Footage) -> None:
    late_us, early_us = footage.start_us + 4_500_000, footage.start_us + 2_500_000
    client.play(Range=clock_range(late_us, early_us), Scale="-1.0", Rate_Control="no")
    units = client.units(quiet_s=1)
    assert units
    assert min(unit.utc_us for unit in units) >= early_us - GOP_US - FRAME_US
    assert max(unit.utc_us for unit in units) <= late_us + GOP_US


def test_a_range_against_the_direction_is_refused(client: RtspClient, footage: Footage) -> None:
    early_us, late_us = footage.start_us, footage.start_us + 2_000_000
    client.play(expect=457, Range=clock_range(early_us, late_us), Scale="-1.0")
    client.play(expect=457, Range=clock_range(late_us, early_us))


def test_only_intra_frames_come_when_only_they_are_wanted(client: RtspClient, footage: Footage) -> None:
    client.play(Frames="intra", Rate_Control="no")
    units = client.units(quiet_s=1)
    assert len(units) >= 8
    assert all(unit.key_frame and unit.extension.clean_point for unit in units)
    assert_burnt_in_times(units)
    client.play(Frames="intra/3000", Range=clock_range(footage.start_us), Rate_Control="no")
    rare = client.units(quiet_s=1)
    assert 2 <= len(rare) <= 5
    assert all(after.utc_us - before.utc_us >= 3_000_000 for before, after in pairwise(rare))


def test_pause_stops_and_play_goes_on_with_the_next_frame(client: RtspClient) -> None:
    client.play()
    before = client.units(30)
    client.pause()
    before += list(units_of(client))
    assert not client.units(quiet_s=1.5)
    client.play()
    after = client.units(30)
    numbers = assert_burnt_in_times(before + after)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_new_play_seeks_at_once_and_says_so(client: RtspClient, footage: Footage) -> None:
    client.play()
    client.units(10)
    wanted_us = footage.start_us + 4_200_000
    client.play(Range=clock_range(wanted_us), Immediate="yes")
    units = [unit for unit in client.units(20) if unit.extension.cseq == client.cseq & 0xFF]
    assert units[0].extension.discontinuity
    assert wanted_us - GOP_US - FRAME_US <= units[0].utc_us <= wanted_us


def test_an_unknown_requirement_is_refused_by_name(client: RtspClient) -> None:
    response = client.request("OPTIONS", headers={"Require": "com.example.magic"}, expect=551)
    assert "com.example.magic" in response.header("unsupported")


def test_replay_follows_a_growing_recording_and_ends_it_when_the_job_stops(recorder: Recorder) -> None:
    token, job = recorder.record(3, "Growing")
    with recorder.replay(token) as client:
        client.play(Rate_Control="no")
        units = client.units(100, quiet_s=3)
        assert not any(unit.extension.end for unit in units), "the live end is no end"
        recorder.set_mode(job, "Idle")
        units += client.units(quiet_s=2.5)
    numbers = assert_burnt_in_times(units)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert units[-1].extension.end, "the job is idle: the last frame is the end"
    assert abs(units[-1].utc_us - (recorder.information(token).latest_us or 0)) <= 1_000


def test_replay_ends_when_its_recording_is_deleted(recorder: Recorder) -> None:
    token, _ = recorder.record(2, "Doomed")
    with recorder.replay(token) as client:
        client.play()
        assert client.units(10)
        recorder.delete_recording(token)
        started = time.monotonic()
        list(client.packets(quiet_s=1.5))
        assert time.monotonic() - started < 5
    with RtspClient(client.uri) as again:
        assert again.ask("DESCRIBE").status == 401
        again.request("DESCRIBE", expect=404)


def split_gops(units: list[ReceivedUnit]) -> list[list[ReceivedUnit]]:
    gops: list[list[ReceivedUnit]] = []
    for unit in units:
        if unit.key_frame:
            gops.append([])
        gops[-1].append(unit)
    return gops


def units_of(client: RtspClient) -> list[ReceivedUnit]:
    """What was on its way when PAUSE was answered."""
    return client.units(quiet_s=0.3)
