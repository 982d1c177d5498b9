"""A reader of MP4 boxes that shares nothing with the writer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"udta", b"moof", b"traf", b"mfra", b"dinf"}


@dataclass
class Box:
    kind: bytes
    offset: int
    content: bytes

    def children(self) -> list[Box]:
        return list(boxes(self.content, self.offset + 8)) if self.kind in CONTAINERS else []

    def find(self, *path: bytes) -> Box:
        """The first box at a path below this one."""
        box = self
        for kind in path:
            box = next(child for child in box.children() if child.kind == kind)
        return box


def boxes(data: bytes, offset: int = 0) -> Iterator[Box]:
    """Boxes that fill `data` exactly."""
    position = 0
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        assert 8 <= size <= len(data) - position, f"{kind} of {size} bytes in {len(data) - position}"
        yield Box(kind, offset + position, data[position + 8 : position + size])
        position += size


@dataclass
class Sample:
    track: int
    entry: int
    time: int
    duration: int
    key: bool
    data: bytes


def samples(file: bytes) -> list[Sample]:
    """Every sample of a fragmented file, where its fragment says that it is."""
    found = []
    for box in boxes(file):
        if box.kind != b"moof":
            continue
        track, entry = struct.unpack_from(">II", box.find(b"traf", b"tfhd").content, 4)
        (time,) = struct.unpack_from(">Q", box.find(b"traf", b"tfdt").content, 4)
        run = box.find(b"traf", b"trun").content
        count, offset = struct.unpack_from(">Ii", run, 4)
        place = box.offset + offset
        for duration, size, flags in struct.iter_unpack(">III", run[12:]):
            found.append(Sample(track, entry, time, duration, flags == 0x02000000, file[place : place + size]))
            time += duration
            place += size
        assert len(run) == 12 + 12 * count
    return found
