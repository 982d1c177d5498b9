"""A tick that writes into several lanes counts as a whole, and what a torn one left does no harm."""

import random

import pytest
from tests.unit.store.deck import SEGMENT_BYTES, Deck
from tests.unit.store.image import Image
from tests.unit.store.memory_device import MemoryDevice, after_power_cut

from argus.base.access_unit import MediaKind
from argus.base.errors import Unavailable
from argus.store.ring import layout
from argus.store.ring.label import TrackLabel

A, B = 1, 2


def two_lanes(size_bytes: int = 2 << 20) -> Deck:
    deck = Deck(size_bytes=size_bytes)
    for track_id, recording in ((A, "A"), (B, "B")):
        deck.ring.set_label(track_id, TrackLabel(recording=recording, track="V", kind=MediaKind.VIDEO))
        deck.ring.set_retention(track_id, 0)
    deck.ring.set_quota("B", 1 << 30)
    return deck


def without_snapshots(image: bytes, deck: Deck) -> bytearray:
    copy = bytearray(image)
    head = deck.ring._volume.geometry.data_offset
    copy[layout.SNAPSHOTS_OFFSET : head] = bytes(head - layout.SNAPSHOTS_OFFSET)
    return copy


def lives(deck: Deck, image: Image) -> list[Deck]:
    """The ring on what is left, with its snapshots and without."""
    size_bytes = deck.config.size_bytes
    whole = bytes(image)
    return [
        Deck(MemoryDevice(each), deck.clock, size_bytes=size_bytes) for each in (whole, without_snapshots(whole, deck))
    ]


def test_two_lanes_cost_two_writes_and_one_flush() -> None:
    deck = two_lanes()
    deck.record(3, {A: 1000, B: 1000})
    deck.device.log.clear()
    deck.record(1, {A: 1000, B: 1000})
    assert [entry is None for entry in deck.device.log] == [False, False, True]
    assert [run.lane for track_id in (A, B) for run in deck.ring._index.runs(track_id)] == [0, 3]


def test_after_a_cut_of_the_power_all_of_a_tick_is_there_or_nothing() -> None:
    deck = two_lanes()
    deck.record(3, {A: 6000, B: 6000})
    start = bytes(deck.device.image)
    deck.device.log.clear()
    deck.record(1, {A: 9000, B: 9000})
    seen = set()
    for _, _, image in after_power_cut(start, deck.device.log, random.Random(3), variants=2):
        for life in lives(deck, image):
            counts = len(life.replay(A)), len(life.replay(B))
            assert counts in ((3, 3), (4, 4))
            seen.add(counts)
    assert len(seen) == 2


def test_what_a_torn_tick_left_is_voided_and_never_comes_back() -> None:
    deck = two_lanes()
    deck.record(3, {A: 6000, B: 6000})
    start = bytes(deck.device.image)
    deck.device.log.clear()
    deck.record(1, {A: 30_000, B: 30_000})
    torn = 0
    for _, fate, image in after_power_cut(start, deck.device.log, random.Random(5), variants=2):
        life = Deck(MemoryDevice(image), deck.clock)
        if fate == "all" or len(life.replay(A)) == 4:
            continue
        torn += 1
        life.record(1, {A: 500})
        expected = [*deck.sent[A][:3], *life.sent[A]]
        for again in lives(life, life.device.image):
            assert again.replay(A) == expected
            assert again.replay(B) == deck.sent[B][:3]
    assert torn > 3


def test_given_up_segments_do_not_come_back_where_the_snapshots_are_lost() -> None:
    deck = two_lanes(1 << 20)
    deck.record(4, {A: 20_000})
    deck.record(60, {B: 20_000})
    deck.record(10, {A: 20_000})
    told = max(end for track_id, _, end in deck.deletions if track_id == B)
    _, again = lives(deck, deck.device.image)
    assert again.replay(B) == deck.replay(B)
    assert all(unit.utc_us >= told for unit in again.replay(B))
    assert again.replay(A) == deck.replay(A)


def test_a_lane_that_nobody_writes_to_any_more_is_given_up_in_time() -> None:
    deck = two_lanes(1 << 20)
    deck.record(5, {A: 20_000, B: 20_000})
    deck.ring.end_span(B)
    deck.record(60, {A: 20_000})
    assert deck.ring.spans(B) == ()
    assert deck.ring._index.segments.newest(3) == 0
    deck.record(5, {B: 20_000})
    assert len(deck.replay(B)) == 5
    for life in lives(deck, deck.device.image):
        assert life.replay(B) == deck.sent[B][5:]


def test_a_snapshot_comes_between_two_segments_where_few_slots_are_left() -> None:
    deck = Deck()
    deck.record(100, {A: 6_000})
    deck.device.log.clear()
    deck.record(60, {A: 6_000})
    entries = [entry for entry in deck.device.log if entry is not None]
    head = deck.ring._volume.geometry.data_offset
    snapshots = [place for place, entry in enumerate(entries) if entry.offset < head]
    assert snapshots
    for place in snapshots:
        before = entries[place - 1]
        assert (before.offset + len(before.data) - head) % SEGMENT_BYTES == 0
        assert (entries[place + 1].offset - head) % SEGMENT_BYTES == 0


def test_more_spans_than_a_snapshot_holds_cost_the_oldest_footage_alone() -> None:
    deck = Deck()
    tracks = list(range(1, 41))
    for _ in range(20):
        for track_id in tracks:
            deck.frame(track_id, 1000)
            deck.ring.end_span(track_id)
        deck.ring.tick()
        deck.clock.pass_time(5)
    kept = {track_id: deck.replay(track_id) for track_id in tracks[::5]}
    assert all(units and units == deck.sent[track_id][-len(units) :] for track_id, units in kept.items())
    assert deck.ring.health().detail == ""
    again = deck.reopened()
    for track_id in kept:
        units = again.replay(track_id)
        assert units
        assert units == deck.sent[track_id][-len(units) :]


def test_a_ring_opened_for_reading_reads_all_and_writes_nothing() -> None:
    deck = two_lanes()
    deck.record(5, {A: 1000, B: 1000})
    device = MemoryDevice(deck.device.image)
    reader = Deck(device, deck.clock, read_only=True)
    assert reader.replay(A) == deck.sent[A]
    assert reader.replay(B) == deck.sent[B]
    assert reader.ring.labels() == deck.ring.labels()
    assert reader.ring.usage() == deck.ring.usage()
    with pytest.raises(Unavailable, match="reading"):
        reader.ring.append(A, deck.sent[A][0])
    reader.ring.set_retention(A, 2_000_000)
    reader.ring.set_quota("B", 1)
    reader.ring.forget(B)
    assert len(reader.ring.spans(A)) == 1
    assert reader.replay(B) == []
    reader.idle(700)
    reader.ring.close()
    assert device.log == []
    assert reader.deletions == []
