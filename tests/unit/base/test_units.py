"""Conversions are exact in both directions."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from argus.base import units


@given(st.integers(0, 2_085_978_495_000_000))
def test_utc_survives_the_way_through_ntp(utc_us: int) -> None:
    assert units.ntp_to_utc_us(units.utc_us_to_ntp(utc_us)) == utc_us


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)))
def test_utc_survives_the_way_through_datetime(moment: datetime) -> None:
    assert units.to_datetime(units.to_utc_us(moment)) == moment
