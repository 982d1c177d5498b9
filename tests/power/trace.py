"""What a block trace tells: amplification, flushes, sizes, wear, and which writes the wear comes from."""

from __future__ import annotations

import fcntl
import os
import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.power.card import PAGE_BYTES, AllocationUnitCard, PageCard
from tests.power.write_log import Entry

Region = Callable[[int], str]
MIB = 1 << 20
# Size of an AU in MiB, and how many of them the card keeps open.
CARDS = ((4, 1), (4, 2), (4, 5), (4, 10), (16, 2))
_EDGE_NS = 2_000_000_000
_FIEMAP, _EXTENT = 0xC020660B, struct.Struct("<QQQQQIIII")
_FIEMAP_HEAD = struct.Struct("<QQIIII")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Bytes of a file that lie together on the device."""

    logical: int
    physical: int
    size: int


@dataclass(slots=True)
class Trace:
    """Figures of the entries within a window of time; those before it only bring the model cards into their state."""

    seconds: float
    video_bytes: int
    written_bytes: int = 0
    writes: int = 0
    flushes: int = 0
    by_region: Counter[str] = field(default_factory=Counter)
    writes_by_region: Counter[str] = field(default_factory=Counter)
    wear: dict[str, float] = field(default_factory=dict)
    copied: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def flush_rate(self) -> float:
        """Flushes per second, without those of starting and stopping."""
        return self.flushes / (self.seconds - 2 * _EDGE_NS / 1e9)

    @property
    def amplification(self) -> float:
        return self.written_bytes / self.video_bytes

    @property
    def mean_write_kib(self) -> float:
        return self.written_bytes / 1024 / max(1, self.writes)


def analyse(
    entries: Iterable[Entry], window_ns: tuple[int, int], video_bytes: int, size_bytes: int, region: Region
) -> Trace:
    """Count a window of a trace and feed the models with all of it."""
    trace = Trace((window_ns[1] - window_ns[0]) / 1e9, video_bytes)
    cards = {f"{unit} MiB AU, {open_} open": AllocationUnitCard(unit * MIB, open_) for unit, open_ in CARDS}
    paged = PageCard(size_bytes)
    inside = False
    steady_ns = (window_ns[0] + _EDGE_NS, window_ns[1] - _EDGE_NS)
    for entry in entries:
        if entry.is_flush and steady_ns[0] < entry.mono_ns <= steady_ns[1]:
            trace.flushes += 1
        if entry.mono_ns > window_ns[1]:
            break
        if not inside and entry.mono_ns >= window_ns[0]:
            inside = True
            for card in (*cards.values(), paged):
                card.reset()
        if inside and not entry.is_flush:
            _count(trace, entry, region)
        for card in cards.values():
            if entry.is_flush:
                card.flush()
            else:
                card.write(entry.offset, entry.size, region(entry.offset))
        if not entry.is_flush:
            paged.write(entry.offset, entry.size)
    for name, card in cards.items():
        trace.wear[name] = card.programmed_bytes / video_bytes
        trace.copied[name] = card.copied
    trace.wear["page-mapped, 7 % spare"] = paged.programmed_bytes / video_bytes
    return trace


def _count(trace: Trace, entry: Entry, region: Region) -> None:
    trace.writes += 1
    trace.written_bytes += entry.size
    trace.by_region[region(entry.offset)] += entry.size
    trace.writes_by_region[region(entry.offset)] += 1


def explain(trace: Trace, card: str) -> list[str]:
    """Lines that tell where bytes and wear come from."""
    lines = [
        f"{name}: {size / MIB:.2f} MiB in {trace.writes_by_region[name]} writes ({size / trace.video_bytes:.4f})"
        for name, size in trace.by_region.most_common()
    ]
    lines += [
        f"{card}: {pages * PAGE_BYTES / trace.video_bytes:.4f} copied because of {cause}"
        for cause, pages in trace.copied[card].most_common(8)
    ]
    return lines


def extents(path: Path) -> list[Extent]:
    """Where the bytes of a file lie on its device.   linux/fiemap.h"""
    count = 400
    request = bytearray(_FIEMAP_HEAD.pack(0, 1 << 62, 1, 0, count, 0) + bytes(count * _EXTENT.size))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _FIEMAP, request)
    finally:
        os.close(descriptor)
    mapped = _FIEMAP_HEAD.unpack_from(request)[3]
    found = [_EXTENT.unpack_from(request, _FIEMAP_HEAD.size + n * _EXTENT.size) for n in range(mapped)]
    return [Extent(logical=logical, physical=physical, size=size) for logical, physical, size, *_ in found]


def inside_file(mapped: list[Extent], region: Region) -> Region:
    """The region of a device offset, by the region of the file's offset that lies there."""
    by_place = sorted(mapped, key=lambda extent: extent.physical)
    starts = [extent.physical for extent in by_place]

    def of(offset: int) -> str:
        number = bisect_right(starts, offset) - 1
        if number >= 0 and offset < starts[number] + by_place[number].size:
            return region(offset - starts[number] + by_place[number].logical)
        return "file system"

    return of
