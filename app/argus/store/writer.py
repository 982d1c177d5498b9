"""The writer: one write per open segment and one flush per tick, whatever the number of tracks."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from argus.base.clock import Clock
from argus.store import layout, snapshot
from argus.store.directories import Directories
from argus.store.health import WriterState
from argus.store.index import Segment
from argus.store.ingest import Ingest, Item, Work
from argus.store.plan import Part, Plan
from argus.store.records import Stamp
from argus.store.recovery import Recovered
from argus.store.segment import Pending
from argus.store.span import Deletion
from argus.store.volume import Volume

logger = logging.getLogger(__name__)

STALLED_AFTER_S = 2.0
FAILED_AFTER_S = 10.0
# Refusals of the medium in a row after which the volume takes no more data, and how often it is tried again then:
# space is made, a bus recovers.
MAX_ERRORS = 3
RETRY_NS = 5_000_000_000
_RATE_TICKS = 60


@dataclass(slots=True, kw_only=True)
class Counters:
    """Since the volume was opened."""

    batches: int = 0
    batch_bytes: int = 0
    flushes: int = 0
    units: int = 0
    dropped_units: int = 0
    write_errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one step did: deletions now durable and to be announced before the next step, and whether work is left."""

    deletions: Sequence[Deletion] = ()
    more: bool = False


