"""Recovery: from the newest snapshot and what was written since to the state at the last flush."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from argus.store import layout, snapshot
from argus.store.batch import Batch, payload_is_intact, scan
from argus.store.index import Index, Segment
from argus.store.plan import Lane
from argus.store.records import HEADER, ChunkRow, FormatRecord, Header, Mark, decode_header
from argus.store.segment import Directory, OpenSegment, directory_of, read_directory, read_footer
from argus.store.snapshot import State
from argus.store.span import Deletion
from argus.store.volume import Volume

Group = tuple[Iterable[Mark], Iterable[ChunkRow], Iterable[FormatRecord]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """A volume as it was at the last flush. `problems` are sentences about damage that was passed over."""

    index: Index
    lane: Lane
    generation: int
    tick: int
    announced: int
    pending: list[Deletion]
    written_us: int
    problems: list[str]


@dataclass(slots=True)
class _Tail:
    """A segment written since the snapshot, from `start` on: its footer if it has one, else its batches."""

    seq: int
    slot: int
    start: int = 0
    footer: tuple[Header, Directory] | None = None
    batches: list[Batch] = field(default_factory=list)

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
            self.batches = list(scan(volume, self.slot, self.seq, self.start, volume.geometry.segment_bytes))

    def rows(self) -> list[ChunkRow]:
        return self.footer[1].rows if self.footer else [row for batch in self.batches for row in batch.rows]

    def groups(self) -> Iterator[Group]:
        """What it holds in the order it was written."""
        if self.footer is None:
            for batch in self.batches:
                yield batch.marks, batch.rows, batch.formats
            return
        directory, done = self.footer[1], 0
        formats = [FormatRecord(track, epoch, known) for (track, epoch), known in directory.formats.items()]
        yield (), (), formats
        for mark in directory.marks:
            yield (), directory.rows[done : mark.position], ()
            yield (mark,), (), ()
            done = max(done, mark.position)
        yield (), directory.rows[done:], ()

    def used_bytes(self, volume: Volume) -> int:
        if self.footer is not None:
            return volume.geometry.segment_bytes - self.footer[0].length
        return self.batches[-1].end if self.batches else self.start


def recover(volume: Volume) -> Recovered:
    """The state of a volume; it only reads. Damage is passed over and reported. Raises OSError."""
    state, damaged = snapshot.read_newest(volume)
    problems = [f"snapshot slots torn or damaged: {damaged}"] if damaged else []
    if state is None or not _is_possible(volume, state):
        problems.append("there is no intact snapshot; the index was rebuilt from the segments")
        state = State()
        tails = _newer_segments(volume, state, ())
    else:
        tails = _since(volume, state, look_beyond=damaged > 0)
    for tail in tails:
        tail.read(volume, trust_footer=True)
    if problems:
        _drop_repeated(volume, tails)
    _drop_unfinished(volume, tails, problems)
    return _settle(volume, state, tails, problems)


def _is_possible(volume: Volume, state: State) -> bool:
    slots = [*state.intents, *(segment.slot for segment in state.index.segments.values())]
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
        _Tail(seq, segment.slot, segment.used_bytes)
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
    """Keep of the last tick what is whole from its first part on; of the one before what is intact.

    Every tick below the last was flushed before the last began, so only the last can be torn.
    """
    last = max((tail.tick for tail in tails), default=0)
    for tail in tails:
        if tail.footer is not None and tail.tick >= last - 1:
            tail.read(volume, trust_footer=False)
    expected, torn = 0, False
    for tail in tails:
        kept: list[Batch] = []
        position = tail.start
        for batch in tail.batches:
            if batch.offset != position:
                problems.append(f"segment {tail.seq}: no intact batch between {position} and {batch.offset}")
            position = batch.end
            intact = batch.header.tick < last - 1 or payload_is_intact(volume, tail.slot, batch)
            if batch.header.tick == last:
                torn = torn or not intact or batch.header.part != expected
                expected += 1
                intact = not torn
            elif not intact:
                problems.append(f"segment {tail.seq}: the batch at {batch.offset} is damaged")
            if intact:
                kept.append(batch)
        tail.batches = kept


def _settle(volume: Volume, state: State, tails: list[_Tail], problems: list[str]) -> Recovered:
    index = state.index
    pending = list(state.deletions)
    for tail in tails:
        if tail.footer is not None or tail.batches:
            overtaken = [
                seq for seq, segment in index.segments.items() if segment.slot == tail.slot and seq != tail.seq
            ]
            pending += index.evict(overtaken)
            index.segments[tail.seq] = Segment(tail.slot, tail.used_bytes(volume), sealed=True)
            _replay(state, tail, pending)
    # Where the newest snapshot is lost: what was given up since must not come back.
    oldest_seq = max((tail.oldest_seq for tail in tails), default=0)
    pending += index.evict([seq for seq in index.segments if seq < oldest_seq])
    for track in index.tracks.values():
        for run in track.runs:
            run.growing = False
        track.tail = None
    announced = max([state.announced, *(tail.announced for tail in tails)])
    taken = {segment.slot for segment in index.segments.values()}
    next_seq = max([state.next_seq + len(state.intents), *(tail.seq + 1 for tail in tails)])
    # With the newest snapshot lost an unfinished tick may have used numbers of which no trace is found.
    next_seq += volume.geometry.data_segments if problems else 0
    lane = Lane(
        open=_reopen(volume, index, tails),
        free=deque(slot for slot in state.intents if slot not in taken),
        next_seq=next_seq,
        next_span=state.next_span,
    )
    return Recovered(
        index=index,
        lane=lane,
        generation=state.generation,
        tick=max([state.tick, *(tail.tick for tail in tails)]),
        announced=announced,
        pending=[deletion for deletion in pending if deletion.number > announced],
        written_us=state.written_us,
        problems=problems,
    )


def _replay(state: State, tail: _Tail, pending: list[Deletion]) -> None:
    """Do to the index what was done to it when the segment was written."""
    index = state.index
    for marks, rows, formats in tail.groups():
        for mark in marks:
            deletion = index.apply(tail.seq, mark)
            if deletion is not None:
                pending.append(deletion)
        for record in formats:
            track = index.track(record.track)
            track.formats[record.epoch] = record.format
            track.next_epoch = max(track.next_epoch, record.epoch + 1)
        for row in rows:
            index.add(tail.seq, row, growing=True)
            state.next_span = max(state.next_span, row.span + 1)


def _reopen(volume: Volume, index: Index, tails: list[_Tail]) -> OpenSegment | None:
    """The newest segment, to go on where it ends, unless a footer closes it."""
    for older, held in index.segments.items():
        index.segments[older] = Segment(held.slot, held.used_bytes, sealed=True)
    seq = max(index.segments, default=None)
    if seq is None:
        return None
    segment = index.segments[seq]
    if read_footer(volume, segment.slot, seq) is not None:
        return None
    # What was read since the snapshot is known; where it began in the middle the rest is read again.
    known = next((tail for tail in tails if tail.seq == seq and tail.start == 0 and tail.footer is None), None)
    if known is not None:
        directory = directory_of(known.batches)
    else:
        directory = read_directory(volume, segment.slot, seq, segment.used_bytes)
    index.segments[seq] = Segment(segment.slot, segment.used_bytes, sealed=False)
    reopened = OpenSegment(seq=seq, slot=segment.slot, position=segment.used_bytes, directory=directory)
    reopened.learn_formats()
    return reopened
