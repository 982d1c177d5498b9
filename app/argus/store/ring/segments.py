"""The table of segments in use: columns of numbers, 49 bytes a segment whatever it holds."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from argus.store.ring.records import MAX_LANES

_BITS = 64
_NEVER_US = (1 << 63) - 1
_EARLIEST_US = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment in use: its slot, the bytes that count, whether nothing can be appended any more, and its lane.

    `t0_us` and `t1_us` are the earliest and the latest time of its rows, `tracks` has the bit of each of its tracks,
    `tick` is that of the last write to it.
    """

    slot: int
    used_bytes: int
    sealed: bool
    lane: int = 0
    t0_us: int = _NEVER_US
    t1_us: int = _EARLIEST_US
    tracks: int = 0
    tick: int = 0


def track_bit(track_id: int) -> int:
    """The bit of a track among a segment's `tracks`. Several tracks may share one."""
    return 1 << track_id % _BITS


class _Lane:
    """The segments of one lane in order of their numbers."""

    __slots__ = ("in_order", "sealed", "seqs", "slots", "t0_us", "t1_us", "ticks", "tracks", "used")

    def __init__(self) -> None:
        self.seqs = array("Q")
        self.slots = array("I")
        self.used = array("I")
        self.t0_us = array("q")
        self.t1_us = array("q")
        self.tracks = array("Q")
        self.ticks = array("Q")
        self.sealed = bytearray()
        # Whether both columns of times grow: then they can be bisected.
        self.in_order = True

    def place(self, seq: int) -> int:
        """Where the segment is in the columns, or -1."""
        place = bisect_left(self.seqs, seq)
        return place if place < len(self.seqs) and self.seqs[place] == seq else -1

    def put(self, seq: int, segment: Segment) -> None:
        place = bisect_left(self.seqs, seq)
        if place == len(self.seqs) or self.seqs[place] != seq:
            self.seqs.insert(place, seq)
            for column in (self.slots, self.used, self.tracks, self.ticks):
                column.insert(place, 0)
            self.t0_us.insert(place, 0)
            self.t1_us.insert(place, 0)
            self.sealed.insert(place, 0)
        self.slots[place], self.used[place] = segment.slot, segment.used_bytes
        # One without rows takes no part in the order of times.
        nothing_us = self.t1_us[place - 1] if place else _EARLIEST_US
        self.t0_us[place] = segment.t0_us if segment.tracks else nothing_us
        self.t1_us[place] = segment.t1_us if segment.tracks else nothing_us
        self.tracks[place], self.ticks[place] = segment.tracks, segment.tick
        self.sealed[place] = segment.sealed
        self.in_order = self.in_order and self._fits(place)

    def segment(self, number: int, place: int) -> Segment:
        return Segment(
            self.slots[place],
            self.used[place],
            bool(self.sealed[place]),
            number,
            self.t0_us[place],
            self.t1_us[place],
            self.tracks[place],
            self.ticks[place],
        )

    def remove(self, seqs: Collection[int]) -> None:
        keep = [place for place, seq in enumerate(self.seqs) if seq not in seqs]
        if len(keep) == len(self.seqs):
            return
        self.seqs = array("Q", [self.seqs[place] for place in keep])
        self.slots = array("I", [self.slots[place] for place in keep])
        self.used = array("I", [self.used[place] for place in keep])
        self.t0_us = array("q", [self.t0_us[place] for place in keep])
        self.t1_us = array("q", [self.t1_us[place] for place in keep])
        self.tracks = array("Q", [self.tracks[place] for place in keep])
        self.ticks = array("Q", [self.ticks[place] for place in keep])
        self.sealed = bytearray(self.sealed[place] for place in keep)
        self.in_order = all(self._fits(place) for place in range(0, len(keep), 2))

    def _fits(self, place: int) -> bool:
        before, after = max(0, place - 1), min(len(self.seqs) - 1, place + 1)
        return (
            self.t0_us[before] <= self.t0_us[place] <= self.t0_us[after]
            and self.t1_us[before] <= self.t1_us[place] <= self.t1_us[after]
        )


