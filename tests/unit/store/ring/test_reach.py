"""What is told of lanes without an index."""

from argus.store.ring import layout
from argus.store.ring.reach import Reach
from argus.store.ring.records import Mark


def reach(lane: int, value: int) -> Mark:
    return Mark(kind=layout.MARK_REACH, track=lane, value=value)


def test_nothing_is_told_until_segments_were_given_up() -> None:
    known = Reach()
    assert known.marks((5, 0, 0, 0), 9) == []
    assert known.marks((5, 8, 0, 0), 9) == []


def test_a_lane_is_told_until_the_mark_is_durable() -> None:
    known = Reach()
    known.marks((5, 0, 0, 0), 9)
    assert known.marks((7, 0, 0, 0), 9) == known.marks((7, 0, 0, 0), 9) == [reach(0, 7)]
    known.note(reach(0, 7), (7, 0, 0, 0))
    assert known.marks((7, 0, 0, 0), 9) == []
    assert known.marks((8, 0, 0, 0), 9) == [reach(0, 8)]


def test_a_lane_that_became_empty_is_told_once() -> None:
    known = Reach()
    known.marks((5, 6, 0, 0), 9)
    assert known.marks((5, 0, 0, 0), 9) == [reach(1, 9)]
    known.note(reach(1, 9), (5, 0, 0, 0))
    assert known.marks((5, 0, 0, 0), 12) == []
    assert known.marks((5, 13, 0, 0), 14) == [reach(1, 13)]
