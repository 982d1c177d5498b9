"""Conversions between wall time in microseconds, datetimes, NTP times and ISO texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

US_PER_S = 1_000_000
# Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix).
NTP_EPOCH_OFFSET_S = 2_208_988_800

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_utc_us(moment: datetime) -> int:
    """Microseconds since the Unix epoch of an aware datetime, exact.

    Raises:
        ValueError: `moment` carries no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a wall time needs a time zone")
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(utc_us: int) -> datetime:
    """The aware UTC datetime of `utc_us`, clamped to the range a datetime can hold."""
    lowest, highest = -62_135_596_800_000_000, 253_402_300_799_999_999
    return _EPOCH + timedelta(microseconds=min(max(utc_us, lowest), highest))


def to_iso(utc_us: int) -> str:
    """ISO 8601 in UTC with milliseconds and Z, for people and JSON."""
    return to_datetime(utc_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_us_to_ntp(utc_us: int) -> int:
    """64-bit NTP timestamp (32.32 fixed point, seconds since 1900), modulo its era."""
    seconds, us = divmod(utc_us, US_PER_S)
    return ((seconds + NTP_EPOCH_OFFSET_S) % (1 << 32)) << 32 | (us << 32) // US_PER_S


def ntp_to_utc_us(ntp: int) -> int:
    """Inverse of `utc_us_to_ntp` within one microsecond, for times in the current NTP era (to 2036)."""
    seconds, fraction = ntp >> 32, ntp & 0xFFFFFFFF
    return (seconds - NTP_EPOCH_OFFSET_S) * US_PER_S + ((fraction * US_PER_S + (1 << 31)) >> 32)
