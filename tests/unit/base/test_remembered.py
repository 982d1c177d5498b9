"""Results that are made once for each object."""

from argus.base.remembered import Remembered


def test_a_result_is_made_once_for_each_object_and_equal_ones_are_not_the_same() -> None:
    seen: list[list[int]] = []
    remembered = Remembered(lambda value: seen.append(value) or len(seen), 4)
    one, equal = [1], [1]
    assert [remembered(one), remembered(equal), remembered(one)] == [1, 2, 1]


def test_the_oldest_result_is_forgotten_at_the_limit() -> None:
    made: list[str] = []

    def make(value: tuple[str]) -> str:
        made.append(value[0])
        return value[0]

    remembered = Remembered(make, 2)
    values = [(name,) for name in "abc"]
    for value in (*values, values[1], values[2], values[0]):
        assert remembered(value) == value[0]
    assert made == ["a", "b", "c", "a"]


def test_an_object_that_is_remembered_keeps_its_place_in_memory() -> None:
    remembered = Remembered(lambda value: value[0], 1_000)
    assert [remembered([number]) for number in range(500)] == list(range(500))