class Writer:
    """Owns the append point. `step` belongs to one thread at a time; everything else may be read from any.

    Only slots of the durable intent list are overwritten; footage in them is gone from the index, and its deletion
    announced, before they enter that list.
    """

    def __init__(
        self,
        volume: Volume,
        recovered: Recovered,
        directories: Directories,
        ingest: Ingest,
        clock: Clock,
        gap_us: int,
    ) -> None:
        self.counters = Counters()
        self.announced = recovered.announced
        self.last_durable_utc_us: int | None = None
        self.durable = 0
        self.failure = ""
        self._volume = volume
        self._index = recovered.index
        self._directories = directories
        self._ingest = ingest
        self._clock = clock
        self._gap_us = gap_us
        self._generation = recovered.generation
        self._tick = recovered.tick
        self._lane = recovered.lane
        self._unannounced = recovered.pending
        self._staged: list[int] = []
        self._staged_deletions: list[Deletion] = []
        self._snapshot_due = True
        self._errors_in_a_row = 0
        self._retry_ns = 0
        self._forgotten: set[int] = set()
        self._recent: deque[tuple[int, int]] = deque(maxlen=_RATE_TICKS)
        self._step_name = "idle"
        self._step_since_ns = clock.mono_ns()

    # -- what others see ----------------------------------------------------------------------------------------

    def state(self) -> tuple[WriterState, str, float]:
        """The state, the step at work and its age in seconds."""
        step, age_s = self._step_name, (self._clock.mono_ns() - self._step_since_ns) / 1e9
        if self.failure or (step != "idle" and age_s > FAILED_AFTER_S):
            return WriterState.FAILED, step, age_s
        if step != "idle" and age_s > STALLED_AFTER_S:
            return WriterState.STALLED, step, age_s
        return WriterState.OK, step, age_s

    def write_rate_bps(self) -> float:
        """Bits per second over the last ticks."""
        recent = list(self._recent)
        if len(recent) < 2 or recent[-1][0] == recent[0][0]:
            return 0.0
        return sum(size for _, size in recent[1:]) * 8e9 / (recent[-1][0] - recent[0][0])

    # -- one step -----------------------------------------------------------------------------------------------

    def step(self) -> Progress:
        """Make what is queued durable, as far as free slots reach, and free the next lot of slots if few are left.

        Where the volume failed this does nothing until it is time to try again.
        """
        if self.failure and self._clock.mono_ns() < self._retry_ns:
            return Progress()
        # Nothing is overwritten while the deletion of what was there is not announced.
        if deletions := self._to_announce():
            return Progress(deletions=deletions, more=True)
        try:
            if self._snapshot_due:
                self._write_snapshot()
            more = self._write(self._ingest.take())
            if len(self._lane.free) <= self._volume.geometry.lot // 2:
                self._reclaim()
            self._recover()
        except OSError as error:
            self._note(error)
            return Progress()
        finally:
            self._enter("idle")
        return Progress(deletions=self._to_announce(), more=more)

    def seal(self) -> None:
        """Write a snapshot of everything, so that opening has little to read. Raises OSError."""
        if not self.failure:
            try:
                self._write_snapshot()
            finally:
                self._enter("idle")

    def _write(self, work: Work) -> bool:
        plan = Plan(self._lane, self._index, self._volume.geometry, self._gap_us)
        marks_done, items_done = self._fill(plan, work)
        try:
            self._put(plan)
        except OSError:
            self._ingest.give_back(work.marks, work.items)
            self._retire(plan)
            raise
        self._ingest.give_back(work.marks[marks_done:], work.items[items_done:])
        left = len(work.marks) - marks_done + len(work.items) - items_done
        self.durable = work.up_to - left
        self.last_durable_utc_us = self._clock.utc_us()
        return left > 0

    def _fill(self, plan: Plan, work: Work) -> tuple[int, int]:
        """Plan as much of the work as fits; how many marks and items that is."""
        self._enter("plan")
        self._forgotten |= {mark.track for mark in work.marks if mark.kind == layout.MARK_FORGET}
        marks = items = 0
        while marks < len(work.marks) and plan.add_mark(work.marks[marks]):
            marks += 1
        if marks == len(work.marks):
            while items < len(work.items) and self._plan_item(plan, work.items[items]):
                items += 1
        plan.finish()
        return marks, items

    def _plan_item(self, plan: Plan, item: Item) -> bool:
        track_id, unit = item
        if unit is None:
            plan.end_span(track_id)
            return True
        return track_id in self._forgotten or plan.add(track_id, unit)

    def _put(self, plan: Plan) -> None:
        """Write the parts of a plan, flush once, then let the readers see them."""
        self._tick += 1
        stamp = Stamp(
            self._volume.salt, self._tick, self.announced, min(self._index.segments, default=self._lane.next_seq)
        )
        written: list[tuple[Part, Pending]] = []
        number = 0
        for part in plan.parts:
            pending = Pending()
            if part.batch:
                pending.data, pending.rows = part.batch.encode(stamp, part.segment.seq, number)
                number += 1
            tail = b""
            if part.sealed:
                segment_bytes = self._volume.geometry.segment_bytes
                tail = part.segment.encode_footer(segment_bytes, stamp, part.batch, pending)
            self._enter("write")
            data = b"".join((pending.data, tail)) if tail else pending.data
            self._volume.write(part.segment.slot, part.segment.position, data)
            written.append((part, pending))
        if written:
            self._flush()
        self._commit(plan, written)

    def _commit(self, plan: Plan, written: Sequence[tuple[Part, Pending]]) -> None:
        self._lane = plan.lane
        size_bytes = 0
        with self._index.lock:
            for part, pending in written:
                segment, batch = part.segment, part.batch
                segment.position += len(pending.data)
                segment.format_bytes += batch.format_bytes
                segment.directory.add(pending.rows, batch.marks, batch.formats)
                self._index.segments[segment.seq] = Segment(segment.slot, segment.position, part.sealed)
                self._directories.put(segment.seq, segment.directory, pinned=not part.sealed)
                for mark in batch.marks:
                    self._remember(self._index.apply(segment.seq, mark))
                for row in pending.rows:
                    self._index.add(segment.seq, row, growing=True)
                size_bytes += len(pending.data)
                self.counters.batches += bool(batch)
            self._settle()
        self.counters.batch_bytes += size_bytes
        self.counters.units += plan.units
        self.counters.dropped_units += plan.dropped
        self._recent.append((self._clock.mono_ns(), size_bytes))

    def _settle(self) -> None:
        """Bring index and lane in line with what the plan decided besides batches."""
        segment = self._lane.open
        if segment is not None and segment.seq not in self._index.segments:
            self._index.segments[segment.seq] = Segment(segment.slot, segment.position, sealed=False)
        for track_id in self._forgotten & self._lane.tracks.keys():
            del self._lane.tracks[track_id]
        for track_id, state in self._lane.tracks.items():
            if not state.active:
                self._index.close_run(track_id)

    # -- free slots ---------------------------------------------------------------------------------------------

    def _reclaim(self) -> None:
        """Stage a lot of slots to be overwritten next, oldest footage first, and make that durable."""
        with self._index.lock:
            self._stage()
            self._drop_unused_formats()
        self._write_snapshot()

    def _stage(self) -> None:
        lot = self._volume.geometry.lot
        taken = {segment.slot for segment in self._index.segments.values()} | {*self._lane.free, *self._staged}
        unused = [slot for slot in range(self._volume.geometry.data_segments) if slot not in taken][:lot]
        self._staged += unused
        open_seq = self._lane.open.seq if self._lane.open else None
        dead = set(self._index.unreferenced()) - {open_seq}
        by_age = sorted(self._index.segments.keys() - {open_seq}, key=lambda seq: (seq not in dead, seq))
        victims = by_age[: max(0, lot - len(unused))]
        self._staged += [self._index.segments[seq].slot for seq in victims]
        self._staged_deletions += self._index.evict(set(victims))

    def _drop_unused_formats(self) -> None:
        self._index.drop_unused_formats({(track_id, state.epoch) for track_id, state in self._lane.tracks.items()})

    def _write_snapshot(self) -> None:
        """Write and flush the index with the next intent list; only then do the staged slots become free."""
        self._enter("snapshot")
        self._snapshot_due = True
        data = self._encode_snapshot()
        while len(data) > self._volume.geometry.snapshot_bytes and len(self._index.segments) > 1:
            logger.warning("the index outgrew its place on the volume; the oldest footage goes")
            self._stage()
            data = self._encode_snapshot()
        self._volume.write_snapshot(self._generation + 1, data)
        self._flush()
        self._generation += 1
        self._lane.free.extend(self._staged)
        self._staged.clear()
        self._unannounced += self._staged_deletions
        self._staged_deletions.clear()
        self._snapshot_due = False

    def _encode_snapshot(self) -> bytes:
        unannounced = [*self._unannounced, *self._staged_deletions]
        state = snapshot.State(
            generation=self._generation + 1,
            tick=self._tick,
            next_seq=self._lane.next_seq,
            next_span=self._lane.next_span,
            announced=self.announced,
            written_us=self._clock.utc_us(),
            index=self._index,
            intents=[*self._lane.free, *self._staged],
            deletions=[deletion for deletion in unannounced if deletion.number > self.announced],
        )
        return snapshot.encode(state, self._volume.salt)

    # -- parts --------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        self._enter("flush")
        self._volume.sync()
        self.counters.flushes += 1

    def _remember(self, deletion: Deletion | None) -> None:
        if deletion is not None:
            self._unannounced.append(deletion)

    def _to_announce(self) -> list[Deletion]:
        self._unannounced = [deletion for deletion in self._unannounced if deletion.number > self.announced]
        return sorted(self._unannounced, key=lambda deletion: deletion.number)

    def _retire(self, plan: Plan) -> None:
        """After a refused write: never the same pages again. The next tick goes into other slots."""
        touched = len(self._lane.free) - len(plan.lane.free)
        self._lane.free.rotate(-touched)
        self._lane.next_seq += touched
        segment = self._lane.open
        if segment is not None:
            self._index.segments[segment.seq] = Segment(segment.slot, segment.position, sealed=True)
            self._directories.put(segment.seq, segment.directory, pinned=False)
        self._lane.open = None
        self._snapshot_due = True

    def _note(self, error: OSError) -> None:
        self._errors_in_a_row += 1
        self.counters.write_errors += 1
        self._retry_ns = self._clock.mono_ns() + RETRY_NS
        # A card that is gone must not fill the log.
        if not self.failure:
            logger.error("the volume refused to %s: %s", self._step_name, error.strerror or error)
        if self._errors_in_a_row >= MAX_ERRORS:
            self.failure = f"the volume refused {MAX_ERRORS} times in a row: {error.strerror or error}"

    def _recover(self) -> None:
        self._errors_in_a_row = 0
        if self.failure:
            logger.warning("the volume takes data again after: %s", self.failure)
            self.failure = ""

    def _enter(self, step: str) -> None:
        self._step_since_ns = self._clock.mono_ns()
        self._step_name = step
