"""A volume: a device of fixed size cut into slots of one segment each, behind a head with superblock and snapshots."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import stat
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from argus.base.errors import InvalidValue, Unavailable
from argus.linux import files
from argus.linux.direct_writer import DirectWriter
from argus.store.ring import layout
from argus.store.ring.records import BytesLike, checked, is_intact

logger = logging.getLogger(__name__)

MIN_SEGMENT_BYTES = 64 << 10
MAX_SEGMENT_BYTES = 1 << 30
MIN_DATA_SEGMENTS = 6
# The index has a row for each in memory, and has to fit into a snapshot.
MAX_DATA_SEGMENTS = 1 << 20
MIN_SNAPSHOT_BYTES = 16 << 10
MIN_SNAPSHOT_SLOTS = 4
MAX_SNAPSHOT_SLOTS = 64
MAX_VOLUME_BYTES = 1 << 50
# The station of a volume that no station has claimed: any may write it.
NOBODY = uuid.UUID(int=0)


class Missing(Unavailable):
    """There is no file and no device of that name, or no medium in it."""


class InUse(Unavailable):
    """Another process writes the volume, or a file system on the device is mounted."""


class WriteProtected(Unavailable):
    """The medium can be read and not be written."""


_MISSING = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM})
_PROTECTED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class BlockDevice(Protocol):
    """Bytes at offsets. What was written is safe only once a later `sync` returned."""

    size_bytes: int

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end of the device. Raises OSError."""

    def write(self, offset: int, data: BytesLike) -> None:
        """Write all of `data`. Raises OSError."""

    def sync(self) -> None:
        """Return when everything written is on the medium. Raises OSError."""

    def close(self) -> None: ...


