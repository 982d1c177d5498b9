"""Mistakes to plant into the ring at run time, one at a time, to see that the judge of crash states notices."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from unittest.mock import patch

from tests.crash.run import Tally, judge

from argus.store.ring import (
    batch,
    directories,
    layout,
    plan,
    reach,
    reader,
    records,
    recovery,
    ring,
    segment,
    snapshot,
    volume,
    writer,
)
from argus.store.ring.run import Run

STATES = 6_000
Plant = Callable[[], AbstractContextManager[object]]
Step = tuple[int, tuple[int, int, int, int], recovery._Tail, object]


def _replaced(target: object, name: str, value: object) -> Plant:
    return lambda: patch.object(target, name, value)


def _header_of_any_segment(data: records.BytesLike, magic: bytes, salt: int, seq: int | None) -> records.Header | None:
    return records.decode_header(data, magic, salt, None)


@contextmanager
def _sequence_ignored() -> Iterator[None]:
    with (
        patch.object(batch, "decode_header", _header_of_any_segment),
        patch.object(segment, "decode_header", _header_of_any_segment),
        patch.object(recovery, "decode_header", _header_of_any_segment),
    ):
        yield


@contextmanager
def _salt_ignored() -> Iterator[None]:
    genuine = records.decode_header

    def decode(data: records.BytesLike, magic: bytes, salt: int, seq: int | None) -> records.Header | None:
        found = bytes(data[8:16])
        return genuine(data, magic, int.from_bytes(found, "little"), seq)

    with (
        patch.object(batch, "decode_header", decode),
        patch.object(segment, "decode_header", decode),
        patch.object(recovery, "decode_header", decode),
    ):
        yield


def _trust_footers(volume_: volume.Volume, tails: list[recovery._Tail], problems: list[str]) -> None:
    """As the genuine one, but segments with a footer are believed."""
    footers = [tail for tail in tails if tail.footer is not None]
    genuine_drop_unfinished(volume_, [tail for tail in tails if tail not in footers], problems)


genuine_drop_unfinished = recovery._drop_unfinished


def _keep_torn_parts(volume_: volume.Volume, tails: list[recovery._Tail], problems: list[str]) -> None:
    """What is intact of the last tick is kept, whatever is missing before it."""
    for tail in tails:
        tail.read(volume_, trust_footer=False)
        tail.batches = [each for each in tail.batches if batch.payload_is_intact(volume_, tail.slot, each)]


def _snapshot_unchecked(volume_: volume.Volume, slot: int, header: bytes) -> snapshot.State | None:
    if header[:4] != layout.SNAPSHOT_MAGIC:
        return None
    fields = snapshot._HEADER.unpack(header)
    body = volume_.read_snapshot(slot, snapshot._HEADER.size, fields[10])
    try:
        return snapshot._decode(fields, body)
    except (ValueError, struct.error):
        return None


def _directory_of_any_footer(volume_: volume.Volume, slot: int, seq: int, used_bytes: int) -> segment.Directory:
    found = segment.read_footer(volume_, slot, seq)
    return found[1] if found else segment.directory_of(batch.scan(volume_, slot, seq, 0, used_bytes))


@contextmanager
def _stale_footer_believed() -> Iterator[None]:
    with (
        patch.object(recovery, "read_directory", _directory_of_any_footer),
        patch.object(directories, "read_directory", _directory_of_any_footer),
    ):
        yield


def _chunk_unchecked(volume_: volume.Volume, slot: int, row: records.ChunkRow) -> bytes | None:
    data = volume_.read(slot, row.offset, row.length)
    return data if len(data) == row.length else None


@contextmanager
def _payload_unchecked() -> Iterator[None]:
    unchecked = patch("argus.store.ring.reader.read_chunk", _chunk_unchecked)
    with patch.object(batch, "read_chunk", _chunk_unchecked), unchecked:
        yield


def _meta_unchecked(
    header: records.Header, meta: bytes
) -> tuple[list[records.ChunkRow], list[records.Mark], list[records.FormatRecord]] | None:
    rows_end = header.rows * records.CHUNK_ROW.size
    marks_end = rows_end + header.marks * records.MARK.size
    try:
        formats, _ = records.decode_formats(meta[marks_end:])
    except ValueError:
        return None
    return records.decode_rows(meta[:rows_end]), records.decode_marks(meta[rows_end:marks_end]), formats


@contextmanager
def _meta_checksum_ignored() -> Iterator[None]:
    with patch.object(batch, "decode_meta", _meta_unchecked), patch.object(segment, "decode_meta", _meta_unchecked):
        yield


def _no_flush_before_snapshot() -> AbstractContextManager[object]:
    """The flush of a tick is left to the snapshot, where one follows."""
    genuine = writer.Writer._flush

    def flush(self: writer.Writer) -> None:
        soon = len(self._front.free) <= self._volume.geometry.lot // 2 + 1
        if self._step_name != "write" or not soon:
            genuine(self)

    return patch.object(writer.Writer, "_flush", flush)


def _reuse_before_snapshot() -> AbstractContextManager[object]:
    """Freed slots are written to although no snapshot says so yet."""
    genuine = writer.Writer._stage

    def reclaim(self: writer.Writer) -> None:
        genuine(self)
        self._front.free.extend(self._staged)
        self._staged.clear()
        self._unannounced += self._staged_deletions
        self._staged_deletions.clear()
        self._snapshot_due = len(self._front.free) % 3 == 0

    return patch.object(writer.Writer, "_reclaim", reclaim)


def _announce_late() -> AbstractContextManager[object]:
    """Deletions are told with the step after the one that may overwrite."""
    genuine = writer.Writer._to_announce

    def to_announce(self: writer.Writer) -> list[object]:
        found = genuine(self)
        return list(found) if self._tick % 4 == 0 else []

    return patch.object(writer.Writer, "_to_announce", to_announce)


def _announced_forgotten() -> AbstractContextManager[object]:
    """Deletions not yet told are left out of the snapshot."""
    genuine = snapshot.encode

    def encode(state: snapshot.State, salt: int) -> bytes:
        state.deletions = []
        return genuine(state, salt)

    return patch.object(snapshot, "encode", encode)


def _retire_nothing() -> AbstractContextManager[object]:
    """After a refused write the same pages are written again."""
    return patch.object(writer.Writer, "_retire", lambda self, plan: None)


def _marks_lost() -> AbstractContextManager[object]:
    """Recovery reads footage, and no decisions."""

    def marks(self: recovery._Tail) -> list[records.Mark]:
        return [mark for mark in genuine(self) if mark.kind != layout.MARK_CUT]

    genuine = recovery._Tail.marks
    return patch.object(recovery._Tail, "marks", marks)


def _one_slot() -> AbstractContextManager[object]:
    return patch.object(volume.Volume, "_snapshot", lambda self, slot: layout.SNAPSHOTS_OFFSET)


def _no_sync_at_start() -> AbstractContextManager[object]:
    genuine = ring.Ring.__init__

    def init(self: ring.Ring, volume_: volume.Volume, *rest: object) -> None:
        with patch.object(volume_, "sync", lambda: None):
            genuine(self, volume_, *rest)  # type: ignore[arg-type]

    return patch.object(ring.Ring, "__init__", init)


def _evict_youngest() -> AbstractContextManager[object]:
    """Intents in the wrong order: the number of a segment no longer tells its slot."""
    genuine = snapshot.encode

    def encode(state: snapshot.State, salt: int) -> bytes:
        state.intents = state.intents[::-1]
        return genuine(state, salt)

    return patch.object(snapshot, "encode", encode)


def _void_batches_alone(volume_: volume.Volume, tail: recovery._Tail) -> Iterator[tuple[int, int, bytes]]:
    """As the genuine one, but the footers of unfinished ticks stay."""
    return (leftover for leftover in genuine_void(volume_, tail) if any(leftover[2]))


genuine_void = recovery._void


def _leftovers_believed() -> AbstractContextManager[object]:
    """What lies behind an append point is footage, whatever its number says."""
    genuine = recovery._Tail.read

    def read(self: recovery._Tail, volume_: volume.Volume, *, trust_footer: bool) -> None:
        self.since_tick = 0
        genuine(self, volume_, trust_footer=trust_footer)

    return patch.object(recovery._Tail, "read", read)


def _tick_used_again() -> AbstractContextManager[object]:
    """The number of a tick that was dropped is given out again."""
    genuine = recovery.recover

    def recover(volume_: volume.Volume) -> recovery.Recovered:
        found = genuine(volume_)
        return replace(found, tick=max((held.tick for _, held in found.index.segments.items()), default=0))

    return patch.object(ring, "recover", recover)


def _replayed(key: Callable[[Step], object]) -> Plant:
    """Recovery does to the index what was done to it, in another order."""

    def in_order(items: Iterable[object], **by: object) -> list[object]:
        found = list(items)
        if found and isinstance(found[0], tuple) and len(found[0]) == 4:
            return sorted(found, key=key)  # type: ignore[arg-type]
        return sorted(found, **by)  # type: ignore[call-overload,no-any-return]

    return lambda: patch.object(recovery, "sorted", in_order, create=True)


def _always_goes_on(run: Run, following: Run) -> bool:
    return following.follows


def _follows_always() -> AbstractContextManager[object]:
    """Every span says that it goes on where the one before it ended."""
    genuine = batch.ChunkBuilder

    def build(*args: object, follows: bool) -> batch.ChunkBuilder:
        return genuine(*args, follows=True)  # type: ignore[arg-type]

    return patch.object(plan, "ChunkBuilder", build)


# Not among them: the checksum of a batch header. A header never tears, being less than a sector; bits that flip in it
# are in tests/unit/store/test_recovery.py. Nor decisions replayed after all footage: unless the clock was set back in
# between, footage that was recorded later lies behind the time of a cut anyway.
MUTANTS: dict[str, Plant] = {
    "no flush at all": _replaced(volume.Volume, "sync", lambda self: None),
    "no flush at start": _no_sync_at_start,
    "no flush before a snapshot": _no_flush_before_snapshot,
    "slots reused before a snapshot": _reuse_before_snapshot,
    "intents out of order": _evict_youngest,
    "tail of the open segment unverified": _replaced(recovery, "payload_is_intact", lambda *_: True),
    "tail of a closed segment unverified": _replaced(recovery, "_drop_unfinished", _trust_footers),
    "parts of a torn tick kept": _replaced(recovery, "_drop_unfinished", _keep_torn_parts),
    "one snapshot slot": _one_slot,
    "snapshot checksum ignored": _replaced(snapshot, "_read", _snapshot_unchecked),
    "segment number ignored": _sequence_ignored,
    "salt ignored": _salt_ignored,
    "directory checksum ignored": _meta_checksum_ignored,
    "payload checksum ignored": _payload_unchecked,
    "stale footer believed": _stale_footer_believed,
    "segments given up come back": _replaced(records.Header, "oldest_seq", 0),
    "a refused tick read twice": _replaced(recovery, "_drop_repeated", lambda *_: None),
    "deletions told late": _announce_late,
    "deletions not yet told forgotten": _announced_forgotten,
    "cuts lost": _marks_lost,
    "refused pages written again": _retire_nothing,
    "part of a tick kept, another missing": _replaced(recovery, "_is_whole", lambda *_: True),
    "leftovers not voided": _replaced(recovery, "_void", lambda *_: iter(())),
    "footer of an unfinished tick kept": _replaced(recovery, "_void", _void_batches_alone),
    "leftovers behind an append point believed": _leftovers_believed,
    "number of a dropped tick used again": _tick_used_again,
    "reach of a lane not told": _replaced(reach.Reach, "marks", lambda self, oldest, next_seq: []),
    "lane of a segment forgotten": _replaced(recovery._Tail, "lane", 0),
    "replayed in the order of segments": _replayed(lambda step: step[2].seq),
    "decisions replayed before footage": _replayed(lambda step: (step[1][2], step[1])),
    "spans joined over lost footage": _replaced(reader, "_goes_on", _always_goes_on),
    "spans joined over gaps": _follows_always,
}


def judge_mutant(name: str) -> Tally:
    """Judge the ring with one mistake planted, until it is noticed; without a name the genuine one."""
    with MUTANTS[name]() if name else nullcontext():
        return judge(STATES, share=0.15, stop_at=1 if name else None)
