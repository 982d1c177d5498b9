import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.soap.lexical import (
    SIMPLE,
    enumeration,
    legal,
    read_base64,
    read_boolean,
    read_datetime,
    read_float,
    read_integer,
    write_datetime,
    write_float,
)


class Stream(StrEnum):
    UNICAST = "RTP-Unicast"
    MULTICAST = "RTP-Multicast"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.25+02:00", "2026-01-02T01:04:05.250000Z"),
        ("2026-01-02T03:04:05.123456789-05:30", "2026-01-02T08:34:05.123456Z"),
        ("2026-12-31T24:00:00Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_datetime_is_read_with_any_zone_and_written_in_utc(text: str, written: str) -> None:
    assert write_datetime(read_datetime(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "yesterday", "2026-02-30T00:00:00Z", "2026-01-01", "20260101T000000Z", "2026-01-01T24:00:01Z",
        "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+14:01", "9999-12-31T24:00:00Z", "0001-01-01T00:00:00+01:00",
        "2026-01-01 00:00:00Z", "-2026-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_datetime_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_datetime(text)


def test_datetime_without_zone_is_never_written() -> None:
    with pytest.raises(ValueError):
        write_datetime(datetime(2026, 1, 1))


@given(st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-7)))))
def test_every_datetime_comes_back(moment: datetime) -> None:
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        return
    assert read_datetime(write_datetime(in_utc)) == moment


@pytest.mark.parametrize("text", ["", "1.0", "1_000", "0x10", "٣", "9" * 4_000, str(1 << 63), "--1"])
def test_what_is_no_integer_of_64_bits_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_integer(text)


@pytest.mark.parametrize("text", ["NaN", "INF", "-INF", "1e400", "1,5", "", "1_0.0", "infinity"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_float(text)


@pytest.mark.parametrize(("value", "text"), [(8.0, "8"), (0.5, "0.5"), (float("inf"), "INF"), (float("nan"), "NaN")])
def test_float_is_written_as_the_schema_spells_it(value: float, text: str) -> None:
    assert write_float(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_comes_back(value: float) -> None:
    assert read_float(write_float(value)) == value


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("False", False), ("0", False)])
def test_boolean_is_read_in_every_spelling_clients_use(text: str, value: bool) -> None:
    assert read_boolean(text) is value


def test_base64_is_read_across_line_breaks() -> None:
    assert read_base64("aGVs\r\n bG8=") == b"hello"


@pytest.mark.parametrize("text", ["RTP-Unicast", "RTP_unicast", "rtp-unicast"])
def test_enumeration_understands_spellings_of_clients(text: str) -> None:
    read = enumeration(Stream)
    assert read(text) is Stream.UNICAST


def test_enumeration_refuses_other_words_and_names_the_choice() -> None:
    read = enumeration(Stream)
    with pytest.raises(ValueError, match="RTP-Unicast, RTP-Multicast"):
        read("Unicast")


@given(st.text())
def test_legal_text_is_what_xml_can_carry(text: str) -> None:
    assert legal(legal(text)) == legal(text)
    assert "\x00" not in legal(text)


@given(st.sampled_from([reader for reader, _ in SIMPLE.values()]), st.text(max_size=60))
def test_readers_raise_nothing_but_value_error(reader: Callable[[str], object], text: str) -> None:
    with contextlib.suppress(ValueError):
        reader(text)
