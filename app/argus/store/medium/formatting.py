"""Formatting: making a new volume where there may be something that somebody would miss."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from uuid import UUID

from argus.base.clock import Clock
from argus.base.errors import Conflict, InvalidValue, Unavailable
from argus.linux.block_devices import BlockDevices, device_number, start_of_file
from argus.linux.os_error import reason
from argus.store.medium.medium import Medium
from argus.store.ring import layout
from argus.store.ring.volume import FileDevice, Geometry, Volume
from argus.store.ring.volume_file import format_volume

USUAL_SEGMENT_BYTES = 16 << 20
_SMALLEST_USUAL_BYTES, _LARGEST_USUAL_BYTES = 1 << 20, 64 << 20
_LEAST_SEGMENTS, _MOST_SEGMENTS = 32, (256 << 30) // USUAL_SEGMENT_BYTES
_ZEROS = bytes(4 << 20)

OnProgress = Callable[[int, int], None]


class Ground(Enum):
    """What is at a path."""

    NOTHING = "nothing"
    FILE = "file"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a volume is to be made. `size_bytes` is that of the file or device, 0 where there is none.

    `present` is the volume that is there now. `erase_block_bytes` and `start_bytes` tell of a device how it erases and
    where it begins on its medium; zeros where that is not known.
    """

    path: Path
    ground: Ground
    size_bytes: int = 0
    present: UUID | None = None
    erase_block_bytes: int = 0
    start_bytes: int = 0

    @property
    def confirmation(self) -> str:
        """What somebody has to say who means it; empty where there is nothing to lose."""
        if self.ground is Ground.NOTHING:
            return ""
        return str(self.present) if self.present is not None else str(self.path)


def survey(path: Path, devices: BlockDevices) -> Site:
    """Look at what is there; nothing is changed.

    A symbolic link is followed to a block device, as udev makes them, and nowhere else.

    Raises:
        Conflict("storage"): a file system on the device is mounted, or the path leads elsewhere.
        Unavailable("storage"): it cannot be read, or takes no writes.
    """
    try:
        if not path.is_symlink() and not path.exists():
            return Site(path=path.parent.resolve(strict=True) / path.name, ground=Ground.NOTHING)
        found = path.stat()
        if path.is_symlink() and not stat.S_ISBLK(found.st_mode):
            raise Conflict("storage", f"{path} is a symbolic link to {path.resolve()}: name that, if you mean it")
        path = path.resolve(strict=True)
        if stat.S_ISREG(found.st_mode):
            return _survey_file(path, devices)
        if not stat.S_ISBLK(found.st_mode):
            raise Conflict("storage", f"{path} is neither a file nor a block device")
        return _survey_device(path, devices)
    except OSError as error:
        raise Unavailable("storage", f"{path}: {reason(error)}") from error


def _survey_file(path: Path, devices: BlockDevices) -> Site:
    facts = devices.facts(device_number(path))
    with path.open("rb") as file:
        start_bytes = start_of_file(file.fileno())
    erase_block_bytes = facts.erase_block_bytes if facts is not None and start_bytes is not None else 0
    return _site(
        path,
        Ground.FILE,
        path.stat().st_size,
        erase_block_bytes,
        (start_bytes or 0) + (facts.start_bytes if facts is not None else 0),
    )


def _survey_device(path: Path, devices: BlockDevices) -> Site:
    facts = devices.facts(device_number(path))
    if facts is None:
        raise Unavailable("storage", f"{path} has no medium")
    if facts.mounted:
        raise Conflict("storage", f"{path} is mounted, or a partition of it is: unmount it first")
    if facts.read_only:
        raise Unavailable("storage", f"{path} is write-protected")
    return _site(path, Ground.DEVICE, facts.size_bytes, facts.erase_block_bytes, facts.start_bytes)


def _site(path: Path, ground: Ground, size_bytes: int, erase_block_bytes: int, start_bytes: int) -> Site:
    aligned = erase_block_bytes > 0 and erase_block_bytes % layout.BLOCK_BYTES == 0
    return Site(
        path=path,
        ground=ground,
        size_bytes=size_bytes,
        present=_volume_at(path),
        erase_block_bytes=erase_block_bytes if aligned else 0,
        start_bytes=start_bytes if aligned else 0,
    )


