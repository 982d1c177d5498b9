"""POSIX time zones are told from other texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.device.time_zone import check_time_zone


@pytest.mark.parametrize(
    "text",
    [
        "UTC",
        "UTC0",
        "GMT+00:00",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "PST8PDT,M3.2.0,M11.1.0",
        "PST8PDT",
        "EST5EDT4,M3.2.0/02:00:00,M11.1.0/02:00:00",
        "IST-5:30",
        "<+0330>-3:30",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "AEST-10AEDT,J60,J300/3",
        "XYZ+24,".rstrip(","),
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "NZST-12NZDT,60,300",
    ],
)
def test_real_time_zones_are_accepted(text: str) -> None:
    assert check_time_zone(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INVALIDTIMEZONE",
        "Europe/Berlin",
        "CET",
        "C-1",
        "CET-25",
        "CET-1:60",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,J366,J300",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "UTC0\n",
        "UTC0;reboot",
        "$(reboot)",
        "<UTC>0 ",
        "A" * 60 + "00000",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        check_time_zone(text)
    assert raised.value.subject == "time zone"


names = st.one_of(
    st.text(st.sampled_from("ABCxyz"), min_size=3, max_size=5),
    st.text(st.sampled_from("ABC0189+-"), min_size=3, max_size=5).map(lambda name: f"<{name}>"),
)
clock_times = st.tuples(st.integers(0, 24), st.integers(0, 59)).map(lambda t: f"{t[0]}:{t[1]:02}")
offsets = st.tuples(st.sampled_from(["", "+", "-"]), clock_times).map("".join)
dates = st.one_of(
    st.integers(1, 365).map("J{}".format),
    st.integers(0, 365).map(str),
    st.tuples(st.integers(1, 12), st.integers(1, 5), st.integers(0, 6)).map(lambda d: "M{}.{}.{}".format(*d)),
)
rules = st.tuples(dates, st.one_of(st.just(""), clock_times.map("/{}".format))).map("".join)


@given(names, offsets, names, offsets, rules, rules)
def test_whatever_the_grammar_produces_is_accepted(
    std: str, offset: str, dst: str, dst_offset: str, start: str, end: str
) -> None:
    for text in (std + offset, std + offset + dst, f"{std}{offset}{dst}{dst_offset},{start},{end}"):
        if len(text) <= 64:
            assert check_time_zone(text) == text


@given(st.text(max_size=100))
def test_any_text_is_accepted_or_refused_as_invalid(text: str) -> None:
    try:
        accepted = check_time_zone(text)
    except InvalidValue:
        return
    assert accepted.isascii()
    assert accepted.isprintable()
