"""A snapshot: the whole index and the slots that may be overwritten next, in one of the rotating slots of the head."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from zlib import crc32

from argus.store import layout
from argus.store.index import Index, Segment
from argus.store.records import checked, decode_formats, encode_format, is_intact
from argus.store.run import Run
from argus.store.span import Deletion
from argus.store.volume import Volume

_HEADER = struct.Struct("<4sIQQQQQQqIIIIIIIIII24x")
_SEGMENT = struct.Struct("<QIIQ")
_TRACK = struct.Struct("<IIqq")
_RUN = struct.Struct("<IIIII4xqq")
_DELETION = struct.Struct("<QI4xqq")
_DECISION = struct.Struct("<I4xQ")


@dataclass(slots=True, kw_only=True)
class State:
    """What a snapshot holds. `generation` 0 is none at all."""

    generation: int = 0
    tick: int = 0
    next_seq: int = 1
    next_span: int = 1
    announced: int = 0
    written_us: int = 0
    index: Index = field(default_factory=Index)
    intents: list[int] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)


def encode(state: State, salt: int) -> bytes:
    """The bytes of a snapshot. Belongs to the thread that changes the index, and keeps readers waiting for nothing."""
    index = state.index
    with index.lock:
        tracks = list(index.tracks.values())
    runs = [run for track in tracks for run in track.runs]
    formats = [(track.track_id, epoch, known) for track in tracks for epoch, known in track.formats.items()]
    body = b"".join(
        (
            *(
                _SEGMENT.pack(seq, segment.slot, segment.used_bytes, layout.SEALED if segment.sealed else 0)
                for seq, segment in sorted(index.segments.items())
            ),
            struct.pack(f"<{len(state.intents)}I", *state.intents),
            *(_TRACK.pack(t.track_id, t.next_epoch, t.retention_us, t.deleted_until_us) for t in tracks),
            *(encode_format(*record) for record in formats),
            *(part for run in runs for part in _encode_run(run)),
            *(_DELETION.pack(d.number, d.track_id, d.start_us, d.end_us) for d in state.deletions),
            *(_DECISION.pack(track_id, seq) for track_id, seq in index.decisions.items()),
        )
    )
    counts = (len(index.segments), len(state.intents), len(tracks), len(formats), len(runs))
    header = _header(state, salt, body, (*counts, len(state.deletions), len(index.decisions)))
    return checked(header) + body


def _header(state: State, salt: int, body: bytes, counts: tuple[int, ...]) -> bytes:
    return _HEADER.pack(
        layout.SNAPSHOT_MAGIC,
        0,
        salt,
        state.generation,
        state.tick,
        state.next_seq,
        state.announced,
        state.index.next_number,
        state.written_us,
        state.next_span,
        len(body),
        crc32(body),
        *counts,
    )


def read_newest(volume: Volume) -> tuple[State | None, int]:
    """The newest intact snapshot, and how many slots hold a damaged one."""
    found: State | None = None
    damaged = 0
    for slot in range(volume.geometry.snapshot_slots):
        header = volume.read_snapshot(slot, 0, _HEADER.size)
        if len(header) < _HEADER.size or not any(header):
            continue
        state = _read(volume, slot, header)
        if state is None:
            damaged += 1
        elif found is None or state.generation > found.generation:
            found = state
    return found, damaged


def _read(volume: Volume, slot: int, header: bytes) -> State | None:
    if not is_intact(header, layout.SNAPSHOT_MAGIC):
        return None
    fields = _HEADER.unpack(header)
    salt, body_bytes, body_crc = fields[2], fields[10], fields[11]
    if salt != volume.salt or body_bytes > volume.geometry.snapshot_bytes - _HEADER.size:
        return None
    body = volume.read_snapshot(slot, _HEADER.size, body_bytes)
    if len(body) != body_bytes or crc32(body) != body_crc:
        return None
    try:
        return _decode(fields, body)
    except (ValueError, struct.error):
        return None


def _decode(fields: tuple[int, ...], body: bytes) -> State:
    segments, intents, tracks, formats, runs, deletions, decisions = fields[12:19]
    state = State(
        generation=fields[3],
        tick=fields[4],
        next_seq=fields[5],
        announced=fields[6],
        written_us=fields[8],
        next_span=fields[9],
    )
    state.index.next_number = fields[7]
    view = memoryview(body)
    position = segments * _SEGMENT.size
    for seq, slot, used_bytes, flags in _SEGMENT.iter_unpack(view[:position]):
        state.index.segments[seq] = Segment(slot, used_bytes, bool(flags & layout.SEALED))
    state.intents = list(struct.unpack_from(f"<{intents}I", view, position))
    position += 4 * intents
    for _ in range(tracks):
        track_id, next_epoch, retention_us, deleted_until_us = _TRACK.unpack_from(view, position)
        track = state.index.track(track_id)
        track.next_epoch, track.retention_us = next_epoch, retention_us
        track.deleted_until_us = deleted_until_us
        position += _TRACK.size
    records, size = decode_formats(view[position:], formats)
    for record in records:
        state.index.track(record.track).formats[record.epoch] = record.format
    position += size
    for _ in range(runs):
        run, position = _decode_run(view, position)
        state.index.track(run.track_id).runs.append(run)
    deletions_end = position + deletions * _DELETION.size
    for number, track_id, start_us, end_us in _DELETION.iter_unpack(view[position:deletions_end]):
        state.deletions.append(Deletion(number=number, track_id=track_id, start_us=start_us, end_us=end_us))
    decisions_end = deletions_end + decisions * _DECISION.size
    state.index.decisions.update(_DECISION.iter_unpack(view[deletions_end:decisions_end]))
    return state


def _encode_run(run: Run) -> Iterable[bytes]:
    pieces, changes = len(run.seqs), len(run.change_us)
    yield _RUN.pack(run.track_id, run.span, run.ordinal, pieces, changes, run.start_us, run.end_us)
    for numbers in (run.seqs, run.starts_us, run.keys_us, run.change_us, run.change_epoch):
        yield _little_endian(numbers).tobytes()


def _decode_run(view: memoryview, position: int) -> tuple[Run, int]:
    track_id, span, ordinal, pieces, changes, start_us, end_us = _RUN.unpack_from(view, position)
    run = Run(track_id=track_id, span=span, ordinal=ordinal, start_us=start_us, end_us=end_us)
    position += _RUN.size
    for numbers, count in (
        (run.seqs, pieces),
        (run.starts_us, pieces),
        (run.keys_us, pieces),
        (run.change_us, changes),
        (run.change_epoch, changes),
    ):
        read = array("q", bytes(view[position : position + 8 * count]))
        if len(read) != count:
            raise ValueError("a run passes the end of the snapshot")
        numbers.extend(_little_endian(read))
        position += 8 * count
    return run, position


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return numbers
    swapped = array("q", numbers)
    swapped.byteswap()
    return swapped
