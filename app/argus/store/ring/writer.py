"""The writer: one write per open segment and one flush per tick, whatever the number of tracks."""

from __future__ import annotations

import errno
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from argus.base.clock import Clock
from argus.store.ring import layout, snapshot
from argus.store.ring.clean_start import find_clean_starts
from argus.store.ring.directories import Directories
from argus.store.ring.health import WriterState
from argus.store.ring.ingest import Ingest, Work
from argus.store.ring.plan import Part, Plan
from argus.store.ring.reach import Reach
from argus.store.ring.reclaim import Reclaim
from argus.store.ring.records import Stamp
from argus.store.ring.recovery import Recovered
from argus.store.ring.refusal import Remedy, remedy, sentence
from argus.store.ring.rows import Rows
from argus.store.ring.segment import Pending
from argus.store.ring.segments import Segment
from argus.store.ring.span import Deletion
from argus.store.ring.volume import Volume

logger = logging.getLogger(__name__)

STALLED_AFTER_S = 2.0
FAILED_AFTER_S = 10.0
# How often a volume that failed is tried again: space is made, a bus recovers.
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
    """Owns the append points. `step` belongs to one thread at a time; everything else may be read from any.

    Only slots of the durable intent list are overwritten: footage in them is gone from the index before they enter it,
    and its deletion is announced before they are written to.
    """

    def __init__(
        self,
        volume: Volume,
        recovered: Recovered,
        directories: Directories,
        ingest: Ingest,
        reclaim: Reclaim,
        clock: Clock,
        known_us: Callable[[], int],
        gap_us: int,
    ) -> None:
        self.counters = Counters()
        self.announced = recovered.announced
        self.last_durable_utc_us: int | None = None
        self.durable = 0
        self.failure = ""
        self.lanes: Mapping[int, int] = {}
        self._volume = volume
        self._index = recovered.index
        self._directories = directories
        self._rows = Rows(recovered.index, directories)
        self._ingest = ingest
        self._reclaim_rules = reclaim
        self._clock = clock
        self._known_us = known_us
        self._gap_us = gap_us
        self._generation = recovered.generation
        self._tick = recovered.tick
        self._front = recovered.front
        self._unannounced = recovered.pending
        self._leftovers = recovered.leftovers
        self._reach = Reach()
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

        Where the volume failed: nothing, until it is time to try again.
        """
        if self.failure and self._clock.mono_ns() < self._retry_ns:
            return Progress()
        # Nothing is overwritten while the deletion of what was there is not announced.
        if deletions := self._to_announce():
            return Progress(deletions=deletions, more=True)
        try:
            if self._snapshot_due:
                self._write_snapshot()
                # It may have freed what was staged before an earlier one was refused.
                if deletions := self._to_announce():
                    return Progress(deletions=deletions, more=True)
            few = len(self._front.free) <= self._volume.geometry.reserve or self._reclaim_rules.exceeded()
            more, sealed = self._write(self._ingest.take(), pause_at_seal=few)
            # A flash card keeps few erase blocks open: to write elsewhere costs least between two segments.
            if few and (sealed or not self._front.open or not self._front.free):
                self._reclaim()
            self._recover()
        except OSError as error:
            self._note(error)
            return Progress()
        finally:
            self._enter("idle")
        return Progress(deletions=self._to_announce(), more=more)

    def want_snapshot(self) -> None:
        """Write a snapshot with the next step."""
        self._snapshot_due = True

    def seal(self) -> None:
        """Write a snapshot of everything, so that opening has little to read. Raises OSError."""
        if not self.failure:
            self._write_snapshot()
            self._enter("idle")

    def _write(self, work: Work, *, pause_at_seal: bool) -> tuple[bool, bool]:
        """Write the work; whether some is left, and whether a segment was filled."""
        geometry = self._volume.geometry
        plan = Plan(self._front, self._index, geometry, self._gap_us, self.lanes, pause_at_seal=pause_at_seal)
        marks_done, items_done = self._fill(plan, work)
        try:
            self._put(plan)
        except OSError:
            self._ingest.give_back(work.marks, work.items)
            self._retire(plan)
            raise
        items_left = {
            track_id: items[items_done.get(track_id, 0) :]
            for track_id, items in work.items.items()
            if items_done.get(track_id, 0) < len(items)
        }
        self._ingest.give_back(work.marks[marks_done:], items_left)
        left = len(work.marks) - marks_done + sum(map(len, items_left.values()))
        self.durable = work.up_to - left
        self.last_durable_utc_us = self._clock.utc_us()
        return left > 0, any(part.sealed for part in plan.parts)

    def _fill(self, plan: Plan, work: Work) -> tuple[int, dict[int, int]]:
        """Plan as much of the work as fits; how many marks, and how many items of each track, that is."""
        self._enter("plan")
        self._forgotten |= {mark.track for mark in work.marks if mark.kind == layout.MARK_FORGET}
        for mark in (
            *self._reach.marks(self._index.segments.oldest(), self._front.next_seq),
            *self._reach.decisions(self._index),
        ):
            plan.add_mark(mark)
        marks, done = 0, {}
        while marks < len(work.marks) and plan.add_mark(work.marks[marks]):
            marks += 1
        if marks == len(work.marks):
            for track_id, items in work.items.items():
                done[track_id] = len(items) if track_id in self._forgotten else plan.add(track_id, items)
        plan.finish()
        return marks, done

    def _put(self, plan: Plan) -> None:
        """Write the parts of a plan, flush once, then let the readers see them."""
        self._tick += 1
        oldest = self._index.segments.oldest()
        stamp = Stamp(self._volume.salt, self._tick, self.announced, oldest)
        written: list[tuple[Part, Pending]] = []
        batches = sum(bool(part.batch) for part in plan.parts)
        number = 0
        for part in plan.parts:
            pending = Pending()
            if part.batch:
                last = number == batches - 1
                pending.data, pending.rows = part.batch.encode(stamp, part.segment.seq, part.lane, number, last=last)
                number += 1
            tail = b""
            if part.sealed:
                segment_bytes = self._volume.geometry.segment_bytes
                tail = part.segment.encode_footer(segment_bytes, stamp, part.lane, part.batch, pending)
            self._enter("write")
            data = b"".join((pending.data, tail)) if tail else pending.data
            self._volume.write(part.segment.slot, part.segment.position, data)
            written.append((part, pending))
        if written:
            self._flush()
        self._commit(plan, written)

    def _commit(self, plan: Plan, written: Sequence[tuple[Part, Pending]]) -> None:
        self._front = plan.front
        size_bytes = 0
        with self._index.lock:
            for part, pending in written:
                segment, batch = part.segment, part.batch
                segment.position += len(pending.data)
                segment.format_bytes += batch.format_bytes
                segment.directory.add(pending.rows, batch.marks, batch.formats)
                state = Segment(segment.slot, segment.position, part.sealed, part.lane, tick=self._tick)
                self._index.grow(segment.seq, state, pending.rows)
                self._directories.put(segment.seq, segment.directory, pinned=not part.sealed)
                size_bytes += len(pending.data)
                self.counters.batches += bool(batch)
            # Marks go before units, whichever parts they are in.
            for part, _ in written:
                self._apply(part)
            for part, pending in written:
                for row in pending.rows:
                    self._index.add(part.segment.seq, part.lane, row, growing=True)
            self._settle()
        find_clean_starts(self._index, self._rows)
        self.counters.batch_bytes += size_bytes
        self.counters.units += plan.units
        self.counters.dropped_units += plan.dropped
        self._recent.append((self._clock.mono_ns(), size_bytes))

    def _apply(self, part: Part) -> None:
        for mark in part.batch.marks:
            self._reach.note(mark, self._index.segments.oldest())
            deletion = self._index.apply(part.segment.seq, mark)
            self._unannounced += [deletion] if deletion is not None else []

    def _settle(self) -> None:
        """Bring index and front in line with what the plan decided besides batches."""
        for lane, segment in self._front.open.items():
            if segment.seq not in self._index.segments:
                begun = Segment(segment.slot, segment.position, False, lane, tick=self._tick)
                self._index.grow(segment.seq, begun, ())
        for track_id in self._forgotten & self._front.tracks.keys():
            del self._front.tracks[track_id]
        for track_id, state in self._front.tracks.items():
            if not state.active:
                self._index.close_run(track_id)

    # -- free slots ---------------------------------------------------------------------------------------------

    def _reclaim(self) -> None:
        """Stage slots to be overwritten next, and make that durable."""
        self._enter("reclaim")
        self._stage()
        epochs = {(track_id, state.epoch) for track_id, state in self._front.tracks.items()}
        self._index.drop_unused_formats(epochs)
        self._write_snapshot()

    def _stage(self) -> None:
        """Stage a lot of slots, as far as the free ones do not make one; or what exceeds a quota."""
        geometry = self._volume.geometry
        busy = {self._front.open[lane].seq for lane in self._busy_lanes() if lane in self._front.open}
        taken = self._index.segments.slots() | {*self._front.free, *self._staged}
        lot = geometry.lot if len(self._front.free) <= geometry.reserve else 0
        unused = [slot for slot in range(geometry.data_segments) if slot not in taken][:lot]
        victims = self._reclaim_rules.victims(lot - len(unused), busy)
        self._staged += unused
        self._give_up(victims)
        gone = set(victims)
        self._front.open = {lane: segment for lane, segment in self._front.open.items() if segment.seq not in gone}

    def _busy_lanes(self) -> set[int]:
        """Lanes that are written to: their open segments stay."""
        return {state.lane for state in self._front.tracks.values() if state.active}

    def _write_snapshot(self) -> None:
        """Write and flush the index with the next intent list; only then do the staged slots become free."""
        self._enter("snapshot")
        self._snapshot_due = True
        # With the same flush, which comes before anything else is written.
        for slot, offset, data in self._leftovers:
            self._volume.write(slot, offset, data)
        encoded = self._encode_snapshot()
        while len(encoded) > self._volume.geometry.snapshot_bytes and len(self._index.segments) > 1:
            logger.warning("the index outgrew its place on the volume; the oldest footage goes")
            self._stage_oldest()
            encoded = self._encode_snapshot()
        self._volume.write_snapshot(self._generation + 1, encoded)
        self._flush()
        self._leftovers = []
        self._generation += 1
        self._front.free.extend(self._staged)
        self._staged.clear()
        self._unannounced += self._staged_deletions
        self._reach.lost(self._staged_deletions)
        self._staged_deletions.clear()
        self._snapshot_due = False

    def _stage_oldest(self) -> None:
        busy = {segment.seq for segment in self._front.open.values()}
        victims = self._reclaim_rules.victims(self._volume.geometry.lot, busy)
        if not victims:
            raise OSError(errno.ENOSPC, "the index outgrew its place and nothing may be given up")
        self._give_up(victims)

    def _give_up(self, victims: Sequence[int]) -> None:
        self._staged += [self._index.segments[seq].slot for seq in victims]
        decided = set(self._index.decisions)
        self._staged_deletions += self._reclaim_rules.give_up(victims)
        self._reach.undecided(self._index, decided - self._index.decisions.keys())

    def _encode_snapshot(self) -> bytes:
        unannounced = [*self._unannounced, *self._staged_deletions]
        state = snapshot.State(
            generation=self._generation + 1,
            tick=self._tick,
            next_seq=self._front.next_seq,
            next_span=self._front.next_span,
            announced=self.announced,
            written_us=self._known_us(),
            index=self._index,
            intents=[*self._front.free, *self._staged],
            deletions=[deletion for deletion in unannounced if deletion.number > self.announced],
        )
        return snapshot.encode(state, self._volume.salt)

    # -- parts --------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        self._enter("flush")
        self._volume.sync()
        self.counters.flushes += 1

    def _to_announce(self) -> list[Deletion]:
        self._unannounced = [deletion for deletion in self._unannounced if deletion.number > self.announced]
        return sorted(self._unannounced, key=lambda deletion: deletion.number)

    def _retire(self, plan: Plan) -> None:
        """After a refused write: never the same pages again. The next tick goes into other slots."""
        touched = len(self._front.free) - len(plan.front.free)
        self._front.free.rotate(-touched)
        self._front.next_seq += touched
        for lane in {part.lane for part in plan.parts} & self._front.open.keys():
            segment = self._front.open.pop(lane)
            known = self._index.segments.get(segment.seq)
            if known is not None:
                self._index.grow(segment.seq, replace(known, sealed=True), ())
            self._directories.put(segment.seq, segment.directory, pinned=False)
        self._snapshot_due = True

    def _note(self, error: OSError) -> None:
        self._errors_in_a_row += 1
        self.counters.write_errors += 1
        self._retry_ns = self._clock.mono_ns() + RETRY_NS
        # A card that is gone must not fill the log.
        if not self.failure:
            logger.error("the volume refused to %s: %s", self._step_name, error.strerror or error)
        if remedy(error, self._errors_in_a_row) is not Remedy.ELSEWHERE:
            self.failure = sentence(error, self._errors_in_a_row)

    def _recover(self) -> None:
        self._errors_in_a_row = 0
        if self.failure:
            logger.warning("the volume takes data again after: %s", self.failure)
            self.failure = ""

    def _enter(self, step: str) -> None:
        self._step_since_ns = self._clock.mono_ns()
        self._step_name = step
