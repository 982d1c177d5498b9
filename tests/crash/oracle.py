"""The judge of a crash state: what a ring recovered from it may and must serve."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tests.crash.ledger import Known, Ledger, Told, TrackLedger
from tests.crash.workload import AUDIO, CONFIG, HandClock, read_all, read_back
from tests.unit.store.image import Image
from tests.unit.store.memory_device import FATES, MemoryDevice, Write, survive

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.units import US_PER_S
from argus.store.ring.ring import Ring, layout
from argus.store.ring.run import EARLIEST_US
from argus.store.ring.volume import Geometry, Volume

AFTERWARDS = 1_000_000
# How often the power fails again after recovery.
SECOND_CUT = 0.25


@dataclass(slots=True)
class Verdict:
    """What is wrong with one state, in kinds of violation, and what it proved to be durable."""

    wrong: Counter[str] = field(default_factory=Counter)
    survived: dict[int, int] = field(default_factory=dict)
    example: str = ""
    second_cuts: int = 0

    def blame(self, kind: str, detail: str) -> None:
        if not self.wrong:
            self.example = f"{kind}: {detail}"
        self.wrong[kind] += 1


@dataclass(slots=True)
class Opened:
    """A ring recovered from a crash state, and the deletions it told with the log's length at the time."""

    device: MemoryDevice
    clock: HandClock
    told: list[tuple[int, Told]] = field(default_factory=list)
    ring: Ring = field(init=False)

    def open(self) -> None:
        self.ring = Ring(Volume.open(self.device), CONFIG, self.clock, self._tell)
        self.ring.tick()

    def _tell(self, track_id: int, start_us: int, end_us: int) -> None:
        self.told.append((len(self.device.log), (track_id, start_us, end_us)))


