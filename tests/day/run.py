"""The day: sources film, the ring writes, and what it holds is looked at every hour."""

from __future__ import annotations

import gc
import random
import resource
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tests.crash.workload import HandClock
from tests.day.ledger import Ledger, Piece
from tests.day.sources import AUDIO, METADATA, VIDEO, Source
from tests.unit.store.memory_device import MemoryDevice

from argus.base.units import US_PER_S
from argus.store.ring.ring import Gop, Ring, RingConfig
from argus.store.ring.span import Span
from argus.store.ring.volume import Geometry, Volume
from argus.store.ring.volume_file import format_volume

HOUR_S = 3600
TICK_S = 4
RETENTION_STEP_S = 12
# 2027-12-31T20:00:00Z; the year changes after four hours.
START_US = 1_830_283_200_000_000
# 2028-02-28T20:00:00Z: in the second half, a leap day begins after four hours.
LEAP_US = 1_835_380_800_000_000
NIGHT_BYTES, DAY_BYTES = 60, 900
BEFORE_ALL_US, BEHIND_ALL_US = -(1 << 60), 1 << 60


# A track's ledger, the times of the first and the last unit filmed, and their numbers.
Filmed = tuple[Ledger, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayConfig:
    """A day of any length: retention times, clock steps and restarts keep their proportions to it."""

    hours: float = 24.0
    volume_bytes: int = 64 << 20
    segment_bytes: int = 512 << 10
    checkpoints: int = 24
    seeks: int = 20
    seed: int = 1
    trace: bool = False

    @property
    def scale(self) -> float:
        return self.hours / 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a checkpoint found."""

    clock_us: int
    hour: float
    units: int
    written_bytes: int
    laps: float
    spans: int
    deletions: int
    seeks: int
    traced_bytes: int
    rss_bytes: int
    took_s: float

    def line(self) -> str:
        moment = datetime.fromtimestamp(self.clock_us / 1e6, UTC).isoformat(timespec="seconds")
        return (
            f"{self.hour:6.2f} h  {moment}  {self.units:8} units  {self.laps:5.2f} laps  {self.spans:5} spans  "
            f"{self.deletions:6} deletions  {self.seeks:5} seeks  traced {self.traced_bytes / 1e6:7.3f} MB  "
            f"RSS {self.rss_bytes / 1e6:6.1f} MB  {self.took_s:6.1f} s"
        )


@dataclass
class Day:
    """A recorder's day. `mistakes` stays empty."""

    config: DayConfig
    mistakes: list[str] = field(default_factory=list)
    figures: list[Figures] = field(default_factory=list)

    def __post_init__(self) -> None:
        geometry = Geometry.of(self.config.volume_bytes, self.config.segment_bytes)
        self.rng = random.Random(self.config.seed)
        self.clock = HandClock(START_US)
        # How far the wall clock ever was ahead of monotonic time.
        self.ahead_us = self._ahead_us()
        self.device = MemoryDevice(bytes(geometry.size_bytes))
        format_volume(self.device, geometry, START_US)
        self.ring_config = RingConfig(size_bytes=self.config.volume_bytes, segment_bytes=self.config.segment_bytes)
        self.ledgers = {source.track_id: Ledger(source) for source in sources(self.config.scale)}
        self.units = self.written_bytes = self.seeks = 0
        self.data_bytes = geometry.data_segments * geometry.segment_bytes
        self._broken = True
        self._open()

    async def run(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Live it, looking at what is there at every checkpoint."""
        if self.config.trace:
            tracemalloc.start()
        started_s = time.monotonic()
        seconds = int(self.config.hours * HOUR_S)
        events = self._events(seconds)
        every_s = seconds // self.config.checkpoints
        for second in range(0, seconds, TICK_S):
            for happens in [events.pop(due_s) for due_s in sorted(events) if due_s <= second]:
                report(f"         {happens()}")
            if second % RETENTION_STEP_S == 0:
                self.ring.apply_retention()
            filmed = self._film(second)
            self.ring.tick()
            # Only now: what is told during a tick is about what was there before, and after a step of the clock new
            # footage may have times that were deleted.
            for ledger, first_us, last_us, first, last in filmed:
                ledger.record(first_us, last_us, first, last)
            self._see_writes()
            if (second + TICK_S) // every_s > second // every_s:
                await self._look()
                report(self._measure(second + TICK_S, time.monotonic() - started_s).line())
        self.mistakes += [mistake for ledger in self.ledgers.values() for mistake in ledger.mistakes]

    # -- what happens -------------------------------------------------------------------------------------------

    def _events(self, seconds: int) -> dict[int, Callable[[], str]]:
        """Restarts and steps of the clock over the day, by the second they are due."""
        hour_s = self.config.scale * HOUR_S
        happens: dict[float, Callable[[], str]] = {
            2.1: lambda: self._step(1.3),
            3.3: lambda: self._step(-1.7),
            4.4: lambda: self._restart(clean=True),
            5.6: lambda: self._step(40),
            6.7: lambda: self._step(-45),
            7.3: lambda: self._restart(clean=False),
            8.2: lambda: self._step(2 * hour_s),
            8.7: lambda: self._step(-2 * hour_s),
            10.4: lambda: self._step(-1.5 * hour_s),
            12.0: self._travel,
            14.3: lambda: self._restart(clean=False),
            15.5: lambda: self._step(-3),
            16.2: lambda: self._step(5 * hour_s),
            16.8: lambda: self._restart(clean=True),
            17.5: lambda: self._step(-5 * hour_s),
            19.9: lambda: self._step(7),
            21.2: lambda: self._restart(clean=False),
        }
        return {int(hour * hour_s): event for hour, event in happens.items() if hour * hour_s < seconds}

    def _step(self, seconds: float) -> str:
        self.clock.now_us += int(seconds * US_PER_S)
        self.ahead_us = max(self.ahead_us, self._ahead_us())
        for ledger in self.ledgers.values():
            ledger.went_back = ledger.went_back or seconds < 0
        self._broken = True
        return f"the clock steps by {seconds:g} s"

    def _restart(self, *, clean: bool) -> str:
        """Of the process; without a clean end the page cache keeps what was written."""
        if clean:
            self.ring.close()
        self._open()
        return "closed and opened again" if clean else "killed and opened again"

    def _travel(self) -> str:
        """The device was off for weeks, on a shelf; the leap day is near."""
        self.ring.close()
        self.clock.now_us = max(LEAP_US, self.clock.now_us)
        self.clock.now_ns = 5_000_000_000
        self.ahead_us = self._ahead_us()
        self._open()
        return "switched on again after weeks"

    def _open(self) -> None:
        self.ring = Ring(Volume.open(self.device), self.ring_config, self.clock, self._deleted)
        for track_id, ledger in self.ledgers.items():
            self.ring.set_retention(track_id, ledger.source.retention_us)
            ledger.growing = False
        self._broken = True
        self.ring.tick()

    def _ahead_us(self) -> int:
        return self.clock.now_us - self.clock.now_ns // 1000

    def _deleted(self, track_id: int, start_us: int, end_us: int) -> None:
        self.ledgers[track_id].delete(start_us, end_us)

    def _film(self, second: int) -> list[Filmed]:
        """What comes before the next tick. Nights are quiet."""
        taken: list[Filmed] = []
        size_bytes = DAY_BYTES if second >= self.config.hours * HOUR_S / 2 else NIGHT_BYTES
        until_us = self.clock.now_us + TICK_S * US_PER_S
        for track_id, ledger in self.ledgers.items():
            source = ledger.source
            if not source.is_active(second):
                if ledger.growing:
                    self.ring.end_span(track_id)
                    ledger.growing = False
                continue
            if self._broken or not ledger.growing:
                source.start(self.clock.now_us + track_id * 997, self.clock.now_ns + track_id * 997_000)
                ledger.growing = ledger.growing and not source.is_gap(source.time_of(source.number)[0])
            source.size_bytes = size_bytes
            number = source.number
            filmed = list(source.film(until_us))
            for unit in filmed:
                self.ring.append(track_id, unit)
            if filmed:
                taken.append((ledger, filmed[0].utc_us, filmed[-1].utc_us, number, source.number - 1))
                self.units += len(filmed)
        self._broken = False
        self.clock.pass_time(TICK_S)
        return taken

    def _see_writes(self) -> None:
        self.written_bytes += sum(len(entry.data) for entry in self.device.log if hasattr(entry, "data"))
        self.device.log.clear()

    # -- what is looked at --------------------------------------------------------------------------------------

    async def _look(self) -> None:
        whole = self.rng.choice(list(self.ledgers))
        for track_id, ledger in self.ledgers.items():
            retention_us = ledger.source.retention_us
            limit_us = self.clock.now_us - retention_us if retention_us else BEFORE_ALL_US
            # After a step back the ring may go by the latest time it knows of.
            perhaps_us = limit_us + self.ahead_us - self._ahead_us() if retention_us else BEFORE_ALL_US
            pieces = ledger.expected(limit_us)
            spans = self.ring.spans(track_id)
            try:
                judge_spans(ledger.source, pieces, spans, perhaps_us)
                for _ in range(self.config.seeks if pieces else 0):
                    await self._seek(ledger.source, self.rng.choice(pieces).after(perhaps_us))
                if track_id == whole:
                    await self._read_all(ledger.source, spans)
            except AssertionError as error:
                self.mistakes.append(f"track {track_id} at {self.clock.now_us}: {error}")

    async def _seek(self, source: Source, piece: Piece) -> None:
        """The GOP with a time in it is the right one, and so are its neighbours."""
        first_us = piece.clean_point(source)
        if first_us is None:
            return
        wanted_us = self.rng.randint(first_us, piece.end_us)
        gop = await self.ring.gop_at(source.track_id, wanted_us, forward=self.rng.random() < 0.5)
        told = f"seek to {wanted_us} in {piece}, found {gop and (gop.start_us, gop.units[-1].utc_us)}"
        assert gop is not None, told
        assert first_us <= gop.start_us <= wanted_us, told
        numbers = numbers_of(source, gop)
        following = await self.ring.gop_after(gop)
        if following is not None and following.start_us <= piece.end_us:
            assert following.start_us > wanted_us or not source.is_video, f"{following.start_us} is nearer: {told}"
            first = numbers[-1] + 1 if source.is_video or len(numbers) == 1 else numbers[0] + len(numbers)
            assert numbers_of(source, following)[0] == first, f"a unit is missing behind the GOP: {told}"
        before = await self.ring.gop_before(gop)
        if before is not None and before.start_us >= piece.start_us:
            assert numbers_of(source, before)[-1] == numbers[0] - 1, f"a unit is missing before the GOP: {told}"
        self.seeks += 1

    async def _read_all(self, source: Source, spans: tuple[Span, ...]) -> None:
        """Everything from the first unit to the last, in order, and as many as the spans say."""
        units: list[tuple[int, int]] = []
        gop = await self.ring.gop_at(source.track_id, BEFORE_ALL_US, forward=True)
        while gop is not None:
            units += zip((unit.utc_us for unit in gop.units), numbers_of(source, gop), strict=True)
            gop = await self.ring.gop_after(gop)
        for (before_us, number), (utc_us, following) in pairwise(units):
            assert before_us < utc_us, f"{utc_us} comes behind {before_us}"
            inside = any(span.start_us <= before_us and utc_us <= span.end_us for span in _around(spans, before_us))
            assert following == number + 1 or not inside, f"unit {following} follows {number} inside a span"

    def _measure(self, second: int, took_s: float) -> Figures:
        gc.collect()
        traced = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0
        found = Figures(
            clock_us=self.clock.now_us,
            hour=second / HOUR_S,
            units=self.units,
            written_bytes=self.written_bytes,
            laps=self.written_bytes / self.data_bytes,
            spans=sum(len(self.ring.spans(track_id)) for track_id in self.ledgers),
            deletions=sum(ledger.deletions for ledger in self.ledgers.values()),
            seeks=self.seeks,
            traced_bytes=traced,
            rss_bytes=rss_bytes(),
            took_s=took_s,
        )
        self.figures.append(found)
        return found


def sources(scale: float) -> Iterator[Source]:
    """Sixteen cameras, some of which record only what moves, two sources of metadata, a microphone."""
    keeps = [int(hours * scale * HOUR_S) * US_PER_S for hours in (1, 6, 24, 0)]
    for number in range(16):
        period_s, active_s = ((1, 1), (600, 120), (96, 24))[(0, 0, 1, 2)[number // 4]]
        yield Source(
            track_id=number + 1,
            format=VIDEO,
            interval_us=500_000,
            gop_units=(4, 8, 2, 20)[number // 4],
            retention_us=keeps[number % 4],
            period_s=period_s,
            active_s=active_s,
        )
    for number in range(2):
        keep = keeps[1 + 2 * number]
        yield Source(track_id=17 + number, format=METADATA, interval_us=23_456_789, gop_units=1, retention_us=keep)
    yield Source(track_id=19, format=AUDIO, interval_us=500_000, gop_units=1, retention_us=keeps[1])


def judge_spans(source: Source, pieces: list[Piece], spans: tuple[Span, ...], perhaps_us: int) -> None:
    """Every piece is a span, from its first clean point on, and every span is a piece.

    What a step of the clock left may be told from the step on, before its first clean point; what is older than
    `perhaps_us` need not be there.
    """
    left = list(spans)
    for before, after in pairwise(spans):
        assert before.end_us < after.start_us, f"{before} and {after} overlap"
    for piece in pieces:
        first_us = piece.after(perhaps_us).clean_point(source)
        found = [span for span in left if span.start_us <= piece.end_us and span.end_us >= piece.start_us]
        told = f"{piece}, clean from {first_us}, spans there: {found}"
        assert len(found) == 1 or (first_us is None and not found), told
        for span in found:
            assert piece.start_us <= span.start_us, f"begins before its time: {told}"
            assert first_us is None or span.start_us <= first_us, f"begins too late: {told}"
            assert (
                span.end_us <= piece.end_us <= max(span.end_us, piece.start_us, perhaps_us) + source.interval_us + 1000
            ), told
            left.remove(span)
    assert not left, f"spans of what was deleted or never recorded: {left}"


def numbers_of(source: Source, gop: Gop) -> list[int]:
    """The numbers of a GOP's units, each compared with what was recorded."""
    numbers = [source.number_of(unit) for unit in gop.units]
    assert gop.units[0].key_frame, f"{gop.start_us} is not a clean point"
    assert gop.start_us == gop.units[0].utc_us, f"{gop.start_us} is not {gop.units[0].utc_us}"
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"units {numbers} in one GOP"
    return numbers


def _around(spans: tuple[Span, ...], utc_us: int) -> Iterator[Span]:
    return (span for span in spans if span.start_us <= utc_us <= span.end_us)


def rss_bytes() -> int:
    """What the process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
