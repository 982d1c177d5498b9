"""Quotas as the owner of a station sees them."""

import pytest
from tests.unit.store.deck import SEGMENT_BYTES, Deck

BUSY, QUIET, OTHER = 1, 2, 3
FEW = 4 * SEGMENT_BYTES


@pytest.fixture
def deck() -> Deck:
    return named(Deck())


def named(deck: Deck) -> Deck:
    for track_id, recording in ((BUSY, "Busy"), (QUIET, "Quiet"), (OTHER, "Other")):
        deck.name(track_id, recording)
        deck.ring.set_retention(track_id, 0)
    return deck


def assert_newest_of(deck: Deck, track_id: int) -> None:
    """What can be read is the newest of what was sent, without a hole."""
    kept = deck.replay(track_id)
    assert kept
    assert kept == deck.sent[track_id][-len(kept) :]


def test_a_busy_recording_with_a_quota_cannot_push_out_a_quiet_one() -> None:
    deck = named(Deck(size_bytes=4 << 20))
    limit = deck.volume_bytes // 4
    deck.ring.set_quota("Busy", limit)
    deck.record(60, {QUIET: 4_000})
    for _ in range(10):
        deck.record(40, {BUSY: 25_000})
        deck.record(1, {BUSY: 25_000, QUIET: 4_000})
        assert deck.ring.usage()["Busy"] <= limit + FEW
    assert deck.replay(QUIET) == deck.sent[QUIET]
    assert deck.ring.usage()["Busy"] > limit // 2
    assert_newest_of(deck, BUSY)
    assert {track_id for track_id, _, _ in deck.deletions} == {BUSY}
    again = deck.after_crash()
    assert again.replay(QUIET) == deck.sent[QUIET]


def test_without_a_quota_it_does(deck: Deck) -> None:
    deck.record(60, {QUIET: 4_000})
    deck.record(400, {BUSY: 25_000})
    assert deck.replay(QUIET) == []


def test_two_quotas_hold_each_for_itself(deck: Deck) -> None:
    limits = {"Busy": deck.volume_bytes // 4, "Other": deck.volume_bytes // 8}
    for recording, limit in limits.items():
        deck.ring.set_quota(recording, limit)
    deck.record(20, {QUIET: 4_000})
    for _ in range(6):
        deck.record(50, {BUSY: 25_000, OTHER: 20_000})
        usage = deck.ring.usage()
        assert all(limit // 3 < usage[recording] <= limit + FEW for recording, limit in limits.items())
    assert deck.replay(QUIET) == deck.sent[QUIET]
    assert_newest_of(deck, BUSY)
    assert_newest_of(deck, OTHER)


def test_quotas_that_must_share_lanes_hold_as_well(deck: Deck) -> None:
    limit = deck.volume_bytes // 8
    busy = {10: "A", 11: "B", 12: "C", 13: "D"}
    for track_id, recording in busy.items():
        deck.name(track_id, recording)
        deck.ring.set_quota(recording, limit)
    deck.record(20, {QUIET: 4_000})
    for _ in range(5):
        deck.record(40, dict.fromkeys(busy, 9_000))
        usage = deck.ring.usage()
        assert all(usage[recording] <= limit + FEW for recording in busy.values())
    assert deck.replay(QUIET) == deck.sent[QUIET]
    for track_id in busy:
        assert_newest_of(deck, track_id)
        assert len(deck.replay(track_id)) > 5


def test_a_quota_larger_than_the_volume_changes_nothing_but_the_lane(deck: Deck) -> None:
    deck.ring.set_quota("Busy", 10 * deck.volume_bytes)
    deck.record(200, {BUSY: 25_000})
    assert deck.ring.usage()["Busy"] > deck.volume_bytes // 2
    assert_newest_of(deck, BUSY)


def test_a_quota_that_is_taken_back_holds_no_more(deck: Deck) -> None:
    deck.ring.set_quota("Busy", deck.volume_bytes // 8)
    deck.record(60, {BUSY: 25_000})
    assert deck.ring.usage()["Busy"] <= deck.volume_bytes // 8 + FEW
    deck.ring.set_quota("Busy", 0)
    deck.record(60, {BUSY: 25_000})
    assert deck.ring.usage()["Busy"] > deck.volume_bytes // 2
    assert_newest_of(deck, BUSY)


@pytest.mark.parametrize("share", [2, 3, 4])
def test_a_quota_set_on_footage_in_a_shared_lane_lets_the_oldest_go_and_keeps_the_rest(deck: Deck, share: int) -> None:
    deck.record(40, {BUSY: 20_000, QUIET: 400})
    before = deck.ring.usage()["Busy"]
    limit = before // share
    deck.ring.set_quota("Busy", limit)
    deck.idle(10)
    assert limit // 2 < deck.ring.usage()["Busy"] <= limit
    assert_newest_of(deck, BUSY)
    assert deck.replay(QUIET) == deck.sent[QUIET]
    for _ in range(6):
        deck.record(10, {BUSY: 20_000, QUIET: 400})
        assert limit // 2 < deck.ring.usage()["Busy"] <= limit + FEW
        assert_newest_of(deck, BUSY)
    # What it had in common with the other could not be freed without it.
    assert_newest_of(deck, QUIET)


def test_a_new_quota_of_another_recording_does_not_cost_one_that_moves_to_another_lane(deck: Deck) -> None:
    deck.name(4, "A")
    deck.ring.set_retention(4, 0)
    deck.ring.set_quota("Busy", deck.volume_bytes // 3)
    deck.record(40, {BUSY: 20_000, 4: 5_000})
    held = deck.ring.usage()["Busy"]
    deck.ring.set_quota("A", deck.volume_bytes // 8)
    for _ in range(3):
        deck.record(10, {BUSY: 20_000, 4: 5_000})
        assert deck.ring.usage()["Busy"] > held * 2 // 3
        assert deck.ring.usage()["Busy"] <= deck.volume_bytes // 3 + FEW
    assert deck.replay(4)[0].utc_us - deck.sent[4][0].utc_us < 40_000_000
    assert_newest_of(deck, BUSY)


def test_quotas_hold_after_a_restart_although_nothing_about_a_track_is_new(deck: Deck) -> None:
    deck.ring.set_quota("Busy", deck.volume_bytes // 4)
    deck.record(10, {BUSY: 25_000, QUIET: 4_000})
    again = deck.reopened()
    again.name(BUSY, "Busy")
    again.name(QUIET, "Quiet")
    again.ring.set_quota("Busy", deck.volume_bytes // 4)
    again.record(150, {BUSY: 25_000})
    assert again.ring.usage()["Busy"] <= deck.volume_bytes // 4 + FEW
    assert again.replay(QUIET) == deck.sent[QUIET]


def test_audio_and_video_of_a_recording_go_together(deck: Deck) -> None:
    deck.name(OTHER, "Busy")
    deck.ring.set_quota("Busy", deck.volume_bytes // 4)
    deck.record(120, {BUSY: 24_000, OTHER: 200, QUIET: 300})
    video, sound = deck.spans(BUSY), deck.spans(OTHER)
    assert abs(video[0][0] - sound[0][0]) <= 4
    assert deck.replay(QUIET) == deck.sent[QUIET]