@dataclass(frozen=True, slots=True)
class Case:
    """A crash state with all that is known about it. `told` are deletions told since the ledger ended."""

    ledger: Ledger
    known: Known
    upcoming: Known
    image: Image
    told: tuple[Told, ...] = ()
    cuts: int = 1
    rotten: bool = False

    def judge(self, rng: random.Random) -> Verdict:
        """Recover the state and say what is wrong; in some states look further."""
        verdict = Verdict()
        opened = Opened(MemoryDevice(self.image), HandClock(self.upcoming.now_us, rng.randrange(1 << 50)))
        try:
            opened.open()
            for track_id in self.ledger.tracks if self.rotten else ():
                opened.ring.set_retention(track_id, self.upcoming.retention_us.get(track_id, 0))
            self._judge_tracks(opened, verdict, backwards=rng.random() < 0.1)
            self._go_on(opened, verdict, laps=rng.random() < 0.02)
        except Exception as error:
            verdict.blame("unusable", f"{type(error).__name__}: {error}")
            return verdict
        if not self.rotten and rng.random() < SECOND_CUT:
            again = self._second_cut(opened, verdict, rng).judge(random.Random(1))
            verdict.second_cuts = 1 + again.second_cuts
            if again.wrong:
                verdict.blame(f"second cut, {', '.join(again.wrong)}", again.example)
        return verdict

    def fingerprint(self) -> int:
        """The same for cases of one life that are to be judged alike."""
        promises = self.known.log_length, self.upcoming.log_length, *sorted(self.known.told.items())
        return hash((self.image.fingerprint(), self.rotten, promises))

    def rot(self, told: dict[int, int], rng: random.Random) -> Case:
        """The same state with its newest snapshot, or all of them, damaged besides.

        Only deletions `told` before the newest batch was written must stay; retention is set again, as at any start.
        Where footage was protected the segments alone do not tell what was given up around it.
        """
        told = {} if self.ledger.scattered else told
        geometry = Geometry.of(CONFIG.size_bytes, CONFIG.segment_bytes)
        places = [layout.SNAPSHOTS_OFFSET + slot * geometry.snapshot_bytes for slot in range(geometry.snapshot_slots)]
        generations = {int.from_bytes(self.image[place + 16 : place + 24], "little"): place for place in places}
        victims = places if rng.random() < 0.5 else [generations[max(generations)]]
        image = self.image.fork()
        for place in victims:
            if any(image[place : place + 128]):
                spoilt = place + rng.randrange(4, 128)
                image[spoilt : spoilt + 1] = bytes((image[spoilt : spoilt + 1][0] ^ 1 << rng.randrange(8),))
        known = replace(self.known, told=told, retention_us=self.upcoming.retention_us)
        return Case(self.ledger, known, self.upcoming, image, rotten=True)

    # -- footage ------------------------------------------------------------------------------------------------

    def _judge_tracks(self, opened: Opened, verdict: Verdict, *, backwards: bool) -> None:
        damaged = opened.ring.health().damaged
        cases = [_TrackCase(self, opened, verdict, track_id, track) for track_id, track in self.ledger.tracks.items()]
        for case in cases:
            track_id = case.track_id
            read = [unit for gop in read_all(opened.ring, track_id) for unit in gop.units]
            case.judge(read)
            if backwards and read_back(opened.ring, track_id) != read:
                verdict.blame("backwards", f"track {track_id} reads otherwise from its end")
        if not self.rotten and self.ledger.is_one_flush(self.known, self.upcoming):
            begun = any(verdict.survived[case.track_id] > case.promised for case in cases)
            for case in cases if begun else ():
                case.judge_whole_tick()
        if opened.ring.health().damaged != damaged and not self.rotten:
            verdict.blame("torn", "a torn batch is taken for footage")

    def _go_on(self, opened: Opened, verdict: Verdict, *, laps: bool) -> None:
        """The store must take new footage, and go round, without losing anything of it."""
        track_id = AFTERWARDS + self.cuts
        sent: list[AccessUnit] = []
        for number in range(40 if laps else 1):
            for part in range(2):
                opened.clock.pass_time(0.5)
                data = random.Random(number * 2 + part).randbytes(13_000 if laps else 3_000)
                unit = AccessUnit(
                    format=AUDIO, data=data, key_frame=True, utc_us=opened.clock.now_us, mono_ns=opened.clock.now_ns
                )
                opened.ring.append(track_id, unit)
                sent.append(unit)
            opened.ring.tick()
        read = [unit for gop in read_all(opened.ring, track_id) for unit in gop.units]
        if not read or read != sent[-len(read) :] or (not laps and read != sent):
            verdict.blame("unusable", "what was recorded after recovery cannot be read")

    def _second_cut(self, opened: Opened, verdict: Verdict, rng: random.Random) -> Case:
        """The power fails again, somewhere between recovery and now."""
        log = opened.device.log
        length = rng.randrange(len(log) + 1)
        image = self.image.fork()
        volatile: list[Write] = []
        for entry in log[:length]:
            if isinstance(entry, Write):
                volatile.append(entry)
            else:
                survive(image, volatile, "all", rng)
                volatile.clear()
        survive(image, volatile, rng.choice(FATES), rng)
        promised = {
            track_id: max(count, verdict.survived.get(track_id, 0)) for track_id, count in self.known.promised.items()
        }
        known = replace(self.known, promised=promised)
        told = tuple(deletion for log_length, deletion in opened.told if log_length <= length)
        upcoming = replace(self.upcoming, now_us=opened.clock.now_us)
        return Case(self.ledger, known, upcoming, image, self.told + told, self.cuts + 1)


