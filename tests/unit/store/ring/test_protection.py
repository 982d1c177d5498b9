"""Protected footage stays while recording goes on, and goes like all other once it is released."""

import pytest
from tests.unit.store.camera import START_US
from tests.unit.store.deck import Deck, S

from argus.base.errors import Unavailable

CAM, OTHER = 1, 2


@pytest.fixture
def deck() -> Deck:
    deck = Deck()
    for track_id, recording in ((CAM, "Gate"), (OTHER, "Other")):
        deck.name(track_id, recording)
        deck.ring.set_retention(track_id, 0)
    return deck


def at(second: float) -> int:
    return START_US + int(second * S)


def held(deck: Deck, track_id: int, first: int, last: int) -> bool:
    """Whether each second of footage can be read."""
    wanted = [unit for unit in deck.sent[track_id] if at(first) <= unit.utc_us <= at(last)]
    return len(wanted) == last - first + 1 and set(wanted) <= set(deck.replay(track_id))


def test_protected_footage_survives_laps_of_the_ring_and_goes_after_release(deck: Deck) -> None:
    deck.record(30, {CAM: 20_000, OTHER: 2_000})
    protection = deck.ring.protect([CAM], at(10), at(15))
    deck.record(300, {CAM: 20_000, OTHER: 2_000})
    assert held(deck, CAM, 10, 15)
    assert deck.spans(CAM)[-1][1] == 329
    assert deck.spans(OTHER)[-1][1] == 329
    assert not any(start < at(15) and end > at(10) for track, start, end in deck.deletions if track == CAM)
    protection.release()
    protection.release()
    deck.record(100, {CAM: 20_000, OTHER: 2_000})
    assert deck.spans(CAM)[0][0] > 300
    assert any(track == CAM and start <= at(15) for track, start, _ in deck.deletions)


def test_what_lies_around_protected_footage_goes_and_is_told(deck: Deck) -> None:
    deck.record(30, {CAM: 20_000})
    deck.ring.protect([CAM], at(10), at(15))
    deck.record(120, {CAM: 20_000})
    kept = deck.replay(CAM)
    gone = [unit for unit in deck.sent[CAM] if unit not in kept]
    told = [(start, end) for track, start, end in deck.deletions if track == CAM]
    assert all(any(start <= unit.utc_us < end for start, end in told) for unit in gone)
    assert not any(start <= unit.utc_us < end for start, end in told for unit in kept)
    assert len(deck.spans(CAM)) == 2


def test_protection_keeps_the_key_frame_that_a_picture_needs(deck: Deck) -> None:
    for second in range(30):
        deck.frame(CAM, 12_000, key=second % 5 == 0)
        deck.ring.tick()
        deck.clock.pass_time(1)
    deck.ring.protect([CAM], at(13), at(14))
    deck.ring.end_span(CAM)
    deck.record(120, {CAM: 20_000})
    assert held(deck, CAM, 10, 14)


def test_more_than_half_of_the_volume_is_not_protected(deck: Deck) -> None:
    deck.record(100, {CAM: 20_000})
    oldest = deck.spans(CAM)[0][0]
    deck.ring.protect([CAM], at(oldest), at(oldest + 10))
    with pytest.raises(Unavailable, match="half"):
        deck.ring.protect([CAM], at(oldest), at(99))
    deck.record(60, {CAM: 20_000})
    assert held(deck, CAM, oldest, oldest + 10)
    assert not held(deck, CAM, 70, 99)


def test_footage_protected_before_it_is_recorded_does_not_stop_the_recorder(deck: Deck) -> None:
    deck.record(5, {CAM: 20_000})
    deck.ring.protect([CAM], at(0), at(100_000))
    deck.record(200, {CAM: 20_000})
    assert held(deck, CAM, 0, 20)
    assert deck.spans(CAM)[-1][1] == 204
    assert deck.ring.health().dropped_units == 0


def test_the_smallest_volume_goes_on_with_protected_footage_and_four_lanes() -> None:
    deck = Deck(size_bytes=640 << 10)
    for track_id in range(4):
        deck.name(track_id + 1, f"R{track_id}")
        deck.ring.set_quota(f"R{track_id}", 1 << 20)
    deck.record(2, {1: 20_000})
    deck.ring.protect([1], at(0), at(100_000))
    deck.record(60, dict.fromkeys((1, 2, 3, 4), 20_000))
    for track_id in (1, 2, 3, 4):
        assert deck.spans(track_id)[-1][1] == 61


def test_retention_is_strict_on_protected_footage(deck: Deck) -> None:
    deck.record(30, {CAM: 20_000})
    deck.ring.protect([CAM], at(0), at(29))
    deck.ring.set_retention(CAM, 20 * S)
    assert deck.spans(CAM) == [(10, 29)]
    deck.idle(700)
    assert deck.spans(CAM) == []
    assert deck.replay(CAM) == []
    assert deck.deletions[-1][2] > at(29)


def test_a_quota_gives_way_to_protection_in_a_lane_of_its_own(deck: Deck) -> None:
    deck.ring.set_quota("Gate", deck.volume_bytes // 4)
    deck.record(15, {CAM: 20_000})
    deck.ring.protect([CAM], at(4), at(7))
    deck.record(150, {CAM: 20_000})
    assert held(deck, CAM, 4, 7)
    assert deck.ring.usage()["Gate"] < deck.volume_bytes // 4 + (256 << 10)


def test_a_quota_set_later_cuts_no_protected_footage(deck: Deck) -> None:
    deck.record(35, {CAM: 20_000, OTHER: 300})
    deck.ring.protect([CAM], at(12), at(20))
    deck.ring.set_quota("Gate", 100_000)
    deck.idle(20)
    assert held(deck, CAM, 12, 20)
    assert deck.spans(CAM)[0][0] in (11, 12)
    assert held(deck, OTHER, 0, 34)


def test_protection_ends_with_the_process(deck: Deck) -> None:
    deck.record(30, {CAM: 20_000})
    deck.ring.protect([CAM], at(5), at(10))
    again = deck.reopened()
    again.record(120, {CAM: 20_000})
    assert again.spans(CAM)[0][0] > 10
