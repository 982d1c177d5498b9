"""What PLAY means for a recording between second 100 and second 200."""

import pytest

from argus.rtsp.plan import Plan, resolve
from argus.rtsp.protocol.playback import PlayRequest
from argus.rtsp.protocol.range import ClockRange, NptRange, PlayRange
from argus.rtsp.protocol.status import ProtocolError, Status


def plan(
    play_range: PlayRange | None = None,
    scale: float | None = None,
    previous: Plan | None = None,
    sent_us: int | None = None,
) -> Plan:
    return resolve(PlayRequest(cseq=1, range=play_range, scale=scale), 100, 200, previous=previous, sent_us=sent_us)


def test_without_a_range_playing_begins_at_the_beginning_or_in_reverse_at_the_end() -> None:
    assert plan().start_us == 100
    assert plan(scale=-1.0).start_us == 200


def test_a_clock_range_is_taken_as_it_is() -> None:
    bounded = plan(ClockRange(start_us=120, end_us=150))
    assert (bounded.start_us, bounded.end_us, bounded.seek) == (120, 150, False)
    assert plan(ClockRange(end_us=150)).start_us == 100


def test_normal_play_time_counts_from_the_beginning_of_the_footage() -> None:
    assert plan(NptRange(start_us=0)).start_us == 100
    assert plan(NptRange(start_us=10, end_us=20)).end_us == 120
    assert plan(NptRange(now=True)).start_us == 200


@pytest.mark.parametrize(("scale", "start_us", "end_us"), [(1.0, 150, 120), (None, 150, 149), (-1.0, 120, 150)])
def test_a_range_against_the_direction_is_457(scale: float | None, start_us: int, end_us: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        plan(ClockRange(start_us=start_us, end_us=end_us), scale)
    assert caught.value.status is Status.INVALID_RANGE


def test_after_a_pause_playing_resumes_and_keeps_its_end() -> None:
    resumed = plan(previous=plan(ClockRange(start_us=120, end_us=150)), sent_us=130)
    assert (resumed.start_us, resumed.end_us, resumed.resumed, resumed.seek) == (130, 150, True, False)


def test_a_pause_before_the_first_frame_loses_nothing() -> None:
    again = plan(previous=plan(ClockRange(start_us=120, end_us=150)))
    assert (again.start_us, again.end_us, again.resumed) == (120, 150, False)


def test_turning_round_begins_at_the_frame_sent_last_and_is_a_seek() -> None:
    turned = plan(scale=-1.0, previous=plan(), sent_us=130)
    assert (turned.start_us, turned.resumed, turned.seek) == (130, False, True)


def test_a_range_after_playing_is_a_seek() -> None:
    assert plan(ClockRange(start_us=120), previous=plan()).seek


def test_in_reverse_the_group_with_the_end_in_it_is_still_played() -> None:
    reverse = plan(ClockRange(start_us=180, end_us=150), scale=-1.0)
    assert not reverse.is_behind(150, first_us=140, last_us=160)
    assert reverse.is_behind(150, first_us=120, last_us=140)
    assert plan().is_behind(150, first_us=151, last_us=151)
    assert not plan().is_behind(None, first_us=151, last_us=151)
