import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.store.ring.rebase import MOST_MOVES, SETTLE_NS, SMALLEST_SHIFT_US, Move, Rebase, RecordedSpan

S = 1_000_000
BOOT, EARLIER_BOOT = 77, 76
# The board woke up in 1970 and hears, five minutes after it started, that it is 2026.
NOW_NS = 300 * S * 1000
RIGHT_US = 1_767_225_600 * S
WRONG_US = 0


def recorded(
    start_s: int = 10, end_s: int = 200, *, offset_us: int = WRONG_US, synchronized: bool = False, span: int = 1
) -> RecordedSpan:
    """A span from and to these seconds since the board started."""
    return RecordedSpan(1, span, offset_us + start_s * S, offset_us + end_s * S, offset_us, synchronized)


def due(*, boot_id: int = BOOT, rebased_boot_id: int = 0, offset_us: int = RIGHT_US) -> Rebase:
    rebase = Rebase(boot_id=boot_id, rebased_boot_id=rebased_boot_id)
    assert not rebase.is_due(NOW_NS - SETTLE_NS, offset_us, synchronized=True)
    assert rebase.is_due(NOW_NS, offset_us, synchronized=True)
    return rebase


def test_what_was_recorded_before_the_first_synchronization_moves_to_its_time() -> None:
    assert due().moves(NOW_NS, BOOT, [recorded()]) == (Move(1, 1, RIGHT_US - WRONG_US),)


def test_a_clock_that_was_ahead_moves_footage_back() -> None:
    ahead_us = RIGHT_US + 3600 * S
    assert due().moves(NOW_NS, BOOT, [recorded(offset_us=ahead_us)]) == (Move(1, 1, -3600 * S),)


def test_each_span_moves_by_what_its_own_clock_was_wrong() -> None:
    spans = [recorded(10, 20, span=1), recorded(30, 40, offset_us=RIGHT_US - 5 * S, span=2)]
    assert due().moves(NOW_NS, BOOT, spans) == (Move(1, 2, 5 * S), Move(1, 1, RIGHT_US))


@pytest.mark.parametrize(
    "span",
    [
        recorded(synchronized=True),
        recorded(offset_us=RIGHT_US),
        recorded(offset_us=RIGHT_US + SMALLEST_SHIFT_US - 1),
        recorded(offset_us=RIGHT_US - SMALLEST_SHIFT_US + 1),
        # Seconds that this boot has not seen.
        recorded(-5, 10),
        recorded(10, 900),
    ],
)
def test_what_is_right_or_not_of_this_boot_stays(span: RecordedSpan) -> None:
    assert due().moves(NOW_NS, BOOT, [span]) == ()


def test_a_volume_whose_newest_footage_is_of_another_boot_stays_as_it_is() -> None:
    assert due().moves(NOW_NS, EARLIER_BOOT, [recorded()]) == ()


def test_a_boot_has_one_rebase() -> None:
    rebase = due()
    rebase.moves(NOW_NS, BOOT, [])
    assert not rebase.is_due(2 * NOW_NS, RIGHT_US, synchronized=True)
    again = Rebase(boot_id=BOOT, rebased_boot_id=BOOT)
    assert not again.is_due(0, RIGHT_US, synchronized=True)
    assert not again.is_due(NOW_NS, RIGHT_US, synchronized=True)
    assert due(boot_id=BOOT + 1, rebased_boot_id=BOOT)


def test_synchronization_must_settle_before_anything_moves() -> None:
    rebase = Rebase(boot_id=BOOT, rebased_boot_id=0)
    assert not rebase.is_due(0, RIGHT_US - 2 * S, synchronized=True)
    assert not rebase.is_due(SETTLE_NS - 1, RIGHT_US - 2 * S, synchronized=True)
    assert not rebase.is_due(SETTLE_NS, RIGHT_US, synchronized=True)
    assert not rebase.is_due(SETTLE_NS + 10, RIGHT_US, synchronized=False)
    assert not rebase.is_due(2 * SETTLE_NS, RIGHT_US, synchronized=True)
    assert rebase.is_due(3 * SETTLE_NS, RIGHT_US, synchronized=True)


def test_a_synchronized_clock_before_this_program_moves_nothing() -> None:
    rebase = Rebase(boot_id=BOOT, rebased_boot_id=0)
    assert not rebase.is_due(0, 1000 * S, synchronized=True)
    assert not rebase.is_due(NOW_NS, 1000 * S, synchronized=True)


def test_the_number_of_moves_is_bounded_and_the_newest_are_made() -> None:
    mono_ns = 10 * MOST_MOVES * S * 1000
    rebase = Rebase(boot_id=BOOT, rebased_boot_id=0)
    rebase.is_due(mono_ns - SETTLE_NS, RIGHT_US, synchronized=True)
    assert rebase.is_due(mono_ns, RIGHT_US, synchronized=True)
    spans = [recorded(number, number + 1, span=number) for number in range(1, MOST_MOVES + 3)]
    moves = rebase.moves(mono_ns, BOOT, spans)
    assert len(moves) == MOST_MOVES
    assert [moves[0].span, moves[-1].span] == [MOST_MOVES + 2, 3]


@given(
    st.lists(
        st.tuples(st.integers(0, 299), st.integers(0, 299), st.integers(-(1 << 40), 1 << 52), st.booleans()),
        max_size=20,
    )
)
def test_after_the_moves_every_span_ends_before_now_and_keeps_its_length_and_order(
    lives: list[tuple[int, int, int, bool]],
) -> None:
    spans = [
        recorded(min(a, b), max(a, b), offset_us=offset_us, synchronized=synchronized, span=number)
        for number, (a, b, offset_us, synchronized) in enumerate(lives)
    ]
    moves = {move.span: move.shift_us for move in due().moves(NOW_NS, BOOT, spans)}
    for span in spans:
        if span.span in moves:
            assert not span.synchronized
            assert span.end_us + moves[span.span] <= RIGHT_US + NOW_NS // 1000
            assert span.start_us + moves[span.span] - RIGHT_US == span.start_us - span.offset_us
        else:
            assert span.synchronized or abs(span.offset_us - RIGHT_US) < SMALLEST_SHIFT_US
