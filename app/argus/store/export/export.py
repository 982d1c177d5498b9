"""The export: footage of a volume as an MP4 file, while a station may be recording on it."""

from __future__ import annotations

import errno
import heapq
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import BinaryIO

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.errors import Conflict, NotFound, NotSupported, Unavailable
from argus.base.units import to_iso
from argus.linux import files
from argus.linux.os_error import reason
from argus.store.export.mp4 import Mp4Writer, has_place
from argus.store.ring.archive import Archive

OnProgress = Callable[[int, int], None]

# Where every group of pictures is a single one, and their rate is not known.
_LONGEST_STEP_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Footage that was there when the export began and could not be read when its turn came."""

    track_id: int
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What went into the file: times of its first and its last unit, and what is missing in between.

    `left_out` are tracks whose format has no place in such a file.
    """

    start_us: int
    end_us: int
    duration_us: int
    units: int
    size_bytes: int
    holes: tuple[Hole, ...]
    left_out: tuple[int, ...]


def export(
    archive: Archive,
    track_ids: Collection[int],
    from_us: int,
    until_us: int,
    path: Path,
    on_progress: OnProgress | None = None,
) -> Exported:
    """Write what the tracks hold between two times into a new file at `path`.

    It begins with the clean point at or before `from_us`, unless that is older than the retention. It gets its name
    once it is complete; nothing is left of one that is not. `on_progress(done, total)` counts microseconds.

    Raises:
        NotFound("footage"), Conflict("file"): a file of that name exists.
        NotSupported("format"): no track has a format with a place in an MP4 file.
        Unavailable("file"), Unavailable("storage"): it cannot be written, the volume cannot be read.
    """
    carried, left_out = _sorted(archive, track_ids, from_us, until_us)
    tracks = [_TrackExport(archive, track_id, from_us, until_us) for track_id in carried]
    pieces = heapq.merge(*(track.pieces() for track in tracks), key=lambda piece: piece.units[0].utc_us)
    first = next(pieces, None)
    if first is None:
        raise _nothing(from_us, until_us)
    start_us = first.units[0].utc_us
    with _unfinished(path) as file:
        writer = Mp4Writer(file, carried, start_us)
        for piece in chain((first,), pieces):
            writer.write(piece.track_id, piece.units, piece.next_us, gap=piece.gap)
            if on_progress is not None:
                on_progress(writer.end_us - start_us, max(track.until_us for track in tracks) - start_us)
        writer.finish()
        size_bytes = file.tell()
    return Exported(
        start_us=start_us,
        end_us=writer.end_us,
        duration_us=writer.duration_us,
        units=writer.units,
        size_bytes=size_bytes,
        holes=tuple(hole for track in tracks for hole in track.holes),
        left_out=left_out,
    )


def _sorted(
    archive: Archive, track_ids: Collection[int], from_us: int, until_us: int
) -> tuple[dict[int, tuple[StreamFormat, ...]], tuple[int, ...]]:
    """The formats of the tracks that go into the file, and the tracks that cannot."""
    formats = {track_id: archive.formats(track_id, from_us, until_us) for track_id in track_ids}
    formats = {track_id: known for track_id, known in formats.items() if known}
    if not formats:
        raise _nothing(from_us, until_us)
    carried = {track_id: known for track_id, known in formats.items() if all(map(has_place, known))}
    if not carried:
        codecs = sorted({known.codec for track_formats in formats.values() for known in track_formats})
        raise NotSupported("format", f"{', '.join(codecs)} has no place in an MP4 file")
    return carried, tuple(track_id for track_id in formats if track_id not in carried)


def _nothing(from_us: int, until_us: int) -> NotFound:
    return NotFound("footage", f"from {to_iso(from_us)} to {to_iso(until_us)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Units to be written, and when the track's next one comes."""

    track_id: int
    units: tuple[AccessUnit, ...]
    next_us: int | None
    gap: bool


class _TrackExport:
    """One track's way through the time line, held against the spans it had at the beginning."""

    def __init__(self, archive: Archive, track_id: int, from_us: int, until_us: int) -> None:
        self._archive = archive
        self._track_id = track_id
        self._from_us = from_us
        self._spans = [span for span in archive.spans(track_id) if span.end_us >= from_us and span.start_us <= until_us]
        # What is recorded meanwhile is not waited for.
        self.until_us = min(until_us, self._spans[-1].end_us) if self._spans else until_us
        self.holes: list[Hole] = []

    def pieces(self) -> Iterator[_Piece]:
        """What there is, in order of time."""
        gops = self._archive.gops(self._track_id, self._from_us, self.until_us)
        gop = next(gops, None)
        if gop is None:
            self._look_for_holes(self._from_us, self.until_us)
        elif self._archive.retention_us(self._track_id) == 0:
            self._look_for_holes(self._from_us, gop.start_us)
        while gop is not None:
            following = next(gops, None)
            units = tuple(unit for unit in gop.units if unit.utc_us <= self.until_us)
            next_us = following.start_us if following is not None else None
            gap = gop.ends_span or next_us is None or next_us - units[-1].utc_us > _longest_step_us(units)
            yield _Piece(track_id=self._track_id, units=units, next_us=next_us, gap=gap)
            if gap and len(units) == len(gop.units):
                self._look_for_holes(units[-1].utc_us, self.until_us if next_us is None else next_us)
            gop = following

    def _look_for_holes(self, from_us: int, until_us: int) -> None:
        """Note what was there between two times, and is not any more."""
        for span in self._spans:
            start_us, end_us = max(span.start_us, from_us), min(span.end_us, until_us)
            if start_us < end_us:
                self.holes.append(Hole(track_id=self._track_id, start_us=start_us, end_us=end_us))


def _longest_step_us(units: Sequence[AccessUnit]) -> int:
    """What may lie between the last unit and the next one, if none is missing: a group of pictures is lost whole."""
    return 2 * max((after.utc_us - before.utc_us for before, after in pairwise(units)), default=_LONGEST_STEP_US)


@contextmanager
def _unfinished(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when the block is left well, and vanishes when it is not."""
    part = path.with_name(path.name + ".part")
    try:
        if path.exists():
            raise Conflict("file", f"{path} exists: choose another name or remove it")
        with part.open("xb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                part.rename(path)
            finally:
                # Nothing is there any more once it has its name.
                part.unlink(missing_ok=True)
        files.sync_directory(path.parent)
    except FileExistsError as error:
        raise Conflict("file", f"{part} exists: an export writes it, or was killed; remove it then") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Unavailable("file", f"there is no room for {path}; nothing was kept") from error
        raise Unavailable("file", f"{path} cannot be written: {reason(error)}") from error
