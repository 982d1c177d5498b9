"""What is stamped into a picture can be read from it, scaled or not."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.media.testcard import BLOCK_LAP_US, Stamp, TestCard, block_at, decode_stamp

SIZES = [(64, 64), (320, 240), (640, 360), (1280, 720), (1920, 1080), (200, 130)]


def drawn(width: int, height: int, stamp: Stamp) -> bytearray:
    card = TestCard(width, height)
    frame = bytearray(card.background())
    card.draw(memoryview(frame), stamp)
    return frame


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_frame_has_the_size_of_i420(width: int, height: int) -> None:
    assert len(drawn(width, height, Stamp(number=1, utc_us=2))) == width * height * 3 // 2


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_number_and_time_are_read_back(width: int, height: int) -> None:
    stamp = Stamp(number=4_000_000_000, utc_us=1_767_225_600_123_456)
    assert decode_stamp(memoryview(drawn(width, height, stamp)), width, height) == stamp


@given(number=st.integers(0, 2**32 - 1), utc_us=st.integers(-(2**63), 2**63 - 1))
def test_every_number_and_time_is_read_back(number: int, utc_us: int) -> None:
    stamp = Stamp(number=number, utc_us=utc_us)
    assert decode_stamp(drawn(320, 240, stamp), 320, 240) == stamp


def test_the_strip_survives_scaling_to_half() -> None:
    stamp = Stamp(number=77, utc_us=1_767_225_600_040_000)
    frame = drawn(1280, 720, stamp)
    half = b"".join(bytes(frame[y * 1280 : (y + 1) * 1280 : 2]) for y in range(0, 720, 2))
    assert decode_stamp(half, 640, 360) == stamp


def test_padding_at_the_end_of_lines_is_skipped() -> None:
    stamp = Stamp(number=5, utc_us=6)
    frame = drawn(320, 240, stamp)
    padded = b"".join(bytes(frame[y * 320 : (y + 1) * 320]) + bytes(64) for y in range(240))
    assert decode_stamp(padded, 320, 240, stride=384) == stamp


def test_one_wrong_block_is_noticed() -> None:
    frame = drawn(640, 360, Stamp(number=5, utc_us=6))
    for y in range(11):
        for x in range(300, 310):
            frame[y * 640 + x] ^= 0xFF
    with pytest.raises(ValueError, match="damaged"):
        decode_stamp(frame, 640, 360)


def test_a_picture_without_a_strip_is_refused() -> None:
    with pytest.raises(ValueError, match="no strip"):
        decode_stamp(bytes(640 * 360), 640, 360)


def test_the_text_tells_milliseconds_and_number() -> None:
    assert Stamp(number=7, utc_us=1_767_225_600_123_999).text() == "2026-01-01 00:00:00.123 UTC #0000007"


def test_consecutive_frames_differ_outside_the_strip() -> None:
    first, second = (drawn(640, 360, Stamp(number=n, utc_us=n * 40_000)) for n in (10, 20))
    assert first[640 * 200 :] != second[640 * 200 :]


@given(st.binary(max_size=400), st.integers(1, 64), st.integers(1, 64))
def test_arbitrary_pictures_are_read_or_refused(luma: bytes, width: int, height: int) -> None:
    with contextlib.suppress(ValueError):
        decode_stamp(luma, width, height)


@given(utc_us=st.integers(-(10**16), 10**16))
def test_the_block_is_where_it_is_said_to_be(utc_us: int) -> None:
    frame, box = drawn(320, 240, Stamp(number=0, utc_us=utc_us)), block_at(utc_us, 320, 240)
    white = [n for n in range(320) if frame[(box.top + box.bottom) // 2 * 320 + n] == 235]
    assert white == list(range(box.left, box.right))
    assert (box.bottom - box.top, 0 <= box.left < box.right <= 320) == (30, True)


def test_the_block_crosses_the_picture_from_left_to_right() -> None:
    lefts = [block_at(time_us, 1280, 720).left for time_us in range(0, BLOCK_LAP_US, BLOCK_LAP_US // 10)]
    assert lefts == sorted(lefts)
    assert lefts[0] == 0 < 1280 - 90 - 10 - lefts[-1] < 119