class FileDevice:
    """A preallocated file (or a partition)."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._writer: DirectWriter | None = None
        self.size_bytes = os.lseek(descriptor, 0, os.SEEK_END)

    @classmethod
    def open(cls, path: Path, *, writable: bool) -> FileDevice:
        """Open an existing volume; a writer holds its lock until `close`, and a whole device for itself.

        Raises:
            Missing: there is nothing.
            InUse: another process writes it, or a file system of the device is mounted.
            WriteProtected: it cannot be opened for writing.
            Unavailable: it cannot be opened.
        """
        try:
            mode = path.stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
                raise Unavailable("storage", f"{path} is neither a file nor a block device")
            flags = (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC
            # On a device this keeps out other writers that ask alike: file systems, RAID, partitioning programs.
            descriptor = os.open(path, flags | (os.O_EXCL if writable and stat.S_ISBLK(mode) else 0))
        except OSError as error:
            raise _refusal(path, error, writable=writable) from error
        try:
            if writable and not files.lock(descriptor):
                raise InUse("storage", f"{path} is in use by another process")
            return cls(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise _refusal(path, error, writable=writable) from error
        except InUse:
            os.close(descriptor)
            raise

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, offset)

    def write(self, offset: int, data: BytesLike) -> None:
        writer = self._writer = self._writer or DirectWriter(self._descriptor)
        writer.write(offset, data)

    def sync(self) -> None:
        # Without a name the file ends with this process: nothing in it is safe.
        if os.fstat(self._descriptor).st_nlink == 0:
            raise OSError(errno.ENOENT, "the file of the volume was deleted")
        files.sync_data(self._descriptor)

    def extend(self, size_bytes: int) -> None:
        """Bring a file that was cut short back to its size. Raises OSError."""
        files.preallocate(self._descriptor, size_bytes)
        self.size_bytes = size_bytes

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        os.close(self._descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How a volume is cut, fixed when it is formatted. `data_offset` is where its first segment begins."""

    segment_bytes: int
    data_offset: int
    data_segments: int
    snapshot_slots: int
    snapshot_bytes: int
    erase_block_bytes: int = 0

    @classmethod
    def of(cls, size_bytes: int, segment_bytes: int, *, erase_block_bytes: int = 0, start_bytes: int = 0) -> Geometry:
        """The geometry for a new volume of at most `size_bytes` that begins `start_bytes` into its medium.

        Raises:
            InvalidValue: the sizes leave no room for a ring, or segments are no multiple of erase blocks.
        """
        if segment_bytes % layout.BLOCK_BYTES or not MIN_SEGMENT_BYTES <= segment_bytes <= MAX_SEGMENT_BYTES:
            raise InvalidValue("storage", f"a segment of {segment_bytes} bytes: use 64 KiB to 1 GiB, in steps of 4 KiB")
        unit = erase_block_bytes or segment_bytes
        if segment_bytes % unit:
            raise InvalidValue("storage", f"segments of {segment_bytes} bytes do not consist of blocks of {unit} bytes")
        total = size_bytes // segment_bytes
        if total > MAX_DATA_SEGMENTS:
            raise InvalidValue("storage", f"{total} segments of {segment_bytes} bytes: use larger ones, or less space")
        # 56 bytes for each segment, about as much for each span and each format; large segments have more of those.
        snapshot_bytes = align(MIN_SNAPSHOT_BYTES + total * (min(3, max(1, segment_bytes >> 22)) << 10))
        slots = min(MAX_SNAPSHOT_SLOTS, max(MIN_SNAPSHOT_SLOTS, (unit - layout.SNAPSHOTS_OFFSET) // snapshot_bytes))
        head_bytes = layout.SNAPSHOTS_OFFSET + slots * snapshot_bytes
        data_offset = -(-(start_bytes + head_bytes) // unit) * unit - start_bytes
        data_segments = (size_bytes - data_offset) // segment_bytes
        if data_segments < MIN_DATA_SEGMENTS:
            least = data_offset + MIN_DATA_SEGMENTS * segment_bytes
            raise InvalidValue("storage", f"a volume of {size_bytes} bytes is too small: use at least {least}")
        return cls(
            segment_bytes=segment_bytes,
            data_offset=data_offset,
            data_segments=data_segments,
            snapshot_slots=slots,
            snapshot_bytes=snapshot_bytes,
            erase_block_bytes=erase_block_bytes,
        )

    @property
    def size_bytes(self) -> int:
        return self.data_offset + self.data_segments * self.segment_bytes

    @property
    def lot(self) -> int:
        """How many segments are set free at once: a snapshot is written once per lot."""
        return min(64, max(2, self.data_segments // 16))

    @property
    def reserve(self) -> int:
        """With so few free segments left the next lot is set free."""
        return max(1, self.lot // 8)

    @property
    def max_unit_bytes(self) -> int:
        """The largest access unit the volume takes."""
        return self.segment_bytes // 2

    def is_sound(self) -> bool:
        """Whether numbers read from a medium describe a possible volume."""
        room = self.data_offset - layout.SNAPSHOTS_OFFSET
        return (
            MIN_SEGMENT_BYTES <= self.segment_bytes <= MAX_SEGMENT_BYTES
            and self.segment_bytes % layout.BLOCK_BYTES == 0
            and MIN_DATA_SEGMENTS <= self.data_segments <= MAX_DATA_SEGMENTS
            and 2 <= self.snapshot_slots <= MAX_SNAPSHOT_SLOTS
            and self.snapshot_bytes >= MIN_SNAPSHOT_BYTES
            and self.snapshot_slots * self.snapshot_bytes <= room
            and self.size_bytes <= MAX_VOLUME_BYTES
        )


class Volume:
    """A formatted device. `slot` numbers segments from `data_offset` on, offsets count inside a slot.

    `station` is the one that may write: nobody's is all zeros.
    """

    def __init__(
        self,
        device: BlockDevice,
        geometry: Geometry,
        salt: int,
        volume_uuid: uuid.UUID,
        station: uuid.UUID = NOBODY,
        created_us: int = 0,
    ) -> None:
        self.device = device
        self.geometry = geometry
        self.salt = salt
        self.uuid = volume_uuid
        self.station = station
        self.created_us = created_us

    @classmethod
    def format(cls, device: BlockDevice, geometry: Geometry, created_us: int, station: uuid.UUID = NOBODY) -> Volume:
        """Write new superblocks; what was on the device is lost. The caller writes the first snapshot."""
        volume = cls(device, geometry, secrets.randbits(64), uuid.uuid4(), station, created_us)
        superblock = volume._superblock()
        for offset in layout.SUPERBLOCK_OFFSETS:
            device.write(offset, superblock)
        device.sync()
        return volume

    def adopt(self, station: uuid.UUID) -> None:
        """Let another station write the volume. Power may fail at any moment: one superblock is always whole.

        Raises OSError.
        """
        self.station = station
        superblock = self._superblock()
        for offset in reversed(layout.SUPERBLOCK_OFFSETS):
            self.device.write(offset, superblock)
            self.device.sync()

    @classmethod
    def open(cls, device: BlockDevice) -> Volume:
        """Read the superblock, or its copy.

        Raises:
            Unavailable: neither is one of ours, or another release wrote it.
        """
        for offset in layout.SUPERBLOCK_OFFSETS:
            data = device.read(offset, layout.SUPERBLOCK_BYTES)
            if len(data) < layout.SUPERBLOCK_BYTES or not is_intact(data, layout.SUPERBLOCK_MAGIC):
                continue
            fields = layout.SUPERBLOCK.parse(data)
            if fields.version != layout.VERSION:
                message = f"the volume has format {fields.version}, this release reads {layout.VERSION}"
                raise Unavailable("storage", message)
            geometry = Geometry(
                segment_bytes=fields.segment_bytes,
                data_offset=fields.data_offset,
                data_segments=fields.data_segments,
                snapshot_slots=fields.snapshot_slots,
                snapshot_bytes=fields.snapshot_bytes,
                erase_block_bytes=fields.erase_block_bytes,
            )
            if geometry.is_sound():
                owner = uuid.UUID(bytes=fields.station)
                return cls(device, geometry, fields.salt, uuid.UUID(bytes=fields.uuid), owner, fields.created_us)
        reason = "this is not a volume of this program, or both superblocks are damaged"
        raise Unavailable("storage", f"{reason}; `argus-station store format` makes an empty one of it")

    def _superblock(self) -> bytes:
        return checked(
            layout.SUPERBLOCK.build(
                {
                    "crc": 0,
                    "version": layout.VERSION,
                    "segment_bytes": self.geometry.segment_bytes,
                    "data_segments": self.geometry.data_segments,
                    "snapshot_slots": self.geometry.snapshot_slots,
                    "snapshot_bytes": self.geometry.snapshot_bytes,
                    "erase_block_bytes": self.geometry.erase_block_bytes,
                    "data_offset": self.geometry.data_offset,
                    "salt": self.salt,
                    "created_us": self.created_us,
                    "uuid": self.uuid.bytes,
                    "station": self.station.bytes,
                }
            )
        )

    def read(self, slot: int, offset: int, size: int) -> bytes:
        """Bytes of a segment, never past its end; fewer where the device is cut short."""
        size = min(size, self.geometry.segment_bytes - offset)
        return self.device.read(self._base(slot) + offset, size) if size > 0 else b""

    def write(self, slot: int, offset: int, data: BytesLike) -> None:
        assert 0 <= offset <= self.geometry.segment_bytes - len(data)
        self.device.write(self._base(slot) + offset, data)

    def sync(self) -> None:
        self.device.sync()

    def read_snapshot(self, generation_slot: int, offset: int, size: int) -> bytes:
        """Bytes of a snapshot slot."""
        return self.device.read(self._snapshot(generation_slot) + offset, min(size, self.geometry.snapshot_bytes))

    def write_snapshot(self, generation: int, data: bytes) -> None:
        """Write a snapshot into the slot of its generation; the one before it stays whole."""
        assert len(data) <= self.geometry.snapshot_bytes
        self.device.write(self._snapshot(generation % self.geometry.snapshot_slots), data)

    def close(self) -> None:
        self.device.close()

    def _base(self, slot: int) -> int:
        assert 0 <= slot < self.geometry.data_segments
        return self.geometry.data_offset + slot * self.geometry.segment_bytes

    def _snapshot(self, slot: int) -> int:
        return layout.SNAPSHOTS_OFFSET + slot * self.geometry.snapshot_bytes


def _refusal(path: Path, error: OSError, *, writable: bool) -> Unavailable:
    """Why a volume could not be opened."""
    message = f"{path}: {error.strerror}"
    if error.errno in _MISSING:
        return Missing("storage", message)
    if error.errno == errno.EBUSY:
        return InUse("storage", f"{path} is in use by another process or mounted")
    return (
        WriteProtected("storage", message)
        if writable and error.errno in _PROTECTED
        else Unavailable("storage", message)
    )


def align(size: int) -> int:
    """`size` rounded up to whole blocks."""
    return -(-size // layout.BLOCK_BYTES) * layout.BLOCK_BYTES


def create_file(path: Path, size_bytes: int) -> FileDevice:
    """A new file with its space reserved, locked. Rename it to its own name only once it is a volume.

    Raises:
        Unavailable: there is no space, or the directory cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable("storage", f"{path}: {error.strerror}") from error
    try:
        if not files.lock(descriptor):
            raise InUse("storage", f"{path} is in use by another process")
        files.preallocate(descriptor, size_bytes)
    except OSError as error:
        os.close(descriptor)
        path.unlink()
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            message = f"{path.parent} has no room for a volume of {size_bytes / 1e9:.2f} GB"
            raise Unavailable("storage", message) from error
        raise Unavailable("storage", f"{path}: {error.strerror}") from error
    except Unavailable:
        os.close(descriptor)
        raise
    return FileDevice(descriptor)