def usual_segment_bytes(size_bytes: int, erase_block_bytes: int) -> int:
    """The size of segments where nobody asks for another: a multiple of the erase block.

    16 MiB; less where a small volume would consist of few, more where a large one would consist of very many.
    """
    segment_bytes = USUAL_SEGMENT_BYTES
    while size_bytes // segment_bytes < _LEAST_SEGMENTS and segment_bytes > _SMALLEST_USUAL_BYTES:
        segment_bytes //= 2
    while size_bytes // segment_bytes > _MOST_SEGMENTS and segment_bytes < _LARGEST_USUAL_BYTES:
        segment_bytes *= 2
    unit = erase_block_bytes or 1
    return -(-segment_bytes // unit) * unit


def geometry_for(site: Site, size_bytes: int | None, segment_bytes: int | None) -> Geometry:
    """How a volume there will be cut.

    Raises:
        InvalidValue("storage"): a size is missing, does not fit, or leaves no room for a ring.
    """
    if size_bytes is None and site.ground is Ground.NOTHING:
        raise InvalidValue("storage", f"{site.path} does not exist: say with --size how large it shall be")
    if size_bytes is not None and site.ground is Ground.FILE and size_bytes != site.size_bytes:
        raise InvalidValue("storage", f"{site.path} has {site.size_bytes} bytes: remove it to make one of another size")
    size_bytes = site.size_bytes if size_bytes is None else size_bytes
    if site.ground is Ground.DEVICE and size_bytes > site.size_bytes:
        raise InvalidValue("storage", f"{site.path} has {site.size_bytes} bytes, which is less than {size_bytes}")
    segment_bytes = segment_bytes or usual_segment_bytes(size_bytes, site.erase_block_bytes)
    return Geometry.of(
        size_bytes, segment_bytes, erase_block_bytes=site.erase_block_bytes, start_bytes=site.start_bytes
    )


def make_volume(
    site: Site,
    geometry: Geometry,
    station: UUID,
    clock: Clock,
    devices: BlockDevices,
    *,
    zero: bool = False,
    on_progress: OnProgress | None = None,
) -> UUID:
    """Make a volume there; what was there is lost. With `zero` all of it is written once.

    Raises:
        Conflict("storage"): it is not any more what it was when it was looked at.
        Unavailable("storage"): another process uses it, there is no room, or it refuses.
    """
    if site.ground is Ground.NOTHING:
        Medium(site.path, devices, station).create(geometry.size_bytes, geometry.segment_bytes, clock)
        site = survey(site.path, devices)
        if site.present is not None and not zero:
            return site.present
        geometry = geometry_for(site, None, geometry.segment_bytes)
    return _format(site, geometry, station, clock, on_progress if zero else None, zero=zero)


def _format(
    site: Site, geometry: Geometry, station: UUID, clock: Clock, on_progress: OnProgress | None, *, zero: bool
) -> UUID:
    device = FileDevice.open(site.path, writable=True)
    try:
        if _volume_on(device) != site.present or device.size_bytes != site.size_bytes:
            raise Conflict("storage", f"{site.path} was changed in the meantime; nothing was done")
        if site.ground is Ground.FILE:
            device.extend(device.size_bytes)
        if zero:
            _fill_with_zeros(device, geometry.size_bytes, on_progress)
        return format_volume(device, geometry, clock.utc_us(), station).uuid
    except OSError as error:
        raise Unavailable("storage", f"{site.path} cannot be written: {reason(error)}") from error
    finally:
        device.close()


def _fill_with_zeros(device: FileDevice, size_bytes: int, on_progress: OnProgress | None) -> None:
    for offset in range(0, size_bytes, len(_ZEROS)):
        device.write(offset, _ZEROS[: size_bytes - offset])
        # So that what is told was done, and the cache holds no gigabytes in the end.
        device.sync()
        if on_progress is not None:
            on_progress(min(offset + len(_ZEROS), size_bytes), size_bytes)


def _volume_at(path: Path) -> UUID | None:
    device = FileDevice.open(path, writable=False)
    try:
        return _volume_on(device)
    finally:
        device.close()


def _volume_on(device: FileDevice) -> UUID | None:
    try:
        return Volume.open(device).uuid
    except Unavailable:
        return None
