import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.soap.duration import Duration

DAY_US = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "canonical", "us"),
    [
        ("PT0S", "PT0S", 0),
        ("P0D", "PT0S", 0),
        ("PT168H", "P7D", 7 * DAY_US),
        ("PT10S", "PT10S", 10_000_000),
        ("PT0.0000019S", "PT0.000001S", 1),
        ("P1Y2M3DT4H5M6.5S", "P1Y2M3DT4H5M6.5S", 428 * DAY_US + 14_706_500_000),
        ("P12M", "P1Y", 365 * DAY_US),
        ("P2M", "P2M", 60 * DAY_US),
        ("-PT90S", "-PT1M30S", -90_000_000),
        ("-P1M", "-P1M", -30 * DAY_US),
    ],
)
def test_duration_is_read_and_written_in_canonical_form(text: str, canonical: str, us: int) -> None:
    duration = Duration.parse(text)
    assert str(duration) == canonical
    assert duration.to_us() == us
    assert Duration.parse(canonical) == duration


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1", "1S", "10", "P1S", "PT1D", "P1DT", "+P1D", "PT1.S", "P-1D", "P999999999Y", "P1D\n", "P١D"],
)
def test_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        Duration.parse(text)


@given(months=st.integers(0, 100_000), us=st.integers(0, 10**15), negative=st.booleans())
def test_every_duration_comes_back_as_it_was_said(months: int, us: int, negative: bool) -> None:
    duration = Duration(months=-months, us=-us) if negative else Duration(months=months, us=us)
    assert Duration.parse(str(duration)) == duration


@given(st.text(alphabet="-P0123456789YMDTHS.", max_size=20) | st.text(max_size=20))
def test_parsing_any_text_gives_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert Duration.parse(str(Duration.parse(text))) == Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "us"), [("PT0.0000001S", 1), ("-PT0.0000009S", -1), ("PT0.0000000S", 0), ("PT1.0000009S", 1_000_000)]
)
def test_a_moment_too_short_to_count_does_not_become_zero(text: str, us: int) -> None:
    assert Duration.parse(text).to_us() == us
