"""Which segments are given up, and what that leaves of the footage in them."""

import pytest
from tests.unit.store.camera import START_US
from tests.unit.store.deck import Deck, S

from argus.store.ring.eviction import evictions
from argus.store.ring.reclaim import Reclaim
from argus.store.ring.rows import Rows

CAM, SOUND = 1, 2


@pytest.fixture
def deck() -> Deck:
    """Twenty seconds of picture, two in each segment, and a little sound beside it."""
    deck = Deck()
    deck.record(20, {CAM: 25_000, SOUND: 200})
    return deck


def rows_of(deck: Deck) -> Rows:
    return Rows(deck.ring._index, deck.ring._reader._directories)


def reclaim_of(deck: Deck) -> Reclaim:
    return deck.ring._reclaim


def numbers(deck: Deck) -> list[int]:
    return sorted(deck.ring._index.segments)


def ranges(deck: Deck, gone: list[int], protected: tuple[int, ...] = ()) -> dict[int, list[tuple[int, int]]]:
    """What each track would lose, in seconds."""
    return {
        eviction.track.track_id: [((a - START_US) // S, (b - START_US) // S) for a, b in eviction.ranges]
        for eviction in evictions(deck.ring._index, rows_of(deck), gone, protected)
    }


def test_those_written_longest_ago_go_first_but_never_a_busy_one(deck: Deck) -> None:
    known = numbers(deck)
    assert reclaim_of(deck).victims(3, ()) == known[:3]
    assert reclaim_of(deck).victims(3, known[:2]) == known[2:5]
    assert reclaim_of(deck).victims(0, ()) == []
    assert reclaim_of(deck).victims(1000, [known[-1]]) == known[:-1]


def test_those_without_footage_go_before_older_ones_with_some(deck: Deck) -> None:
    deck.name(3, "Gone")
    deck.ring.set_quota("Gone", 1 << 30)
    deck.record(6, {3: 25_000})
    deck.record(4, {CAM: 25_000})
    segments = deck.ring._index.segments
    dead = [seq for seq in sorted(segments) if segments[seq].lane == 3]
    deck.ring.forget(3)
    deck.ring.tick()
    assert reclaim_of(deck).victims(2, ()) == dead[:2]
    assert reclaim_of(deck).victims(len(dead) + 2, ()) == [*dead, *numbers(deck)[:2]]


def test_nothing_goes_where_nothing_is_given_up(deck: Deck) -> None:
    assert evictions(deck.ring._index, rows_of(deck), ()) == []
    assert reclaim_of(deck).give_up(()) == []


def test_the_oldest_segments_take_the_beginning_of_every_track(deck: Deck) -> None:
    lost = ranges(deck, numbers(deck)[:2])
    assert lost.keys() == {CAM, SOUND}
    assert all(first == 0 and 2 <= end <= 5 for ((first, end),) in lost.values())


def test_segments_in_the_middle_leave_a_hole(deck: Deck) -> None:
    gone = numbers(deck)[3:5]
    (hole,) = ranges(deck, gone)[CAM]
    assert 0 < hole[0] < hole[1] < 20
    (eviction,) = [each for each in evictions(deck.ring._index, rows_of(deck), gone) if each.track.track_id == CAM]
    before, after = (part for part, _ in eviction.runs)
    assert before.cut_short
    assert not before.growing
    assert after.clean
    assert after.growing
    assert before.end_us < after.start_us


def test_what_is_older_than_what_goes_goes_too_unless_it_is_protected() -> None:
    deck = Deck()
    deck.name(CAM, "Gate")
    deck.record(6, {CAM: 25_000})
    deck.ring.set_quota("Gate", 1 << 30)
    deck.record(6, {CAM: 25_000})
    segments = deck.ring._index.segments
    old = [seq for seq in segments if segments[seq].lane == 0]
    new = [seq for seq in segments if segments[seq].lane == 3]
    assert ranges(deck, new[:1])[CAM][0][0] == 0
    kept = ranges(deck, new[:1], (old[0],))[CAM]
    assert kept[0][0] >= 6


def test_giving_up_tells_each_track_once_and_numbers_grow(deck: Deck) -> None:
    deletions = reclaim_of(deck).give_up(numbers(deck)[:2])
    assert sorted(deletion.track_id for deletion in deletions) == [CAM, SOUND]
    assert [deletion.number for deletion in deletions] == sorted({deletion.number for deletion in deletions})
    assert deck.ring.spans(CAM)[0].start_us == next(d.end_us for d in deletions if d.track_id == CAM)
    assert deck.replay(CAM) == deck.sent[CAM][-len(deck.replay(CAM)) :]


def test_rows_of_a_moved_run_are_found_by_true_time(deck: Deck) -> None:
    (run,) = deck.ring._index.runs(CAM)
    rows = rows_of(deck)
    place = rows.first_clean(run, START_US + 7 * S)
    assert place is not None
    assert place.row.t0_us == START_US + 7 * S
    run.move(100 * S)
    moved = rows.first_clean(run, START_US + 107 * S)
    assert moved == place
    last = rows.last_clean(run, START_US + 109 * S + 1, run.start_us)
    assert last is not None
    assert last.row.t0_us == START_US + 9 * S
    assert rows.last_clean(run, START_US + 99 * S, run.start_us) is None
    assert rows.first_clean(run, START_US + 120 * S) is None
    assert [each.row.t0_us for each in rows.onwards(run, place)] == [START_US + second * S for second in range(8, 20)]
    assert rows.last_us(run, [run.first_seq]) == START_US + 101 * S


def test_rows_behind_the_end_of_a_run_do_not_count(deck: Deck) -> None:
    (run,) = deck.ring._index.runs(CAM)
    rows = rows_of(deck)
    before = len(rows.of(run, run.first_seq))
    run.cut_after(START_US, run.first_seq)
    assert (before, len(rows.of(run, run.first_seq))) == (2, 1)
    assert rows.first_clean(run, START_US + S) is None


def test_a_cut_by_time_counts_all_tracks_of_a_recording_at_once() -> None:
    """Sound in one span beside many spans of picture: the sum decides, not the order of beginnings."""
    deck = Deck()
    for track_id in (CAM, SOUND, 3):
        deck.name(track_id, "Gate" if track_id != 3 else "Other")
    for _ in range(6):
        deck.record(4, {CAM: 20_000, SOUND: 100, 3: 100})
        deck.ring.end_span(CAM)
    before = deck.ring.usage()["Gate"]
    deck.ring.set_quota("Gate", before * 3 // 4)
    deck.idle(10)
    assert before // 2 < deck.ring.usage()["Gate"] <= before * 3 // 4
    assert deck.spans(CAM)[0][0] in (6, 7, 8)
    assert deck.spans(3) == [(0, 23)]
