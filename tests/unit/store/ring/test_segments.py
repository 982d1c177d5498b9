import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from argus.store.ring.records import MAX_LANES
from argus.store.ring.segments import Segment, Segments, track_bit

BIT = track_bit(7)


def segment(slot: int, t0_us: int, t1_us: int, *, lane: int = 0, tracks: int = BIT, tick: int = 0) -> Segment:
    return Segment(slot, 4096 * (slot + 1), True, lane, t0_us, t1_us, tracks, tick)


def test_a_segment_is_read_as_it_was_put() -> None:
    segments = Segments()
    held = segment(5, 100, 200, lane=2, tick=9)
    segments[17] = held
    assert segments[17] == segments.get(17) == held
    assert segments.get(16) is None
    assert (17 in segments, 16 in segments) == (True, False)
    assert segments.slot_of(17) == 5
    assert segments.slot_of(16) is None
    segments.remove([17, 99])
    assert len(segments) == 0
    assert segments.oldest() == (0,) * MAX_LANES


def test_tracks_64_numbers_apart_share_a_bit() -> None:
    assert track_bit(3) == track_bit(67) != track_bit(4)


def test_age_goes_by_the_last_write_whatever_the_lane() -> None:
    segments = Segments()
    segments[1] = segment(0, 0, 9, lane=0, tick=50)
    segments[2] = segment(1, 0, 9, lane=3, tick=20)
    segments[3] = segment(2, 0, 9, lane=3, tick=30)
    assert segments.by_age() == [2, 3, 1]
    assert [seq for seq, _ in segments.items()] == [1, 2, 3]
    assert segments.oldest() == (1, 0, 0, 2)
    assert [segments.newest(lane) for lane in range(MAX_LANES)] == [1, 0, 0, 3]
    assert segments.used_bytes(3) == 4096 * 5
    assert segments.used_bytes() == 4096 * 6
    assert segments.slots() == {0, 1, 2}


def test_a_table_of_a_large_card_takes_64_bytes_a_segment_at_most() -> None:
    count = 5_000
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    segments = Segments()
    for seq in range(count):
        segments[seq] = segment(seq, seq, seq + 1, lane=seq % MAX_LANES, tick=seq)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / count <= 64


lives = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, MAX_LANES - 1),
        st.integers(0, 50),
        st.integers(0, 20),
        st.sampled_from((0, BIT, track_bit(8), BIT | track_bit(8))),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(
    life=lives, gone=st.sets(st.integers(0, 40)), raw_us=st.integers(-5, 80), ends=st.tuples(*[st.integers(0, 40)] * 2)
)
def test_questions_are_answered_as_by_looking_at_every_segment(
    life: list[tuple[int, int, int, int, int]], gone: set[int], raw_us: int, ends: tuple[int, int]
) -> None:
    """In order of time or not: with a clock that steps back the columns cannot be bisected."""
    segments, plain = Segments(), {}
    for seq, lane, t0_us, long_us, tracks in life:
        lane = plain[seq].lane if seq in plain else lane
        plain[seq] = segment(seq, t0_us, t0_us + long_us, lane=lane, tracks=tracks)
        segments[seq] = plain[seq]
    segments.remove(gone)
    plain = {seq: held for seq, held in plain.items() if seq not in gone}
    first, last = min(ends), max(ends)
    assert sorted(segments) == sorted(plain)
    assert segments.slots() == {held.slot for held in plain.values()}
    for lane in range(MAX_LANES):
        mine = [seq for seq in sorted(plain) if plain[seq].lane == lane and plain[seq].tracks & BIT]
        inside = [seq for seq in mine if first <= seq <= last]
        begun = [seq for seq in inside if plain[seq].t0_us <= raw_us]
        reaching = [seq for seq in inside if plain[seq].t1_us >= raw_us]
        assert segments.between(lane, first, last, BIT) == inside
        assert segments.last_begun(lane, first, last, BIT, raw_us) == (begun[-1] if begun else None)
        assert segments.first_reaching(lane, first, last, BIT, raw_us) == (reaching[0] if reaching else None)
        following = [seq for seq in inside if seq > first]
        assert segments.next_after(lane, first, last, BIT) == (following[0] if following else None)
        earlier = [seq for seq in inside if seq < last]
        assert segments.next_before(lane, last, first, BIT) == (earlier[-1] if earlier else None)
