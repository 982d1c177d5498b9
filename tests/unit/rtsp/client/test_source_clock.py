"""Capture times from RTP times, arrivals and sender reports."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.units import utc_us_to_ntp
from argus.rtsp.client.source_clock import BELIEVED_NS, MediaClock, SourceClock

HZ = 90_000
FRAME = 3_600  # 40 ms
FRAME_NS = 40_000_000
START_NS = 5_000_000_000
MS = 1_000_000
YEAR_US = 31_536_000_000_000


def play(
    clock: MediaClock,
    frames: int,
    *,
    first: int = 0,
    delay_ns: int = 0,
    jitter_ns: int = 0,
    seed: int = 1,
    ppm: int = 0,
) -> list[int]:
    """How far each capture time lies from the truth when frames arrive with a delay and up to so much jitter."""
    noise, errors = random.Random(seed), []
    for number in range(first, first + frames):
        captured_ns = START_NS + number * FRAME_NS * (1_000_000 + ppm) // 1_000_000
        clock.arrive(number * FRAME & 0xFFFFFFFF, captured_ns + delay_ns + noise.randint(0, jitter_ns))
        errors.append(clock.capture_ns(number * FRAME & 0xFFFFFFFF) - captured_ns)
    return errors


def test_jitter_of_the_network_does_not_show_in_capture_times() -> None:
    clock = MediaClock(HZ)
    play(clock, 200, jitter_ns=80 * MS)
    errors = play(clock, 1_000, first=200, jitter_ns=80 * MS, seed=2)
    assert max(errors) < 8 * MS
    assert max(abs(after - before) for before, after in pairwise(errors)) < MS


@pytest.mark.parametrize("ppm", [-200, 200])
def test_a_crystal_that_is_off_is_followed(ppm: int) -> None:
    clock = MediaClock(HZ)
    errors = play(clock, 25 * 900, jitter_ns=20 * MS, ppm=ppm)
    assert all(abs(error) < 30 * MS for error in errors[1_000:])


def test_a_wrap_of_the_rtp_time_does_not_show() -> None:
    clock = MediaClock(HZ)
    first = (1 << 32) // FRAME - 100
    assert set(play(clock, 300, first=first)) == {0}


def test_a_stall_makes_nothing_late() -> None:
    """Everything waits for three seconds and comes at once: the capture times stay where they were."""
    clock = MediaClock(HZ)
    play(clock, 100)
    late_ns = START_NS + 175 * FRAME_NS
    for number in range(100, 175):
        clock.arrive(number * FRAME, late_ns)
        assert abs(clock.capture_ns(number * FRAME) - START_NS - number * FRAME_NS) < 70 * MS
    assert max(map(abs, play(clock, 500, first=175)[100:])) < MS


def test_what_a_camera_had_kept_is_placed_in_the_past_once_settled() -> None:
    clock = MediaClock(HZ)
    for number in range(50):  # two seconds of pictures, all at once
        clock.arrive(number * FRAME, START_NS)
    clock.settle()
    assert [clock.capture_ns(number * FRAME) - START_NS for number in (0, 49)] == [-49 * FRAME_NS, 0]


def test_a_sender_that_begins_anew_is_followed_at_once() -> None:
    clock = MediaClock(HZ)
    play(clock, 1_000)
    now_ns = START_NS + 1_000 * FRAME_NS
    clock.arrive(7, now_ns)
    assert clock.capture_ns(7) == now_ns


@given(
    st.lists(st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 10**10), st.booleans()), min_size=1, max_size=60),
    st.integers(8_000, 1_000_000),
)
def test_whatever_comes_nothing_is_captured_after_it_arrived(steps: list[tuple[int, int, bool]], clock_hz: int) -> None:
    source = SourceClock()
    clocks, now_ns = [source.add(clock_hz), source.add(HZ)], START_NS
    for rtp_timestamp, passed_ns, second in steps:
        now_ns += passed_ns
        clock = clocks[second]
        clock.arrive(rtp_timestamp, now_ns)
        assert clock.capture_ns(rtp_timestamp) <= now_ns
        source.report(clock, passed_ns << 20, rtp_timestamp)


class Camera:
    """Sends video 300 ms and audio 20 ms after the capture. Its wall clock is ten years wrong."""

    def __init__(self, audio_ntp_shift_us: int = 0) -> None:
        self.source = SourceClock()
        self.video, self.audio = self.source.add(HZ), self.source.add(8_000)
        self._shift_us = audio_ntp_shift_us
        self._number = 0

    def run(self, seconds: int) -> tuple[int, int]:
        """How late video and audio are placed in the end."""
        for _ in range(seconds * 25):
            self._number += 1
            captured_ns = START_NS + self._number * FRAME_NS
            video, audio = self._number * FRAME, 77_777 + self._number * 320
            self.audio.arrive(audio, captured_ns + 20 * MS)
            self.video.arrive(video, captured_ns + 300 * MS)
            if self._number % 125 == 0:
                ntp_us = captured_ns // 1_000 - 10 * YEAR_US + 40 * YEAR_US
                self.source.report(self.video, utc_us_to_ntp(ntp_us), video)
                self.source.report(self.audio, utc_us_to_ntp(ntp_us + self._shift_us), audio)
        return self.video.capture_ns(video) - captured_ns, self.audio.capture_ns(audio) - captured_ns


def test_sender_reports_bring_audio_and_video_into_step_whatever_the_senders_wall_clock_says() -> None:
    camera = Camera()
    assert camera.run(4) == (300 * MS, 20 * MS)  # no report yet
    video_ns, audio_ns = camera.run(30)
    assert abs(video_ns - audio_ns) < MS
    assert audio_ns == 20 * MS


def test_a_medium_is_moved_so_slowly_that_nobody_sees_it() -> None:
    camera = Camera()
    camera.run(5)
    before_ns, _ = camera.run(1)
    after_ns, _ = camera.run(1)
    assert 0 < before_ns - after_ns <= 21 * MS


def test_reports_that_put_media_far_apart_are_not_believed() -> None:
    camera = Camera(audio_ntp_shift_us=BELIEVED_NS // 1_000 + 1_000_000)
    assert camera.run(30) == (300 * MS, 20 * MS)


def test_a_report_without_time_or_about_another_time_is_passed_over() -> None:
    clock = MediaClock(HZ)
    clock.report(1 << 40, 5)
    play(clock, 10)
    clock.report(0, 9 * FRAME)
    clock.report(1 << 60, 9 * FRAME + 60 * HZ)
    assert clock.sender_offset_ns is None
