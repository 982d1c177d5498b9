"""The waits between attempts."""

from argus.rtsp.receiving.back_off import BackOff


def waits(chance: float, count: int = 8) -> list[float]:
    back_off = BackOff(lambda: chance)
    return [back_off.next_s() for _ in range(count)]


def test_waits_double_from_a_second_to_half_a_minute() -> None:
    assert waits(0.0) == [1, 2, 4, 8, 15, 15, 15, 15]
    assert max(waits(0.999)) <= 30


def test_waits_differ_by_chance_and_never_leave_their_range() -> None:
    assert waits(0.5) == [1.5, 3, 6, 12, 22.5, 22.5, 22.5, 22.5]


def test_a_good_run_begins_anew() -> None:
    back_off = BackOff(lambda: 0.0)
    assert (back_off.next_s(), back_off.next_s()) == (1, 2)
    back_off.reset()
    assert back_off.next_s() == 1