class Segments:
    """All segments in use, by number. One thread changes it, under the lock of the index."""

    def __init__(self) -> None:
        self._lanes = tuple(_Lane() for _ in range(MAX_LANES))

    def __len__(self) -> int:
        return sum(len(lane.seqs) for lane in self._lanes)

    def __iter__(self) -> Iterator[int]:
        """The numbers, lane by lane."""
        for lane in self._lanes:
            yield from lane.seqs

    def __contains__(self, seq: int) -> bool:
        return any(lane.place(seq) >= 0 for lane in self._lanes)

    def get(self, seq: int) -> Segment | None:
        """The segment of that number."""
        for number, lane in enumerate(self._lanes):
            place = lane.place(seq)
            if place >= 0:
                return lane.segment(number, place)
        return None

    def __getitem__(self, seq: int) -> Segment:
        found = self.get(seq)
        if found is None:
            raise KeyError(seq)
        return found

    def __setitem__(self, seq: int, segment: Segment) -> None:
        self._lanes[segment.lane].put(seq, segment)

    def items(self) -> list[tuple[int, Segment]]:
        """Numbers and segments in order of number."""
        found = [
            (seq, lane.segment(number, place))
            for number, lane in enumerate(self._lanes)
            for place, seq in enumerate(lane.seqs)
        ]
        return sorted(found, key=lambda item: item[0])

    def slot_of(self, seq: int) -> int | None:
        """Where the segment is, or None once it was given up."""
        for lane in self._lanes:
            place = lane.place(seq)
            if place >= 0:
                return lane.slots[place]
        return None

    def slots(self) -> set[int]:
        """Every slot in use."""
        return {slot for lane in self._lanes for slot in lane.slots}

    def used_bytes(self, lane: int | None = None) -> int:
        """The bytes that count, of one lane or of all."""
        return sum(sum(one.used) for number, one in enumerate(self._lanes) if lane in (None, number))

    def with_bit(self, bit: int) -> bool:
        """Whether any segment has the bit."""
        return any(tracks & bit for lane in self._lanes for tracks in lane.tracks)

    def remove(self, seqs: Collection[int]) -> None:
        """Give up these segments."""
        gone = frozenset(seqs)
        for lane in self._lanes:
            lane.remove(gone)

    def oldest(self) -> tuple[int, ...]:
        """The lowest number in each lane, 0 in an empty one."""
        return tuple(lane.seqs[0] if lane.seqs else 0 for lane in self._lanes)

    def by_age(self) -> list[int]:
        """All numbers, those first that were written to longest ago."""
        aged = [(tick, seq) for lane in self._lanes for tick, seq in zip(lane.ticks, lane.seqs, strict=True)]
        return [seq for _, seq in sorted(aged)]

    # -- of one lane: a run's segments are those between two numbers that have its track's bit --------------------

    def newest(self, lane: int) -> int:
        """The highest number in a lane, 0 in an empty one."""
        seqs = self._lanes[lane].seqs
        return seqs[-1] if seqs else 0

    def between(self, lane: int, first: int, last: int, bit: int) -> list[int]:
        """The numbers from `first` to `last` that have the bit."""
        columns = self._lanes[lane]
        start, stop = bisect_left(columns.seqs, first), bisect_right(columns.seqs, last)
        return [columns.seqs[place] for place in range(start, stop) if columns.tracks[place] & bit]

    def next_after(self, lane: int, seq: int, last: int, bit: int) -> int | None:
        """The first number above `seq` up to `last` that has the bit."""
        columns = self._lanes[lane]
        for place in range(bisect_right(columns.seqs, seq), bisect_right(columns.seqs, last)):
            if columns.tracks[place] & bit:
                return columns.seqs[place]
        return None

    def next_before(self, lane: int, seq: int, first: int, bit: int) -> int | None:
        """The last number below `seq` down to `first` that has the bit."""
        columns = self._lanes[lane]
        for place in range(bisect_left(columns.seqs, seq) - 1, bisect_left(columns.seqs, first) - 1, -1):
            if columns.tracks[place] & bit:
                return columns.seqs[place]
        return None

    def last_begun(self, lane: int, first: int, last: int, bit: int, raw_us: int) -> int | None:
        """The last number between two that has the bit and a row at `raw_us` or earlier."""
        columns = self._lanes[lane]
        start, stop = bisect_left(columns.seqs, first), bisect_right(columns.seqs, last)
        if columns.in_order:
            stop = bisect_right(columns.t0_us, raw_us, start, stop)
        for place in range(stop - 1, start - 1, -1):
            if columns.tracks[place] & bit and columns.t0_us[place] <= raw_us:
                return columns.seqs[place]
        return None

    def first_reaching(self, lane: int, first: int, last: int, bit: int, raw_us: int) -> int | None:
        """The first number between two that has the bit and a row at `raw_us` or later."""
        columns = self._lanes[lane]
        start, stop = bisect_left(columns.seqs, first), bisect_right(columns.seqs, last)
        if columns.in_order:
            start = bisect_left(columns.t1_us, raw_us, start, stop)
        for place in range(start, stop):
            if columns.tracks[place] & bit and columns.t1_us[place] >= raw_us:
                return columns.seqs[place]
        return None