@dataclass(slots=True)
class _TrackCase:
    """One track of one state."""

    case: Case
    opened: Opened
    verdict: Verdict
    track_id: int
    track: TrackLedger
    served: set[int] = field(default_factory=set)

    @property
    def promised(self) -> int:
        return self.case.known.promised.get(self.track_id, 0)

    def judge_whole_tick(self) -> None:
        """Some track has what was written since the last promise: so must this one."""
        newest = self.case.upcoming.promised.get(self.track_id, 0) - 1
        if newest >= self.promised and newest not in self.served and not self._is_forgotten():
            self._judge_missing([newest], "half a tick")

    def _is_forgotten(self) -> bool:
        return self.track_id in self.case.known.forgotten | self.case.upcoming.forgotten

    def judge(self, read: Sequence[AccessUnit]) -> None:
        sent = self.track.sent
        places = self.track.places
        numbers = [places.get((unit.utc_us, unit.data)) for unit in read]
        for number, unit in zip(numbers, read, strict=True):
            if number is None or sent[number].unit != unit:
                self._blame("wrong bytes", f"{unit.utc_us}, {len(unit.data)} bytes")
        served = self.served = {number for number in numbers if number is not None}
        times = [unit.utc_us for unit in read]
        if times != sorted(times) or len(served) != len(read):
            self._blame("order", "units repeat or go back in time")
        self._judge_spans(times, numbers)
        promised = self.promised
        newest = max(served, default=-1) + 1
        self.verdict.survived[self.track_id] = newest
        _, must = self.track.gone(self.case.known.told.get(self.track_id, 0))
        may, _ = self.track.gone(
            len(self.track.deleted) if self.case.rotten else self.case.known.told.get(self.track_id, 0)
        )
        if self.case.rotten:
            newest = promised
        missing = set(range(max(promised, newest))) - served - may
        if self.track_id not in self.case.known.forgotten:
            self._judge_missing(sorted(missing), "lost")
        for number in served & must:
            self._blame("re-appeared", f"{sent[number].unit.utc_us} was told as deleted")
        self._judge_served(served)

    def _judge_spans(self, times: list[int], numbers: Sequence[int | None]) -> None:
        """Spans must be what can be read: no unit outside, none without a unit, none missing, none over another."""
        spans = self.opened.ring.spans(self.track_id)
        is_video = bool(self.track.sent) and self.track.sent[0].unit.format.codec.kind is MediaKind.VIDEO
        covered = 0
        before = None
        for span in spans:
            if before is not None and span.start_us <= before:
                self._blame("spans", "they overlap")
            before = span.end_us
            first, end = bisect_left(times, span.start_us), bisect_left(times, span.end_us + 1)
            inside = end - first
            covered += inside
            self._judge_whole_span(numbers[first:end])
            # Where a clock step left less than a chunk of audio, its unit table alone knows that no unit is in it.
            if not inside and (is_video or span.end_us - span.start_us > US_PER_S):
                self._blame("spans", f"nothing can be read between {span.start_us} and {span.end_us}")
            # Without snapshots a torn chunk may be found by its row alone; that it is torn shows when it is read.
            elif inside and is_video and times[first] != span.start_us and not self.case.rotten:
                self._blame("spans", f"no unit at the start {span.start_us}")
        if covered != len(times):
            self._blame("spans", "footage lies outside")

    def _judge_whole_span(self, numbers: Sequence[int | None]) -> None:
        """Units told as one span must have been sent one after the other, without a gap."""
        for before, number in pairwise(numbers):
            if before is None or number is None:
                continue
            if number != before + 1:
                self._blame("hole", f"nothing tells that after unit {before} comes {number}")
            elif self.track.sent[before].span != self.track.sent[number].span:
                self._blame("hole", f"the gap between the units {before} and {number} is not told")

    def _judge_missing(self, numbers: Sequence[int], kind: str) -> None:
        """What is not served must be too old, told as deleted now, or covered by footage of a clock set back."""
        known, upcoming = self.case.known, self.case.upcoming
        retentions = [known.retention_us.get(self.track_id, 0), upcoming.retention_us.get(self.track_id, 0)]
        # A clock that stepped back does not make visible again what was hidden before.
        now_us = max(upcoming.now_us, min(self.opened.ring.now_us(), upcoming.latest_us))
        hidden_us = max((now_us - retention for retention in retentions if retention), default=EARLIEST_US)
        told = [*(deletion for _, deletion in self.opened.told), *self.case.told]
        gone = [(start_us, end_us) for track_id, start_us, end_us in told if track_id == self.track_id]
        spans = self.track.span_times(len(self.track.sent))
        for number in numbers:
            entry = self.track.sent[number]
            first_us, last_us = entry.key_us, entry.unit.utc_us
            if first_us < hidden_us:
                continue
            if any(span > entry.span and start <= last_us and first_us <= end for span, start, end in spans):
                continue
            if any(start <= last_us and first_us < end for start, end in gone):
                if not self.case.told and entry.unit.data not in self.case.image:
                    self._blame("event too late", f"{last_us} was overwritten before its deletion was told")
                continue
            self._blame(kind, f"unit {number} at {last_us}")

    def _judge_served(self, served: set[int]) -> None:
        known, upcoming = self.case.known, self.case.upcoming
        if served and self.track_id in known.forgotten:
            self._blame("re-appeared", "a forgotten track")
        retentions = [known.retention_us.get(self.track_id, 0), upcoming.retention_us.get(self.track_id, 0)]
        limit_us = upcoming.now_us - max(retentions) if all(retentions) else None
        promised = known.promised.get(self.track_id, 0)
        spans = self.track.span_times(promised)
        if limit_us is None and not spans:
            return
        for number in served:
            entry = self.track.sent[number]
            time_us = entry.unit.utc_us
            if limit_us is not None and time_us < limit_us:
                self._blame("retention", f"{time_us} is {limit_us - time_us} us too old")
            if spans and any(span > entry.span and start <= time_us <= end for span, start, end in spans):
                self._blame("overtaken", f"{time_us} is served though newer footage covers it")

    def _blame(self, kind: str, detail: str) -> None:
        self.verdict.blame(kind, f"track {self.track_id}, {detail}")
