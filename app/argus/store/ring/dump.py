"""The dump: structures of a volume as `layout.py` declares them, damage shown and passed over.

Nothing here knows a field that it only shows: what is declared is what is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias
from zlib import crc32

from construct import Array, Construct, ConstructError, Container, GreedyRange, Struct

from argus.store.ring import layout
from argus.store.ring.records import is_intact
from argus.store.ring.volume import BlockDevice, Volume

# Of a list or of bytes as much is shown as a person reads.
SHOWN_ITEMS = 32
SHOWN_BYTES = 64
SHOWN_BATCHES = 256
_MAGIC_BYTES = 4

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | int | float"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One structure: what it is, where it begins on the device, its fields, and what is wrong with it if anything."""

    title: str
    offset: int
    fields: Tree
    problem: str = ""


def superblocks(device: BlockDevice) -> Iterator[Part]:
    """Both copies, on a device that need not be a volume."""
    for offset in layout.SUPERBLOCK_OFFSETS:
        data = device.read(offset, layout.SUPERBLOCK_BYTES)
        yield _checked_part("superblock", offset, layout.SUPERBLOCK, data, layout.SUPERBLOCK_MAGIC)


def snapshots(volume: Volume) -> Iterator[Part]:
    """The header of every snapshot slot, then all of the newest that is whole."""
    newest: tuple[int, int, Container] | None = None
    for slot in range(volume.geometry.snapshot_slots):
        data = volume.read_snapshot(slot, 0, layout.SNAPSHOT_HEADER.sizeof())
        offset = layout.SNAPSHOTS_OFFSET + slot * volume.geometry.snapshot_bytes
        if not any(data):
            continue
        part = _checked_part(f"snapshot slot {slot}", offset, layout.SNAPSHOT_HEADER, data, layout.SNAPSHOT_MAGIC)
        yield part
        if not part.problem:
            header = layout.SNAPSHOT_HEADER.parse(data)
            if header.salt == volume.salt and (newest is None or header.generation > newest[2].generation):
                newest = slot, offset, header
    if newest is not None:
        slot, offset, header = newest
        data = volume.read_snapshot(slot, 0, layout.SNAPSHOT_HEADER.sizeof() + header.body_bytes)
        yield _part(f"snapshot {header.generation}", offset, layout.SNAPSHOT, data)


def segment(volume: Volume, slot: int) -> Iterator[Part]:
    """The batches of the segment in a slot in order, and its footer."""
    footer = _footer(volume, slot)
    position, end_of_last, shown, hidden = 0, 0, 0, 0
    seq = footer.seq if footer is not None else None
    while position < volume.geometry.segment_bytes:
        header = _header(volume, slot, position, layout.BATCH_MAGIC)
        # What was written before the slot was used anew has lower numbers.
        if header is None or (seq is not None and header.seq < seq):
            position += layout.BLOCK_BYTES
            continue
        seq = header.seq
        if position > end_of_last:
            yield _damage(volume, slot, end_of_last, position)
        shown += 1
        if shown <= SHOWN_BATCHES:
            yield _with_meta(volume, slot, position, header, "batch")
        else:
            hidden += 1
        position = end_of_last = position + max(header.length, layout.BLOCK_BYTES)
    if hidden:
        yield Part(title="more batches", offset=_place(volume, slot, end_of_last), fields={"count": hidden})
    if footer is not None and footer.seq == seq:
        yield _with_meta(volume, slot, volume.geometry.segment_bytes - footer.length, footer, "footer")


def _footer(volume: Volume, slot: int) -> Container | None:
    size = layout.TRAILER.sizeof()
    segment_bytes = volume.geometry.segment_bytes
    try:
        trailer = layout.TRAILER.parse(volume.read(slot, segment_bytes - size, size))
    except ConstructError:
        return None
    if not 0 < trailer.length <= segment_bytes:
        return None
    return _header(volume, slot, segment_bytes - trailer.length, layout.FOOTER_MAGIC)


def _header(volume: Volume, slot: int, offset: int, magic: bytes) -> Container | None:
    """The intact header of this volume at an offset of a slot."""
    data = volume.read(slot, offset, layout.HEADER.sizeof())
    if len(data) < layout.HEADER.sizeof() or not is_intact(data, magic):
        return None
    header = layout.HEADER.parse(data)
    return header if header.salt == volume.salt else None


def _with_meta(volume: Volume, slot: int, offset: int, header: Container, title: str) -> Part:
    """A header with the rows, marks and formats behind it."""
    data = volume.read(slot, offset + layout.HEADER.sizeof(), header.meta_bytes)
    whole = len(data) == header.meta_bytes and crc32(data) == header.meta_crc
    declared = Struct(
        "rows" / Array(header.rows, layout.CHUNK_ROW),
        "marks" / Array(header.marks, layout.MARK),
        "formats" / GreedyRange(layout.FORMAT_RECORD),
    )
    part = _part(f"{title} of segment {header.seq}", _place(volume, slot, offset), declared, data)
    meta = part.fields if isinstance(part.fields, dict) else {}
    return Part(
        title=part.title,
        offset=part.offset,
        fields={"header": _tree(header), **meta},
        problem=part.problem if whole else "the checksum of rows, marks and formats is wrong",
    )


def _damage(volume: Volume, slot: int, begin: int, end: int) -> Part:
    return Part(
        title="nothing intact",
        offset=_place(volume, slot, begin),
        fields={"bytes": end - begin},
        problem=f"no intact batch between {begin} and {end} of the segment",
    )


def _place(volume: Volume, slot: int, offset: int) -> int:
    geometry = volume.geometry
    return geometry.data_offset + slot * geometry.segment_bytes + offset


def _checked_part(title: str, offset: int, declared: Construct, data: bytes, magic: bytes) -> Part:
    part = _part(title, offset, declared, data)
    if part.problem or is_intact(data, magic):
        return part
    problem = "the checksum is wrong" if data[:4] == magic else f"it does not begin with {magic.decode()}"
    return Part(title=title, offset=offset, fields=part.fields, problem=problem)


def _part(title: str, offset: int, declared: Construct, data: bytes) -> Part:
    try:
        return Part(title=title, offset=offset, fields=_tree(declared.parse(data)))
    except (ConstructError, UnicodeDecodeError) as error:
        # The message of a library that names the place in its declaration, over several lines.
        problem = f"it cannot be parsed: {' '.join(str(error).split())}"
        return Part(title=title, offset=offset, fields={"begins": _tree(data)}, problem=problem)


def _tree(value: object) -> Tree:
    """What was parsed, cut to what is shown."""
    if isinstance(value, dict):
        return {str(name): _tree(item) for name, item in value.items() if not str(name).startswith("_")}
    if isinstance(value, list):
        shown = [_tree(item) for item in value[:SHOWN_ITEMS]]
        return [*shown, f"… and {len(value) - SHOWN_ITEMS} more"] if len(value) > SHOWN_ITEMS else shown
    if isinstance(value, bytes):
        if len(value) == _MAGIC_BYTES and value.isalpha():
            return value.decode()
        more = f"… {len(value)} bytes" if len(value) > SHOWN_BYTES else ""
        return value[:SHOWN_BYTES].hex() + more
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    return str(value)
