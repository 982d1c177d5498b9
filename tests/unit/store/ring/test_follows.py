"""A track that goes on in another lane: one span for everybody who looks."""

import random

import pytest
from tests.unit.store.camera import START_US
from tests.unit.store.deck import Deck, S
from tests.unit.store.memory_device import MemoryDevice, after_power_cut

CAM, OTHER = 1, 2


@pytest.fixture
def deck() -> Deck:
    deck = Deck()
    deck.name(CAM, "Gate")
    deck.name(OTHER, "Other")
    return deck


def film(deck: Deck, seconds: int, *, gop: int = 1, size: int = 2_000) -> None:
    """Five frames a second, a key frame every `gop` seconds, a tick every second."""
    for second in range(seconds):
        for number in range(5):
            deck.frame(CAM, size, key=number == 0 and second % gop == 0, after_us=number * S // 5)
        deck.ring.tick()
        deck.clock.pass_time(1)


def lanes_of(deck: Deck) -> list[int]:
    return [run.lane for run in deck.ring._index.runs(CAM)]


def assert_seamless(deck: Deck) -> None:
    gops = deck.gops(CAM)
    assert [unit for gop in gops for unit in gop.units] == deck.sent[CAM]
    assert not any(gop.ends_span for gop in gops[:-1])
    assert len(deck.ring.spans(CAM)) == 1


def test_a_track_changes_its_lane_at_a_key_frame_and_nothing_is_missing(deck: Deck) -> None:
    film(deck, 6, gop=3)
    deck.ring.set_quota("Gate", 1 << 20)
    film(deck, 6, gop=3)
    assert lanes_of(deck) == [0, 3]
    assert_seamless(deck)
    assert deck.ring.spans(CAM) == ((START_US, START_US + 12 * S - S // 5, True),)
    assert_seamless(deck.after_crash())
    assert_seamless(deck.reopened())


def test_the_middle_of_a_gop_stays_where_it_began(deck: Deck) -> None:
    film(deck, 2, gop=5)
    deck.ring.set_quota("Gate", 1 << 20)
    deck.frame(CAM, 500, key=False)
    deck.ring.tick()
    assert lanes_of(deck) == [0]
    deck.clock.pass_time(0.5)
    deck.frame(CAM, 500)
    deck.ring.tick()
    assert lanes_of(deck) == [0, 3]
    assert_seamless(deck)


def test_both_ways_of_stepping_through_gops_cross_the_change(deck: Deck) -> None:
    film(deck, 3)
    deck.ring.set_quota("Gate", 1 << 20)
    film(deck, 3)
    deck.ring.set_quota("Gate", 0)
    film(deck, 3)
    assert lanes_of(deck) == [0, 3, 0]
    forwards = [gop.start_us for gop in deck.gops(CAM)]
    limit_us, reader = -(1 << 60), deck.ring._reader
    backwards = []
    gop = reader.until(CAM, 1 << 60, limit_us)
    while gop is not None:
        backwards.insert(0, gop.start_us)
        gop = reader.before(gop, limit_us)
    assert forwards == backwards == [START_US + second * S for second in range(9)]


@pytest.mark.parametrize("lead", range(8))
def test_a_change_while_no_segment_is_free_waits_for_one(deck: Deck, lead: int) -> None:
    deck.record(50 + lead, {OTHER: 30_000})
    for second in range(8):
        deck.ring.set_quota("Gate", (second % 2) << 20)
        # The other one fills its segment first, and the writer pauses to set others free.
        deck.frame(OTHER, 30_000)
        for number in range(5):
            deck.frame(CAM, 2_000, key=number == 0, after_us=number * S // 5)
        deck.ring.tick()
        deck.clock.pass_time(1)
    assert lanes_of(deck) == [0, 3, 0, 3, 0, 3, 0, 3]
    assert_seamless(deck)
    assert_seamless(deck.after_crash())


def test_the_older_part_going_leaves_the_newer_as_a_span_of_its_own(deck: Deck) -> None:
    film(deck, 5)
    deck.ring.set_quota("Gate", 1 << 20)
    film(deck, 5)
    deck.ring.set_retention(CAM, 3 * S)
    deck.clock.pass_time(-0.1)
    assert deck.ring.spans(CAM)[0].start_us == START_US + 7 * S
    deck.ring.apply_retention()
    deck.ring.tick()
    assert deck.replay(CAM) == deck.sent[CAM][35:]
    assert len(deck.ring.spans(CAM)) == 1


def test_a_stop_of_the_recorder_is_a_gap_although_the_lane_changes_there(deck: Deck) -> None:
    film(deck, 3)
    deck.ring.end_span(CAM)
    deck.ring.set_quota("Gate", 1 << 20)
    film(deck, 3)
    assert lanes_of(deck) == [0, 3]
    assert len(deck.ring.spans(CAM)) == 2
    assert [gop.ends_span for gop in deck.gops(CAM)] == [False, False, True, False, False, False]


def test_a_cut_of_the_power_in_the_tick_of_the_change_leaves_all_of_it_or_nothing(deck: Deck) -> None:
    film(deck, 4)
    start = bytes(deck.device.image)
    before = list(deck.sent[CAM])
    deck.ring.set_quota("Gate", 1 << 20)
    deck.device.log.clear()
    # The rest of the GOP in the old lane and the next one in the new lane, in one tick.
    deck.frame(CAM, 3_000, key=False)
    deck.frame(CAM, 9_000, key=True, after_us=S // 10)
    deck.frame(OTHER, 5_000)
    deck.ring.tick()
    whole = list(deck.sent[CAM])
    seen = set()
    for _, _, image in after_power_cut(start, deck.device.log, random.Random(4), variants=6):
        life = Deck(MemoryDevice(bytes(image)), deck.clock)
        kept = life.replay(CAM)
        assert kept in (before, whole)
        assert len(life.ring.spans(CAM)) == 1
        assert (OTHER in life.ring.tracks()) == (kept == whole)
        seen.add(len(kept))
    assert seen == {len(before), len(whole)}
