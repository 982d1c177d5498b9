"""A snapshot: the whole index and the slots that may be overwritten next, in one of the rotating slots of the head."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from zlib import crc32

from argus.store.ring import layout
from argus.store.ring.index import Index, Track
from argus.store.ring.label import decode_label, encode_label
from argus.store.ring.records import MAX_LANES, MAX_NUMBER, MAX_SPAN, checked, decode_formats, encode_format, is_intact
from argus.store.ring.run import Run
from argus.store.ring.segments import Segment
from argus.store.ring.span import Deletion
from argus.store.ring.volume import Volume, align

_HEADER = struct.Struct("<4sIQQQQQQqIIIIIIIIIIIqB11x")
_SEGMENT = struct.Struct("<QIIqqQQBB6x")
_TRACK = struct.Struct("<IIqqI")
_RUN = struct.Struct("<IIIBBHQQqqqQ")
_CHANGE = struct.Struct("<qQ")
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
            *(_encode_segment(seq, segment) for seq, segment in index.segments.items()),
            struct.pack(f"<{len(state.intents)}I", *state.intents),
            *(_encode_track(track) for track in tracks),
            *(encode_format(*record) for record in formats),
            *(_encode_run(run) for run in runs),
            *(_DELETION.pack(d.number, d.track_id, d.start_us, d.end_us) for d in state.deletions),
            *(_DECISION.pack(track_id, seq) for track_id, seq in index.decisions.items()),
        )
    )
    counts = (len(index.segments), len(state.intents), len(tracks), len(formats), len(runs))
    header = _header(state, salt, body, (*counts, len(state.deletions), len(index.decisions)))
    data = checked(header) + body
    return data.ljust(align(len(data)), b"\0")


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
        state.index.boot_span,
        state.index.boot,
        state.index.synchronized,
    )


def read_newest(volume: Volume) -> tuple[State | None, list[int]]:
    """The newest intact snapshot, and the slots with a damaged one that may have been newer."""
    headers: list[tuple[int, int, bytes]] = []
    damaged: list[int] = []
    for slot in range(volume.geometry.snapshot_slots):
        header = volume.read_snapshot(slot, 0, _HEADER.size)
        if len(header) < _HEADER.size or not any(header):
            continue
        if not is_intact(header, layout.SNAPSHOT_MAGIC):
            damaged.append(slot)
        elif _HEADER.unpack(header)[2] == volume.salt:
            # Others are what an earlier volume left on the medium.
            headers.append((_HEADER.unpack(header)[3], slot, header))
    for _, slot, header in sorted(headers, reverse=True):
        state = _read(volume, slot, header)
        if state is not None:
            return state, damaged
        damaged.append(slot)
    return None, damaged


def _read(volume: Volume, slot: int, header: bytes) -> State | None:
    """The snapshot behind an intact header."""
    fields = _HEADER.unpack(header)
    body_bytes, body_crc = fields[10], fields[11]
    if body_bytes > volume.geometry.snapshot_bytes - _HEADER.size:
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
    boot_span, boot, synchronized = fields[19:]
    if max(fields[3:8]) >= MAX_NUMBER or max(fields[9], boot_span) >= MAX_SPAN:
        raise ValueError("numbers that no recorder comes to")
    state = State(
        generation=fields[3],
        tick=fields[4],
        next_seq=fields[5],
        announced=fields[6],
        written_us=fields[8],
        next_span=fields[9],
    )
    state.index.next_number = fields[7]
    state.index.boot_span, state.index.boot, state.index.synchronized = boot_span, boot, bool(synchronized)
    view = memoryview(body)
    position = segments * _SEGMENT.size
    for seq, slot, used_bytes, t0_us, t1_us, bits, tick, lane, flags in _SEGMENT.iter_unpack(view[:position]):
        if lane >= MAX_LANES:
            raise ValueError(f"there is no lane {lane}")
        sealed = bool(flags & layout.SEALED)
        state.index.segments[seq] = Segment(slot, used_bytes, sealed, lane, t0_us, t1_us, bits, tick)
    state.intents = list(struct.unpack_from(f"<{intents}I", view, position))
    position += 4 * intents
    for _ in range(tracks):
        position = _decode_track(state.index, view, position)
    records, size = decode_formats(view[position:], formats)
    for record in records:
        state.index.track(record.track).formats[record.epoch] = record.format
    position += size
    for _ in range(runs):
        run, position = _decode_run(view, position)
        track = state.index.track(run.track_id)
        track.runs.append(run)
        track.unclear = track.unclear or not run.clean
    deletions_end = position + deletions * _DELETION.size
    for number, track_id, start_us, end_us in _DELETION.iter_unpack(view[position:deletions_end]):
        state.deletions.append(Deletion(number=number, track_id=track_id, start_us=start_us, end_us=end_us))
    decisions_end = deletions_end + decisions * _DECISION.size
    state.index.decisions.update(_DECISION.iter_unpack(view[deletions_end:decisions_end]))
    return state


def _encode_segment(seq: int, segment: Segment) -> bytes:
    flags = layout.SEALED if segment.sealed else 0
    times = segment.t0_us, segment.t1_us
    return _SEGMENT.pack(
        seq, segment.slot, segment.used_bytes, *times, segment.tracks, segment.tick, segment.lane, flags
    )


def _encode_track(track: Track) -> bytes:
    label = encode_label(track.label)
    head = _TRACK.pack(track.track_id, track.next_epoch, track.retention_us, track.deleted_until_us, len(label))
    return head + label


def _decode_track(index: Index, view: memoryview, position: int) -> int:
    track_id, next_epoch, retention_us, deleted_until_us, size = _TRACK.unpack_from(view, position)
    position += _TRACK.size
    track = index.track(track_id)
    track.next_epoch, track.retention_us, track.deleted_until_us = next_epoch, retention_us, deleted_until_us
    track.label = decode_label(bytes(view[position : position + size]))
    return position + int(size)


def _encode_run(run: Run) -> bytes:
    flags = (
        (layout.RUN_CLEAN if run.clean else 0)
        | (layout.RUN_FOLLOWS if run.follows else 0)
        | (layout.RUN_CUT_SHORT if run.cut_short else 0)
    )
    head = _RUN.pack(
        run.track_id,
        run.span,
        run.ordinal,
        run.lane,
        flags,
        len(run.changes),
        run.first_seq,
        run.last_seq,
        run.start_us,
        run.end_us,
        run.shift_us,
        run.size_bytes,
    )
    return b"".join((head, *(_CHANGE.pack(*change) for change in run.changes)))


def _decode_run(view: memoryview, position: int) -> tuple[Run, int]:
    track_id, span, ordinal, lane, flags, changes, *numbers = _RUN.unpack_from(view, position)
    first_seq, last_seq, start_us, end_us, shift_us, size_bytes = numbers
    position += _RUN.size
    end = position + changes * _CHANGE.size
    if end > len(view) or not changes or lane >= MAX_LANES:
        raise ValueError("a run passes the end of the snapshot, or has no format or no lane")
    run = Run(
        track_id=track_id,
        span=span,
        lane=lane,
        first_seq=first_seq,
        last_seq=last_seq,
        start_us=start_us,
        end_us=end_us,
        ordinal=ordinal,
        clean=bool(flags & layout.RUN_CLEAN),
        follows=bool(flags & layout.RUN_FOLLOWS),
        cut_short=bool(flags & layout.RUN_CUT_SHORT),
        shift_us=shift_us,
        size_bytes=size_bytes,
        changes=tuple(_CHANGE.iter_unpack(view[position:end])),
    )
    return run, end
