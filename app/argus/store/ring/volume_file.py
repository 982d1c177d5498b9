"""Volumes in files: creating one, opening one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from argus.base.clock import Clock
from argus.base.errors import InvalidValue, Unavailable
from argus.linux import files
from argus.store.ring import snapshot
from argus.store.ring.volume import NOBODY, BlockDevice, FileDevice, Geometry, Volume, create_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a file lies on its medium, and what the medium erases at once; zeros where that is not told."""

    erase_block_bytes: int = 0
    start_bytes: int = 0


def create(
    path: Path,
    size_bytes: int,
    segment_bytes: int,
    clock: Clock,
    *,
    station: UUID = NOBODY,
    place: Callable[[Path], Place] = lambda _: Place(),
) -> Volume:
    """A new volume; it gets its name only once it is complete. `place` tells where the reserved file came to lie.

    Raises:
        Unavailable: there is no space, or the directory cannot be written.
        InvalidValue: the sizes leave no room for a ring.
    """
    geometry = Geometry.of(size_bytes, segment_bytes)
    unfinished = path.with_name(path.name + ".new")
    device = create_file(unfinished, geometry.size_bytes)
    try:
        volume = format_volume(device, _aligned(geometry, place(unfinished)), clock.utc_us(), station)
        unfinished.rename(path)
        files.sync_directory(path.parent)
    except OSError as error:
        device.close()
        raise Unavailable("storage", f"{path}: {error.strerror}") from error
    logger.info("created a volume of %.2f GB at %s", geometry.size_bytes / 1e9, path)
    return volume


def _aligned(plain: Geometry, place: Place) -> Geometry:
    """The geometry inside a file that has its space already: on the borders of erase blocks, where that is possible."""
    if not place.erase_block_bytes or plain.segment_bytes % place.erase_block_bytes:
        return plain
    try:
        return Geometry.of(
            plain.size_bytes,
            plain.segment_bytes,
            erase_block_bytes=place.erase_block_bytes,
            start_bytes=place.start_bytes,
        )
    except InvalidValue:
        # Alignment would cost a segment that the volume cannot spare.
        return plain


def format_volume(device: BlockDevice, geometry: Geometry, created_us: int, station: UUID = NOBODY) -> Volume:
    """An empty volume on a device; what was there is lost. Raises OSError."""
    volume = Volume.format(device, geometry, created_us, station)
    empty = snapshot.State(generation=1, written_us=created_us)
    volume.write_snapshot(empty.generation, snapshot.encode(empty, volume.salt))
    volume.sync()
    return volume


def open_existing(path: Path, size_bytes: int, segment_bytes: int) -> Volume:
    """The volume in a file that exists. It is never formatted anew and keeps its geometry.

    Raises:
        Unavailable: another process writes it, or it is not a volume of ours.
    """
    device = FileDevice.open(path, writable=True)
    try:
        volume = Volume.open(device)
        geometry = volume.geometry
        if device.size_bytes < geometry.size_bytes:
            logger.warning("%s was cut short to %d bytes; the missing part is given back", path, device.size_bytes)
            device.extend(geometry.size_bytes)
    except OSError as error:
        device.close()
        raise Unavailable("storage", f"{path}: {error.strerror}") from error
    except Unavailable as error:
        device.close()
        raise Unavailable("storage", f"{path}: {error}") from error
    wanted = (size_bytes // segment_bytes * segment_bytes, segment_bytes)
    if wanted != (geometry.size_bytes, geometry.segment_bytes):
        kept = f"{geometry.size_bytes} bytes in segments of {geometry.segment_bytes}"
        logger.warning("%s keeps its size of %s; the configuration asks for another", path, kept)
    return volume
