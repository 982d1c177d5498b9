"""The models of cards, on traces small enough to count by hand."""

from __future__ import annotations

from tests.power.card import PAGE_BYTES, AllocationUnitCard, PageCard

PAGE = PAGE_BYTES
UNIT = 8 * PAGE


def test_writing_on_and_on_programs_each_page_once() -> None:
    card = AllocationUnitCard(UNIT, 1)
    for number in range(32):
        card.write(number * PAGE // 2, PAGE // 2, "footage")
    assert card.programmed_pages == 16
    assert not card.copied


def test_a_flush_in_the_middle_of_a_page_programs_it_twice() -> None:
    card = AllocationUnitCard(UNIT, 1)
    card.write(0, PAGE // 2, "footage")
    card.flush()
    card.write(PAGE // 2, PAGE // 2, "footage")
    card.flush()
    assert card.programmed_pages == 2


def test_going_elsewhere_and_back_copies_both_units_around_what_is_written() -> None:
    card = AllocationUnitCard(UNIT, 1)
    card.write(0, 3 * PAGE, "footage")
    card.write(4 * UNIT + 2 * PAGE, PAGE, "snapshot")
    card.write(3 * PAGE, PAGE, "footage")
    # 5 behind the footage, 2 before the snapshot, 5 behind it, 3 before the footage.
    assert card.copied.total() == 15
    assert card.programmed_pages == 15 + 5


def test_a_second_open_unit_makes_the_way_there_and_back_free() -> None:
    card = AllocationUnitCard(UNIT, 2)
    card.write(0, 3 * PAGE, "footage")
    card.write(4 * UNIT, PAGE, "snapshot")
    card.write(3 * PAGE, 5 * PAGE, "footage")
    assert card.programmed_pages == 9


def test_writing_again_behind_the_append_point_closes_the_unit() -> None:
    card = AllocationUnitCard(UNIT, 1)
    card.write(0, 4 * PAGE, "footage")
    card.write(PAGE, PAGE, "rewrite")
    assert card.copied == {"rewrite: back in its AU": 4, "rewrite: into the middle of an AU": 1}


def test_a_page_mapped_card_copies_nothing_for_a_ring_and_much_for_scattered_writes() -> None:
    size = 256 * 64 * PAGE
    ring, scattered = PageCard(size), PageCard(size)
    pages = size // PAGE
    for number in range(3 * pages):
        ring.write(number % pages * PAGE, PAGE)
    for number in range(pages):
        scattered.write(number * 7919 % pages * PAGE, PAGE)
    ring_wear = ring.programmed_pages / (3 * pages)
    assert ring_wear < 1.02
    assert scattered.programmed_pages / pages > ring_wear
