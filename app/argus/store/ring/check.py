"""The check: every checksum of a volume, read only, also while a station writes to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from argus.base.errors import Unavailable
from argus.store.ring import layout
from argus.store.ring.batch import payload_is_intact, scan
from argus.store.ring.records import HEADER, TRAILER, ChunkRow, decode_header, is_intact
from argus.store.ring.recovery import Recovered, recover
from argus.store.ring.segment import read_footer
from argus.store.ring.segments import Segment
from argus.store.ring.volume import FileDevice, Volume

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a volume holds and what is wrong with it; sound if `problems` is empty. Times in microseconds UTC."""

    path: str
    uuid: str
    size_bytes: int
    segment_bytes: int
    segments: int
    segments_used: int
    segments_sealed: int
    batches: int
    units: int
    verified_bytes: int
    tracks: int
    spans: int
    oldest_us: int | None
    newest_us: int | None
    problems: tuple[str, ...]


def check(path: Path, on_progress: OnProgress | None = None) -> Report:
    """Verify the volume at `path`; `on_progress(done, total)` counts segments.

    Raises:
        Unavailable: it cannot be read, or is not a volume of this program.
    """
    device = FileDevice.open(path, writable=False)
    try:
        return _Check(_open(device, path), str(path)).run(on_progress)
    except OSError as error:
        raise Unavailable("storage", f"{path} cannot be read: {error.strerror}") from error
    finally:
        device.close()


def _open(device: FileDevice, path: Path) -> Volume:
    try:
        return Volume.open(device)
    except Unavailable as error:
        raise Unavailable("storage", f"{path}: {error}") from error


@dataclass(slots=True)
class _Check:
    volume: Volume
    path: str
    problems: list[str] = field(default_factory=list)
    batches: int = 0
    units: int = 0
    verified_bytes: int = 0
    sealed: int = 0

    def run(self, on_progress: OnProgress | None) -> Report:
        self._superblocks()
        recovered = recover(self.volume)
        self.problems += recovered.problems
        used = recovered.index.segments.items()
        for number, (seq, segment) in enumerate(used, start=1):
            self._segment(seq, segment)
            if on_progress is not None:
                on_progress(number, len(used))
        return self._report(recovered)

    def _superblocks(self) -> None:
        geometry = self.volume.geometry
        if self.volume.device.size_bytes < geometry.size_bytes:
            self.problems.append(f"cut short: {self.volume.device.size_bytes} of {geometry.size_bytes} bytes are there")
        for offset in layout.SUPERBLOCK_OFFSETS:
            data = self.volume.device.read(offset, layout.SUPERBLOCK_BYTES)
            if not is_intact(data, layout.SUPERBLOCK_MAGIC):
                self.problems.append(f"the superblock at {offset} is damaged")

    def _segment(self, seq: int, segment: Segment) -> None:
        """Verify batches and footer of a segment, unless a running station gives it up meanwhile."""
        found: list[str] = []
        rows: list[ChunkRow] = []
        position = 0
        for batch in scan(self.volume, segment.slot, seq, 0, segment.used_bytes):
            if batch.offset != position:
                found.append(f"segment {seq}: no intact batch between {position} and {batch.offset}")
            if not payload_is_intact(self.volume, segment.slot, batch):
                found.append(f"segment {seq}: the payload of the batch at {batch.offset} is damaged")
            rows += batch.rows
            position = batch.end
            self.batches += 1
            self.units += sum(row.units for row in batch.rows)
            self.verified_bytes += batch.header.length
        if position < segment.used_bytes:
            found.append(f"segment {seq}: no intact batch between {position} and {segment.used_bytes}")
        found += self._footer(seq, segment, rows if not found else None)
        if found and not self._was_given_up(seq, segment):
            self.problems += found

    def _footer(self, seq: int, segment: Segment, rows: list[ChunkRow] | None) -> list[str]:
        if not segment.sealed:
            return []
        footer = read_footer(self.volume, segment.slot, seq)
        if footer is None:
            ends = self._trailer_points_to(segment.slot, segment.used_bytes)
            return [f"segment {seq}: the footer is damaged"] if ends else []
        self.sealed += 1
        same_place = self.volume.geometry.segment_bytes - footer[0].length == segment.used_bytes
        if rows is not None and same_place and footer[1].rows != rows:
            return [f"segment {seq}: the footer does not list what the batches hold"]
        return []

    def _trailer_points_to(self, slot: int, offset: int) -> bool:
        segment_bytes = self.volume.geometry.segment_bytes
        trailer = self.volume.read(slot, segment_bytes - TRAILER.size, TRAILER.size)
        return trailer == TRAILER.pack(layout.TRAILER_MAGIC, segment_bytes - offset)

    def _was_given_up(self, seq: int, segment: Segment) -> bool:
        head = decode_header(self.volume.read(segment.slot, 0, HEADER.size), layout.BATCH_MAGIC, self.volume.salt, None)
        return head is not None and head.seq > seq

    def _report(self, recovered: Recovered) -> Report:
        geometry = self.volume.geometry
        times = recovered.index.times()
        tracks = [track for track in recovered.index.tracks.values() if track.runs]
        return Report(
            path=self.path,
            uuid=str(self.volume.uuid),
            size_bytes=geometry.size_bytes,
            segment_bytes=geometry.segment_bytes,
            segments=geometry.data_segments,
            segments_used=len(recovered.index.segments),
            segments_sealed=self.sealed,
            batches=self.batches,
            units=self.units,
            verified_bytes=self.verified_bytes,
            tracks=len(tracks),
            spans=sum(len(track.runs) for track in tracks),
            oldest_us=times[0] if times else None,
            newest_us=times[1] if times else None,
            problems=tuple(self.problems),
        )
