"""What was asked of a ring and what it promised, kept apart from the ring itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tests.unit.store.memory_device import FLUSH, Entry, Write

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.units import US_PER_S

GAP_US = 2 * US_PER_S
# The most that a clock is set back between two promises.
STEP_US = 10 * US_PER_S
Told = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Sent:
    """A unit given to the ring: the span it belongs to and the time of the clean point it is decoded from."""

    unit: AccessUnit
    span: int
    key_us: int
    life: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """A range told as deleted, and how much of the track had been promised by then."""

    start_us: int
    end_us: int
    promised: int


@dataclass(slots=True)
class TrackLedger:
    """One track: everything sent in order, everything told as deleted in order."""

    sent: list[Sent] = field(default_factory=list)
    deleted: list[Deleted] = field(default_factory=list)
    forgotten: bool = False
    ended: bool = True
    spans: int = 0
    stepped_back: bool = False
    places: dict[tuple[int, bytes], int] = field(default_factory=dict)
    times_of: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    gone_after: dict[int, tuple[set[int], set[int]]] = field(default_factory=dict)

    def send(self, unit: AccessUnit, life: int) -> None:
        last = self.sent[-1] if self.sent else None
        if self.ended or last is None or _is_gap(last.unit, unit):
            self.spans += 1
        self.ended = False
        self.stepped_back = self.stepped_back or (last is not None and unit.utc_us < last.unit.utc_us)
        assert unit.key_frame or last is not None
        key_us = unit.utc_us if unit.key_frame or last is None else last.key_us
        self.places[unit.utc_us, unit.data] = len(self.sent)
        self.sent.append(Sent(unit, self.spans, key_us, life))

    def forget_from(self, count: int) -> None:
        """Only the first `count` units were ever sent."""
        for entry in self.sent[count:]:
            del self.places[entry.unit.utc_us, entry.unit.data]
        del self.sent[count:]
        self.ended = True

    def span_times(self, count: int) -> list[tuple[int, int, int]]:
        """Number, first and last time of each span of the first `count` units; none if time never went back."""
        if not self.stepped_back:
            return []
        if count not in self.times_of:
            times: dict[int, tuple[int, int]] = {}
            for entry in self.sent[:count]:
                first_us, _ = times.get(entry.span, (entry.unit.utc_us, 0))
                times[entry.span] = first_us, entry.unit.utc_us
            self.times_of[count] = [(span, *each) for span, each in times.items()]
        return self.times_of[count]

    def gone(self, told: int) -> tuple[set[int], set[int]]:
        """Numbers of the units that may be missing after the first `told` deletions, and of those that must be."""
        if told not in self.gone_after:
            may, must = map(set, self.gone(told - 1)) if told else (set(), set())
            for number, entry in enumerate(self.sent) if told else ():
                deleted, time_us = self.deleted[told - 1], entry.unit.utc_us
                if deleted.start_us <= time_us and entry.key_us < deleted.end_us:
                    may.add(number)
                    if number < deleted.promised and time_us < deleted.end_us:
                        must.add(number)
            self.gone_after[told] = may, must
        return self.gone_after[told]


@dataclass(frozen=True, slots=True)
class Known:
    """What the ring had promised at one moment. `latest_us` is the latest time that any clock can have told by then."""

    log_length: int
    now_us: int
    latest_us: int
    promised: dict[int, int]
    told: dict[int, int]
    forgotten: frozenset[int]
    retention_us: dict[int, int]


@dataclass(slots=True)
class Ledger:
    """Everything asked and promised, with the length the device's `log` had then.

    `scattered`: footage was protected, so that what was given up is not simply the oldest.
    """

    log: Sequence[Entry]
    tracks: dict[int, TrackLedger] = field(default_factory=dict)
    promises: list[Known] = field(default_factory=list)
    tellings: list[tuple[int, int, int]] = field(default_factory=list)
    retention_us: dict[int, int] = field(default_factory=dict)
    life: int = 0
    scattered: bool = False

    def track(self, track_id: int) -> TrackLedger:
        return self.tracks.setdefault(track_id, TrackLedger())

    def tell(self, track_id: int, start_us: int, end_us: int) -> None:
        """The ring said that a range is gone. That holds for what it had promised by then."""
        track = self.track(track_id)
        promised = self.promises[-1].promised.get(track_id, 0) if self.promises else 0
        track.deleted.append(Deleted(start_us, end_us, promised))
        self.tellings.append((len(self.log), track_id, len(track.deleted)))

    def promise(self, now_us: int) -> None:
        """Everything sent and asked for so far is durable."""
        self.promises.append(
            Known(
                len(self.log),
                now_us,
                self._latest(now_us),
                {track_id: len(track.sent) for track_id, track in self.tracks.items()},
                {track_id: len(track.deleted) for track_id, track in self.tracks.items()},
                frozenset(track_id for track_id, track in self.tracks.items() if track.forgotten),
                dict(self.retention_us),
            )
        )

    def _latest(self, now_us: int) -> int:
        before = self.promises[-1] if self.promises else None
        if before is None:
            return now_us
        # Time goes on while a clock that stepped back tells otherwise.
        return max(now_us, before.latest_us + max(0, now_us - before.now_us) + STEP_US)

    def at(self, length: int) -> tuple[Known, Known]:
        """What was promised when the log was that long, and what the next promise was going to be."""
        place = bisect_right(self.promises, length, key=lambda known: known.log_length)
        known = self.promises[max(0, place - 1)]
        return replace(known, told=self.told_before(length)), self.promises[min(place, len(self.promises) - 1)]

    def is_one_flush(self, known: Known, upcoming: Known) -> bool:
        """Whether all that was sent between two promises was to become durable at once."""
        between = self.log[known.log_length : upcoming.log_length]
        return sum(not isinstance(entry, Write) for entry in between) == 1 and between[-1] is FLUSH

    def told_before(self, log_length: int) -> dict[int, int]:
        """How many deletions of each track had been told when the log was that long."""
        told: dict[int, int] = {}
        for length, track_id, count in self.tellings:
            if length <= log_length:
                told[track_id] = max(told.get(track_id, 0), count)
        return told

    def restart(self, readable: Callable[[int], Iterable[AccessUnit]]) -> None:
        """The process was killed: what was not written by then was never sent."""
        self.life += 1
        for track_id, track in self.tracks.items():
            promised = self.promises[-1].promised.get(track_id, 0)
            there = set(readable(track_id)) if not track.forgotten else set()
            survived = [number for number, sent in enumerate(track.sent) if sent.unit in there]
            track.forget_from(max([promised, *(number + 1 for number in survived[-1:])]))


def _is_gap(last: AccessUnit, unit: AccessUnit) -> bool:
    passed_us = unit.utc_us - last.utc_us
    if unit.format.codec.kind is MediaKind.METADATA:
        # However long it was silent, as long as that was not the clock.
        return not 0 <= passed_us <= (unit.mono_ns - last.mono_ns) // 1000 + GAP_US
    interval_us = int(US_PER_S / unit.format.frame_rate) if unit.format.frame_rate > 0 else 0
    return not 0 <= passed_us <= GAP_US + 2 * interval_us
