"""The tone of the simulated microphone is in step with the wall clock."""

from __future__ import annotations

import array

from hypothesis import given
from hypothesis import strategies as st

from argus.media.testtone import BEEP_LEVEL, TONE_LEVEL, TestTone


def levels(chunk: bytes) -> array.array[int]:
    samples = array.array("h")
    samples.frombytes(chunk)
    return samples


def test_a_second_begins_with_a_beep_and_goes_on_quietly() -> None:
    second = levels(TestTone(8_000).chunk(1_767_225_600_000_000, 8_000))
    assert max(second[:800]) > 32_767 * BEEP_LEVEL * 0.99
    assert 0.9 < max(second[800:]) / (32_767 * TONE_LEVEL) <= 1.001
    assert second[0] == 0


def test_chunks_go_on_where_the_last_one_ended() -> None:
    tone, whole = TestTone(16_000), TestTone(16_000).chunk(250_000, 16_000)
    parts = b"".join(tone.chunk(250_000 + number * 40_000, 640) for number in range(25))
    assert parts == whole


def test_a_clock_that_is_corrected_a_little_makes_no_click() -> None:
    tone = TestTone(48_000)
    tone.chunk(0, 1_920)
    assert tone.chunk(41_900, 1_920) == TestTone(48_000).chunk(40_000, 1_920)


def test_a_clock_that_is_set_is_followed() -> None:
    tone = TestTone(48_000)
    tone.chunk(0, 1_920)
    assert tone.chunk(540_000, 1_920) == TestTone(48_000).chunk(540_000, 1_920)
    tone.chunk(999_500, 1_920)
    assert tone.chunk(1_039_500, 1_920) == TestTone(48_000).chunk(39_500, 1_920)


@given(utc_us=st.integers(-(10**15), 10**16), count=st.integers(1, 44_100))
def test_a_chunk_has_as_many_samples_as_were_asked_for(utc_us: int, count: int) -> None:
    assert len(TONE_44100.chunk(utc_us, count)) == 2 * count


TONE_44100 = TestTone(44_100)
