"""Local time against what the rules of the zones say, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.base.units import to_utc_us
from argus.device.local_time import local_time
from argus.device.time_zone import check_time_zone

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def local(utc: str, zone: str) -> str:
    return local_time(to_utc_us(datetime.fromisoformat(utc).replace(tzinfo=UTC)), zone).isoformat()


@pytest.mark.parametrize(
    ("utc", "zone", "shown"),
    [
        ("2026-01-15T12:00:00.000001", "UTC0", "2026-01-15T12:00:00.000001"),
        ("2026-01-15T12:00:00", "UTC", "2026-01-15T12:00:00"),
        ("2026-01-15T12:00:00", "GMT", "2026-01-15T12:00:00"),
        ("2026-01-15T23:30:00", "CST-8", "2026-01-16T07:30:00"),
        ("2026-01-15T12:00:00", "<+0545>-5:45", "2026-01-15T17:45:00"),
        ("2026-01-15T12:00:00", "AAA5:30:15", "2026-01-15T06:29:45"),
        # the last second of winter time and the first of summer time
        ("2026-03-29T00:59:59", BERLIN, "2026-03-29T01:59:59"),
        ("2026-03-29T01:00:00", BERLIN, "2026-03-29T03:00:00"),
        # the hour that comes twice
        ("2026-10-25T00:30:00", BERLIN, "2026-10-25T02:30:00"),
        ("2026-10-25T00:59:59", BERLIN, "2026-10-25T02:59:59"),
        ("2026-10-25T01:00:00", BERLIN, "2026-10-25T02:00:00"),
        ("2026-10-25T02:00:00", BERLIN, "2026-10-25T03:00:00"),
        # the southern hemisphere, and half an hour of summer time
        ("2026-01-15T12:00:00", "AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-15T23:00:00"),
        ("2026-07-15T12:00:00", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-07-15T22:30:00"),
        ("2026-01-15T12:00:00", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-15T23:00:00"),
        # rules by day of the year, before midnight, and later than a day
        ("2026-07-15T12:00:00", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-07-15T11:00:00"),
        ("2026-03-01T01:00:00", "AAA0BBB,J60/0,J300", "2026-03-01T02:00:00"),
        ("2026-07-15T12:00:00", "IST-2IDT,M3.4.4/26,M10.5.0", "2026-07-15T15:00:00"),
        # without rules those of the USA hold: the second Sunday in March, the first in November
        ("2026-03-08T06:59:59", "EST5EDT", "2026-03-08T01:59:59"),
        ("2026-03-08T07:00:00", "EST5EDT", "2026-03-08T03:00:00"),
        ("2026-11-01T06:00:00", "EST5EDT4", "2026-11-01T01:00:00"),
        ("2026-07-01T12:00:00", "<-05>5<-04>", "2026-07-01T08:00:00"),
    ],
)
def test_the_wall_clock_shows_what_the_zone_says(utc: str, zone: str, shown: str) -> None:
    assert local(utc, check_time_zone(zone)) == shown


@given(
    st.from_regex(
        r"(UTC|<\+03>)[+-]?[0-9]{1,2}(:[0-5][0-9])?(EDT[0-9]?(,M[0-9]{1,2}\.[0-9]\.[0-6](/[0-9]{1,3})?){0,2})?",
        fullmatch=True,
    ),
    st.integers(0, 4_000_000_000),
)
def test_any_zone_that_is_accepted_can_be_computed_with(zone: str, utc_s: int) -> None:
    try:
        check_time_zone(zone)
    except InvalidValue:
        return
    shown = local_time(utc_s * 1_000_000, zone)
    assert shown.tzinfo is None
    assert abs(shown.replace(tzinfo=UTC).timestamp() - utc_s) <= 26 * 3600
