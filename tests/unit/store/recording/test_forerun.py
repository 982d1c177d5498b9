"""What came before an event, within the memory there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.store.recording.forerun import MAX_BYTES, UNIT_BYTES, Forerun, ForerunMemory

FORMAT = StreamFormat(codec=Codec.H264, width=640, height=360)
SECOND_US = 1_000_000
UNIT = 10_000


def units(size_bytes: int = UNIT, group: int = 5) -> Iterator[AccessUnit]:
    """Five a second; every `group`th is a key frame."""
    for number in count():
        utc_us = number * SECOND_US // 5
        yield AccessUnit(
            format=FORMAT,
            data=bytes(size_bytes - UNIT_BYTES),
            key_frame=number % group == 0,
            utc_us=utc_us,
            mono_ns=utc_us * 1_000,
        )


def take(forerun: Forerun, stream: Iterator[AccessUnit], many: int) -> None:
    for _ in range(many):
        forerun.take(next(stream))


def test_it_reaches_back_as_far_as_asked_in_whole_groups() -> None:
    forerun = Forerun(3 * SECOND_US, ForerunMemory())
    take(forerun, units(), 50)
    kept = forerun.release(0)
    assert kept[0].key_frame
    assert kept[-1].utc_us - 4 * SECOND_US < kept[0].utc_us <= kept[-1].utc_us - 3 * SECOND_US


def test_nothing_is_kept_before_the_first_key_frame() -> None:
    forerun, stream = Forerun(SECOND_US, ForerunMemory()), units()
    next(stream)
    take(forerun, stream, 4)
    assert forerun.release(-1) == []


def test_what_was_recorded_already_is_not_released_again() -> None:
    forerun = Forerun(10 * SECOND_US, ForerunMemory())
    take(forerun, units(), 20)
    assert forerun.release(2 * SECOND_US)[0].utc_us == 3 * SECOND_US


def test_a_group_without_end_is_given_up() -> None:
    memory = ForerunMemory()
    forerun = Forerun(1_000 * SECOND_US, memory)
    take(forerun, units(size_bytes=1 << 20, group=1_000), 40)
    assert forerun.size_bytes == memory.used_bytes == 0


def test_all_of_them_together_stay_within_the_limit_and_the_greediest_reaches_back_less_far() -> None:
    memory = ForerunMemory(limit_bytes=100 * UNIT)
    modest, greedy = Forerun(5 * SECOND_US, memory), Forerun(60 * SECOND_US, memory)
    one, another = units(), units(size_bytes=2 * UNIT)
    for _ in range(300):
        take(modest, one, 1)
        take(greedy, another, 1)
        assert memory.used_bytes <= 100 * UNIT
    assert greedy.size_bytes > modest.size_bytes
    kept = modest.release(0)
    assert kept[-1].utc_us - kept[0].utc_us >= 5 * SECOND_US


def test_a_stream_that_many_wait_for_is_kept_once() -> None:
    memory = ForerunMemory(limit_bytes=60 * UNIT)
    foreruns = [Forerun(10 * SECOND_US, memory) for _ in range(128)]
    for unit, _ in zip(units(), range(100), strict=False):
        for forerun in foreruns:
            forerun.take(unit)
    assert memory.used_bytes == foreruns[0].size_bytes <= 60 * UNIT
    assert all(forerun.size_bytes >= 50 * UNIT for forerun in foreruns)


@pytest.mark.parametrize("end", ["release", "end"])
def test_memory_is_given_back(end: str) -> None:
    memory = ForerunMemory()
    foreruns = [Forerun(10 * SECOND_US, memory) for _ in range(2)]
    for unit, _ in zip(units(), range(50), strict=False):
        for forerun in foreruns:
            forerun.take(unit)
    for forerun in foreruns:
        assert memory.used_bytes > 0
        if end == "release":
            forerun.release(0)
        else:
            forerun.end()
        forerun.end()
    assert memory.used_bytes == 0


def test_many_tiny_units_are_not_kept_without_bound() -> None:
    forerun = Forerun(1_000 * SECOND_US, ForerunMemory())
    take(forerun, units(size_bytes=UNIT_BYTES), 2 * MAX_BYTES // UNIT_BYTES)
    assert forerun.size_bytes <= MAX_BYTES
