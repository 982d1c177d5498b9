"""Times in the Range header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.twins import refusal

from argus.rtsp.protocol.range import ClockRange, NptRange, encode_clock, encode_clock_range, parse_range
from argus.rtsp.protocol.status import ProtocolError, Status

START_US = 1_767_225_600_000_000


@pytest.mark.parametrize(
    "text",
    [
        "20260101T000000Z",
        "20260101T000000.000Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01t00:00:00.000000000z",
        "20260101T000000",
    ],
)
def test_absolute_time_is_read_in_every_spelling(text: str) -> None:
    assert parse_range(f"clock={text}-") == ClockRange(start_us=START_US)
    assert parse_range(f"clock={text}") == ClockRange(start_us=START_US)
    assert parse_range(f"clock=-{text}") == ClockRange(end_us=START_US)
    assert parse_range(f"clock = {text}-{text} ; time=x") == ClockRange(start_us=START_US, end_us=START_US)


def test_fractions_count_to_the_microsecond() -> None:
    assert parse_range("clock=20260101T000001.5Z-") == ClockRange(start_us=START_US + 1_500_000)
    assert parse_range("clock=20260101T000000.1234567Z-") == ClockRange(start_us=START_US + 123_456)


def test_normal_play_time_is_seconds_hours_or_now() -> None:
    assert parse_range("npt=0.000-") == NptRange(start_us=0)
    assert parse_range("npt=1.5-2") == NptRange(start_us=1_500_000, end_us=2_000_000)
    assert parse_range("npt=00:01:02.25-") == NptRange(start_us=62_250_000)
    assert parse_range("npt=now-") == NptRange(now=True)
    assert parse_range("npt=-10") == NptRange(end_us=10_000_000)


def test_seconds_since_1900_are_taken_as_absolute_time() -> None:
    assert parse_range("npt=3976214400-3976214403.96") == ClockRange(start_us=START_US, end_us=START_US + 3_960_000)
    assert parse_range("npt=3976214400-") == ClockRange(start_us=START_US)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "clock=",
        "clock=-",
        "npt=-",
        "smpte=10:07:33-",
        "clock=20260101T000000Z20260101T000000Z",
        "clock=20261301T000000Z-",
        "clock=20260101T000061Z-",
        "clock=00000101T000000Z-",
        "npt=1.2.3-",
        "npt=1:2-",
        "bytes=0-1",
    ],
)
def test_anything_else_is_457(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_range(text)
    assert caught.value.status is Status.INVALID_RANGE


@given(st.one_of(st.text(max_size=100), st.text("clock=npt-0123456789TZ:.;", max_size=80).map(lambda t: "clock=" + t)))
def test_any_text_is_a_range_or_457(text: str) -> None:
    assert refusal(lambda: parse_range(text)) in (None, Status.INVALID_RANGE)


@given(st.integers(0, 4_000_000_000_000_000), st.one_of(st.none(), st.integers(0, 4_000_000_000_000_000)))
def test_an_encoded_range_reads_back_exactly(start_us: int, end_us: int | None) -> None:
    assert parse_range(encode_clock_range(start_us, end_us)) == ClockRange(start_us=start_us, end_us=end_us)


def test_a_moment_is_written_in_the_basic_form() -> None:
    assert encode_clock(START_US + 1) == "20260101T000000.000001Z"
