"""Recovery: from the newest snapshot and what was written since to the state at the last flush."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from argus.store.ring import layout, snapshot
from argus.store.ring.batch import Batch, payload_is_intact, scan
from argus.store.ring.directories import Directories
from argus.store.ring.eviction import evictions
from argus.store.ring.index import Index
from argus.store.ring.plan import Front
from argus.store.ring.records import HEADER, MAX_LANES, MAX_NUMBER, ChunkRow, FormatRecord, Header, Mark, decode_header
from argus.store.ring.rows import Rows
from argus.store.ring.segment import Directory, OpenSegment, directory_of, read_directory, read_footer
from argus.store.ring.segments import Segment
from argus.store.ring.snapshot import State
from argus.store.ring.span import Deletion
from argus.store.ring.volume import Volume

# When a mark or a row of a track was written: span, ordinal, marks before rows, number.
_Moment = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """A volume as it was at the last flush. `problems` are sentences about damage that was passed over.

    `leftovers` are to be written before anything else, each at an offset of a slot: they void what a tick that was
    never finished left behind, so that nobody who finds it without an index takes it for footage.
    """

    index: Index
    front: Front
    generation: int
    tick: int
    announced: int
    pending: list[Deletion]
    written_us: int
    problems: list[str]
    leftovers: list[tuple[int, int, bytes]]


@dataclass(slots=True)
class _Tail:
    """A segment written since the snapshot, from `start` on: its footer if it has one, else its batches."""

    seq: int
    slot: int
    start: int = 0
    since_tick: int = 0
    footer: tuple[Header, Directory] | None = None
    batches: list[Batch] = field(default_factory=list)
    leftovers: list[Batch] = field(default_factory=list)

    @property
    def tick(self) -> int:
        return self.footer[0].tick if self.footer else max((batch.header.tick for batch in self.batches), default=0)

    @property
    def announced(self) -> int:
        return (
            self.footer[0].announced
            if self.footer
            else max((batch.header.announced for batch in self.batches), default=0)
        )

    @property
    def oldest_seq(self) -> int:
        if self.footer:
            return self.footer[0].oldest_seq
        return max((batch.header.oldest_seq for batch in self.batches), default=0)

    def read(self, volume: Volume, *, trust_footer: bool) -> None:
        """Find out what the segment holds."""
        self.footer = read_footer(volume, self.slot, self.seq) if trust_footer and self.start == 0 else None
        if self.footer is None:
            self.batches, self.leftovers = [], []
            for batch in scan(volume, self.slot, self.seq, self.start, volume.geometry.segment_bytes):
                # What an unfinished tick left behind an append point is known by its number.
                if batch.header.tick > self.since_tick:
                    self.batches.append(batch)
                else:
                    self.leftovers.append(batch)

    @property
    def lane(self) -> int:
        header = self.footer[0] if self.footer else self.batches[0].header
        return header.lane

    def rows(self) -> list[ChunkRow]:
        return self.footer[1].rows if self.footer else [row for batch in self.batches for row in batch.rows]

    def marks(self) -> list[Mark]:
        return self.footer[1].marks if self.footer else [mark for batch in self.batches for mark in batch.marks]

    def formats(self) -> list[FormatRecord]:
        if self.footer is None:
            return [record for batch in self.batches for record in batch.formats]
        return [FormatRecord(track, epoch, known) for (track, epoch), known in self.footer[1].formats.items()]

    def used_bytes(self, volume: Volume) -> int:
        if self.footer is not None:
            return volume.geometry.segment_bytes - self.footer[0].length
        return self.batches[-1].end if self.batches else self.start


def recover(volume: Volume) -> Recovered:
    """The state of a volume; it only reads. Damage is passed over and reported. Raises OSError."""
    state, damaged = snapshot.read_newest(volume)
    # The slot to be written next is torn by any cut of power during a snapshot: no damage, but perhaps a lost snapshot.
    next_slot = (state.generation + 1) % volume.geometry.snapshot_slots if state is not None else None
    problems = [f"snapshot slot {slot} is damaged" for slot in damaged if slot != next_slot]
    if state is None or not _is_possible(volume, state):
        problems.append("there is no intact snapshot; the index was rebuilt from the segments")
        state = State()
        tails = _newer_segments(volume, state, ())
    else:
        tails = _since(volume, state, look_beyond=bool(damaged))
    for tail in tails:
        tail.read(volume, trust_footer=True)
    # Also of what is dropped below: its number must not be used again.
    state.tick = max([state.tick, *(tail.tick for tail in tails)])
    in_doubt = bool(damaged or problems)
    if in_doubt:
        _drop_repeated(volume, tails)
    _drop_unfinished(volume, tails, problems)
    return _settle(volume, state, tails, problems, in_doubt=in_doubt or bool(problems))


def _is_possible(volume: Volume, state: State) -> bool:
    segments = state.index.segments.items()
    slots = [*state.intents, *(segment.slot for _, segment in segments)]
    for seq, segment in segments:
        whole_blocks = segment.used_bytes % layout.BLOCK_BYTES == 0
        if not (whole_blocks and segment.used_bytes <= volume.geometry.segment_bytes and seq < MAX_NUMBER):
            return False
    return len(slots) == len(set(slots)) and all(slot < volume.geometry.data_segments for slot in slots)


def _head(volume: Volume, slot: int) -> Header | None:
    """The first header in a slot."""
    return decode_header(volume.read(slot, 0, HEADER.size), layout.BATCH_MAGIC, volume.salt, None)


def _since(volume: Volume, state: State, *, look_beyond: bool) -> list[_Tail]:
    """The segment that was open at the snapshot, and those opened since in the intended slots.

    With `look_beyond` also those that a newer snapshot, now damaged, may have let into other slots. Such are there
    only if all intended slots were used, or numbers are found in them that another snapshot gave out.
    """
    tails = [
        _Tail(seq, segment.slot, segment.used_bytes, state.tick)
        for seq, segment in sorted(state.index.segments.items())
        if not segment.sealed
    ]
    intended = list(enumerate(state.intents, start=state.next_seq))
    heads = [_head(volume, slot) for _, slot in intended]
    opened = [place for place, (seq, _) in enumerate(intended) if _number(heads[place]) == seq]
    # One more than was seen: its first batch may be damaged.
    reached = opened[-1] + 2 if opened else 1
    tails += [_Tail(seq, slot) for seq, slot in intended[:reached]]
    others = [place for place in range(len(intended)) if place not in opened]
    if look_beyond and (not others or any(_number(heads[place]) >= state.next_seq for place in others)):
        tails += _newer_segments(volume, state, {intended[place][1] for place in opened})
    return sorted(tails, key=lambda tail: tail.seq)


def _number(header: Header | None) -> int:
    return header.seq if header is not None else -1


def _newer_segments(volume: Volume, state: State, known: Iterable[int]) -> list[_Tail]:
    """Segments anywhere on the volume that are newer than the snapshot, in order."""
    known_slots = set(known)
    tails: list[_Tail] = []
    for slot in range(volume.geometry.data_segments):
        if slot in known_slots:
            continue
        footer = read_footer(volume, slot, None) if (header := _head(volume, slot)) is None else None
        seq = footer[0].seq if footer is not None else _number(header)
        if seq >= state.next_seq:
            tails.append(_Tail(seq, slot))
    return sorted(tails, key=lambda tail: tail.seq)


def _drop_repeated(volume: Volume, tails: list[_Tail]) -> None:
    """A refused tick was written again elsewhere, as a lost snapshot would tell: the later one counts."""
    first: dict[tuple[int, int], int] = {}

    def is_repeated(row: ChunkRow) -> bool:
        return row.ordinal >= first.get((row.track, row.span), row.ordinal + 1)

    for tail in reversed(tails):
        if any(map(is_repeated, tail.rows())):
            tail.read(volume, trust_footer=False)
            tail.batches = [batch for batch in tail.batches if not any(map(is_repeated, batch.rows))]
        for row in tail.rows():
            first[row.track, row.span] = min(row.ordinal, first.get((row.track, row.span), row.ordinal))


def _drop_unfinished(volume: Volume, tails: list[_Tail], problems: list[str]) -> None:
    """Keep the last tick if all of its parts are there and intact; of the one before what is intact.

    Every tick below the last was flushed before the last began, so only the last can be torn.
    """
    last = max((tail.tick for tail in tails), default=0)
    for tail in tails:
        if tail.footer is not None and tail.tick >= last - 1:
            tail.read(volume, trust_footer=False)
    parts = [(tail, batch) for tail in tails for batch in tail.batches if batch.header.tick == last]
    finished = _is_whole([batch.header for _, batch in parts]) and all(
        payload_is_intact(volume, tail.slot, batch) for tail, batch in parts
    )
    for tail in tails:
        kept: list[Batch] = []
        position = tail.start
        for batch in tail.batches:
            if batch.offset != position:
                problems.append(f"segment {tail.seq}: no intact batch between {position} and {batch.offset}")
            position = batch.end
            if batch.header.tick == last:
                intact = finished
            else:
                intact = batch.header.tick < last - 1 or payload_is_intact(volume, tail.slot, batch)
                if not intact:
                    problems.append(f"segment {tail.seq}: the batch at {batch.offset} is damaged")
            if intact:
                kept.append(batch)
            elif batch.header.tick == last:
                tail.leftovers.append(batch)
        tail.batches = kept


def _void(volume: Volume, tail: _Tail) -> Iterator[tuple[int, int, bytes]]:
    """What makes the leftovers of a segment harmless: empty batches, which still tell what was announced."""
    for batch in tail.leftovers:
        empty = batch.header._replace(
            length=layout.BLOCK_BYTES,
            meta_bytes=0,
            rows=0,
            marks=0,
            part=0,
            lane_and_last=batch.header.lane | layout.LAST_PART,
            meta_crc=0,
        )
        yield tail.slot, batch.offset, empty.encode().ljust(layout.BLOCK_BYTES, b"\0")
        footer = read_footer(volume, tail.slot, tail.seq)
        if footer is not None and footer[0].tick == batch.header.tick:
            end = volume.geometry.segment_bytes - layout.BLOCK_BYTES
            yield tail.slot, end, bytes(layout.BLOCK_BYTES)


def _is_whole(headers: list[Header]) -> bool:
    """Whether these are all parts of a tick."""
    count = len(headers)
    expected = sorted(number & 0xFF for number in range(count))
    last = [header.part for header in headers if header.is_last_part]
    return sorted(header.part for header in headers) == expected and last == [(count - 1) & 0xFF]


def _settle(volume: Volume, state: State, tails: list[_Tail], problems: list[str], *, in_doubt: bool) -> Recovered:
    index = state.index
    rows = Rows(index, Directories(volume, index))
    pending = list(state.deletions)
    written = [tail for tail in tails if tail.footer is not None or tail.batches]
    slots = {tail.slot: tail.seq for tail in written}
    overtaken = [seq for seq, segment in index.segments.items() if slots.get(segment.slot, seq) != seq]
    pending += index.give_up(overtaken, evictions(index, rows, overtaken))
    for tail in written:
        state_of = Segment(tail.slot, tail.used_bytes(volume), True, tail.lane, tick=tail.tick)
        index.grow(tail.seq, state_of, tail.rows())
    _replay(state, written, pending)
    # Where the newest snapshot is lost: what was given up since must not come back.
    gone = _given_up(index, written)
    pending += index.give_up(gone, evictions(index, Rows(index, Directories(volume, index)), gone))
    _close_runs(state, written)
    announced = max([state.announced, *(tail.announced for tail in tails)])
    taken = index.segments.slots()
    next_seq = max([state.next_seq + len(state.intents), *(tail.seq + 1 for tail in tails)])
    # With the newest snapshot lost an unfinished tick may have used numbers of which no trace is found.
    next_seq += volume.geometry.data_segments if in_doubt else 0
    front = Front(
        open=_reopen(volume, index, tails),
        free=deque(slot for slot in state.intents if slot not in taken),
        next_seq=next_seq,
        next_span=state.next_span,
    )
    return Recovered(
        index=index,
        front=front,
        generation=state.generation,
        tick=state.tick,
        announced=announced,
        pending=[deletion for deletion in pending if deletion.number > announced],
        written_us=state.written_us,
        problems=problems,
        leftovers=[leftover for tail in tails for leftover in _void(volume, tail)],
    )


def _close_runs(state: State, tails: list[_Tail]) -> None:
    """Nothing is being recorded; and where a newer snapshot is lost, what a span followed may be, too."""
    lost = any(tail.seq >= state.next_seq + len(state.intents) for tail in tails)
    for track in state.index.tracks.values():
        for run in track.runs:
            run.growing = False
            run.follows = run.follows and not lost
        track.tail = None


def _given_up(index: Index, tails: list[_Tail]) -> list[int]:
    """Segments that no longer counted when the newest ones of their lane were written."""
    oldest: dict[int, int] = {}
    for tail in tails:
        oldest[tail.lane] = max(tail.oldest_seq, oldest.get(tail.lane, 0))
        for mark in tail.marks():
            if mark.kind == layout.MARK_REACH:
                oldest[mark.track] = max(mark.value, oldest.get(mark.track, 0))
    return [seq for seq, segment in index.segments.items() if seq < oldest.get(segment.lane, 0)]


def _replay(state: State, tails: list[_Tail], pending: list[Deletion]) -> None:
    """Do to the index what was done to it when the segments were written, track by track in order."""
    index = state.index
    steps: list[tuple[int, _Moment, _Tail, Mark | ChunkRow]] = []
    for tail in tails:
        for record in tail.formats():
            track = index.track(record.track)
            track.formats[record.epoch] = record.format
            track.next_epoch = max(track.next_epoch, record.epoch + 1)
        for mark in tail.marks():
            steps.append((mark.track, (mark.span, mark.ordinal, 0, mark.number), tail, mark))
        for row in tail.rows():
            steps.append((row.track, (row.span, row.ordinal, 1, 0), tail, row))
            state.next_span = max(state.next_span, row.span + 1)
    for _, _, tail, step in sorted(steps, key=lambda step: step[:2]):
        if isinstance(step, ChunkRow):
            index.add(tail.seq, tail.lane, step, growing=True)
        else:
            deletion = index.apply(tail.seq, step)
            if deletion is not None:
                pending.append(deletion)


def _reopen(volume: Volume, index: Index, tails: list[_Tail]) -> dict[int, OpenSegment]:
    """The newest segment of each lane, to go on where it ends, unless a footer closes it."""
    with index.lock:
        for seq, held in index.segments.items():
            if not held.sealed:
                index.segments[seq] = replace(held, sealed=True)
    found: dict[int, OpenSegment] = {}
    for lane in range(MAX_LANES):
        seq = index.segments.newest(lane)
        segment = index.segment(seq)
        if segment is None or read_footer(volume, segment.slot, seq) is not None:
            continue
        # What was read since the snapshot is known; where it began in the middle the rest is read again.
        known = next((tail for tail in tails if tail.seq == seq and tail.start == 0 and tail.footer is None), None)
        if known is not None:
            directory = directory_of(known.batches)
        else:
            directory = read_directory(volume, segment.slot, seq, segment.used_bytes)
        index.segments[seq] = replace(segment, sealed=False)
        found[lane] = OpenSegment(seq=seq, slot=segment.slot, position=segment.used_bytes, directory=directory)
        found[lane].learn_formats()
    return found
