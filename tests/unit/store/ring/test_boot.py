"""Footage recorded before the clock was ever right moves to true time, once, for good."""

import random

import pytest
from tests.crash.workload import HandClock
from tests.unit.store.camera import AUDIO, METADATA, START_US
from tests.unit.store.deck import Deck, S
from tests.unit.store.memory_device import MemoryDevice, after_power_cut

from argus.base.access_unit import AccessUnit
from argus.linux.time_sync import SimulatedTimeSync

CAM, SOUND, DATA = 1, 2, 3
DAY = 86_400


def step(deck: Deck, by_s: float) -> None:
    deck.clock.now_us += int(by_s * S)


def synchronise(deck: Deck, by_s: float = 0.0) -> None:
    """A server is heard: the clock steps, and is believed half a minute later."""
    step(deck, by_s)
    deck.time_sync.synchronized = True
    deck.idle(40)


def times(units: list[AccessUnit]) -> list[int]:
    return [(unit.utc_us - START_US) // S for unit in units]


def payloads(units: list[AccessUnit]) -> list[bytes]:
    return [unit.data for unit in units]


@pytest.fixture
def deck() -> Deck:
    """Its clock is ten years late."""
    return Deck(clock=HandClock(START_US - 3650 * DAY * S))


def test_footage_of_this_boot_moves_to_true_time(deck: Deck) -> None:
    deck.record(5, {CAM: 1000})
    synchronise(deck, 3650 * DAY)
    assert deck.spans(CAM) == [(0, 4)]
    units = deck.replay(CAM)
    assert times(units) == [0, 1, 2, 3, 4]
    assert payloads(units) == payloads(deck.sent[CAM])
    assert [unit.mono_ns for unit in units] == [unit.mono_ns for unit in deck.sent[CAM]]
    assert deck.deletions == []


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("same_boot", [True, False])
def test_it_stays_there_over_restarts_and_does_not_move_again(deck: Deck, closed: bool, same_boot: bool) -> None:
    deck.record(5, {CAM: 1000})
    synchronise(deck, 3650 * DAY)
    deck.record(5, {CAM: 1000})
    time_sync = deck.time_sync if same_boot else SimulatedTimeSync(synchronized=True)
    again = deck.reopened(time_sync) if closed else deck.after_crash(time_sync)
    synchronise(again)
    synchronise(again, 7)
    assert times(again.replay(CAM)) == [0, 1, 2, 3, 4, 45, 46, 47, 48, 49]
    assert again.spans(CAM) == [(0, 4), (45, 49)]


def test_a_process_that_starts_in_the_same_boot_moves_what_the_one_before_it_recorded(deck: Deck) -> None:
    deck.record(5, {CAM: 1000})
    again = deck.after_crash()
    again.record(5, {CAM: 1000})
    synchronise(again, 3650 * DAY)
    assert times(again.replay(CAM)) == list(range(10))


def test_footage_of_earlier_boots_does_not_move(deck: Deck) -> None:
    deck.record(5, {CAM: 1000})
    clock = HandClock(START_US - 1000 * DAY * S, mono_ns=5_000_000_000)
    again = Deck(MemoryDevice(deck.device.image), clock)
    again.record(5, {CAM: 1000})
    synchronise(again, 1000 * DAY)
    assert times(again.replay(CAM)) == [*(second - 3650 * DAY for second in range(5)), *range(5)]


def test_a_clock_that_was_right_all_along_moves_nothing_and_is_noted_once() -> None:
    deck = Deck()
    deck.record(5, {CAM: 1000})
    synchronise(deck)
    deck.record(5, {CAM: 1000})
    assert times(deck.replay(CAM)) == times(deck.sent[CAM])
    assert deck.ring._index.synchronized
    deck.ring.tick()
    deck.device.log.clear()
    deck.idle(60)
    assert deck.device.log == []


def test_a_clock_that_was_ahead_moves_footage_back_without_loss() -> None:
    deck = Deck(clock=HandClock(START_US + DAY * S))
    for _ in range(3):
        deck.record(5, {CAM: 1000})
        deck.clock.pass_time(5)
    synchronise(deck, -DAY)
    assert deck.spans(CAM) == [(0, 4), (10, 14), (20, 24)]
    assert payloads(deck.replay(CAM)) == payloads(deck.sent[CAM])


@pytest.mark.parametrize("ahead", [3, 12, 17, 26])
def test_footage_moved_back_by_less_than_it_is_long_hides_none_of_the_rest(ahead: int) -> None:
    deck = Deck(clock=HandClock(START_US + ahead * S))
    for _ in range(3):
        deck.record(5, {CAM: 1000})
        deck.clock.pass_time(5)
    # Nobody records while it is set right: that would be at a time already taken.
    synchronise(deck, -ahead)
    assert deck.spans(CAM) == [(0, 4), (10, 14), (20, 24)]
    assert payloads(deck.replay(CAM)) == payloads(deck.sent[CAM])
    assert payloads(deck.after_crash().replay(CAM)) == payloads(deck.sent[CAM])


@pytest.mark.parametrize("behind", [3, 12, 17, 26])
def test_footage_moved_ahead_by_less_than_it_is_long_hides_none_of_the_rest(behind: int) -> None:
    deck = Deck(clock=HandClock(START_US - behind * S))
    for _ in range(3):
        deck.record(5, {CAM: 1000})
        deck.clock.pass_time(5)
    synchronise(deck, behind)
    assert deck.spans(CAM) == [(0, 4), (10, 14), (20, 24)]
    assert payloads(deck.after_crash().replay(CAM)) == payloads(deck.sent[CAM])


def test_a_track_that_changed_its_lane_moves_as_a_whole(deck: Deck) -> None:
    deck.name(CAM, "Gate")
    deck.record(5, {CAM: 1000})
    deck.ring.set_quota("Gate", 1 << 20)
    deck.record(5, {CAM: 1000})
    synchronise(deck, 3650 * DAY)
    assert deck.spans(CAM) == [(0, 9)]
    assert [gop.ends_span for gop in deck.gops(CAM)][:-1] == [False] * 9


def test_sound_and_metadata_move_with_the_picture_though_silence_is_no_gap(deck: Deck) -> None:
    def record(seconds: int) -> None:
        for _ in range(seconds):
            deck.frame(CAM, 500)
            deck.frame(SOUND, 100, stream_format=AUDIO)
            deck.frame(DATA, 100, stream_format=METADATA)
            deck.ring.tick()
            deck.clock.pass_time(1)

    record(5)
    step(deck, 3650 * DAY)
    deck.time_sync.synchronized = True
    record(3)
    deck.idle(40)
    for track_id in (CAM, SOUND, DATA):
        assert times(deck.replay(track_id)) == list(range(8)), track_id


def test_retention_applies_to_the_true_time(deck: Deck) -> None:
    deck.ring.set_retention(CAM, 1000 * S)
    deck.record(5, {CAM: 1000})
    synchronise(deck, 3650 * DAY)
    assert deck.spans(CAM) == [(0, 4)]
    deck.idle(900)
    assert deck.spans(CAM) == [(0, 4)]
    deck.idle(100)
    assert deck.spans(CAM) == []
    deck.idle(700)
    assert [(start - START_US) // S for track, start, _ in deck.deletions if track == CAM] == [0]
    assert deck.after_crash().replay(CAM) == []


def test_a_cut_of_the_power_while_footage_is_moved_leaves_it_in_one_of_both_places(deck: Deck) -> None:
    deck.record(5, {CAM: 1000})
    deck.record(5, {SOUND: 1000})
    start = bytes(deck.device.image)
    deck.device.log.clear()
    synchronise(deck, 3650 * DAY)
    log = list(deck.device.log)
    assert log
    seen = set()
    for _, _, image in after_power_cut(start, log, random.Random(2), variants=5):
        life = Deck(
            MemoryDevice(bytes(image)), HandClock(deck.clock.now_us, deck.clock.now_ns), time_sync=deck.time_sync
        )
        first = times(life.replay(CAM))[0]
        assert first in (0, -3650 * DAY)
        assert (times(life.replay(SOUND))[0] == 5) == (first == 0)
        life.idle(40)
        assert life.spans(CAM) == [(0, 4)]
        assert life.spans(SOUND) == [(5, 9)]
        seen.add(first)
    assert len(seen) == 2


def test_the_index_is_rebuilt_with_true_times(deck: Deck) -> None:
    deck.record(5, {CAM: 1000})
    synchronise(deck, 3650 * DAY)
    deck.record(3, {CAM: 1000})
    image = bytearray(deck.device.image)
    head = deck.ring._volume.geometry.data_offset
    image[64 << 10 : head] = bytes(head - (64 << 10))
    again = Deck(MemoryDevice(image), deck.clock, time_sync=deck.time_sync)
    assert again.spans(CAM) == deck.spans(CAM)
    assert times(again.replay(CAM)) == times(deck.replay(CAM))
