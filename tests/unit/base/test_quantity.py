"""Quantities keep their unit and complain with an example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.base.quantity import BITRATE, DURATION_MS, SIZE


@pytest.mark.parametrize(
    ("dimension", "text", "amount"),
    [
        (BITRATE, "2 Mbit/s", 2_000_000),
        (BITRATE, "512kbit/s", 512_000),
        (BITRATE, "1.5 Mbit/s", 1_500_000),
        (DURATION_MS, "1 s", 1_000),
        (DURATION_MS, "200 ms", 200),
        (SIZE, "2 GiB", 2 << 30),
    ],
)
def test_a_number_with_a_unit_is_read_in_base_units(dimension, text, amount) -> None:
    assert dimension.parse(text) == amount


@pytest.mark.parametrize("text", ["2", "2 Mbit", "2 Mb/s", "-1 s", "1e3 bit/s", "", "Mbit/s", "0.5 bit/s", "٣ Mbit/s"])
def test_a_missing_or_wrong_unit_is_refused_with_an_example(text) -> None:
    with pytest.raises(InvalidValue):
        BITRATE.parse(text)


@given(st.text())
def test_any_text_is_either_a_whole_amount_or_refused(text) -> None:
    try:
        amount = SIZE.parse(text)
    except InvalidValue:
        return
    assert amount >= 0
