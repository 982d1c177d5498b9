"""The medium: where the station's volume is expected, whether it is there, and who may write it."""

from __future__ import annotations

import logging
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from uuid import UUID

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.linux.block_devices import BlockDevices, device_number, start_of_file
from argus.store.ring.volume import NOBODY, FileDevice, Missing, Volume, WriteProtected
from argus.store.ring.volume_file import Place, create

logger = logging.getLogger(__name__)


class Access(Enum):
    """What the station may do with a volume. PROTECTED: the medium takes no writes. FOREIGN: another station's."""

    WRITABLE = "writable"
    PROTECTED = "protected"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells one medium from the next one in the same place."""

    device: int
    inode: int
    number: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVolume:
    """A volume with its descriptors open. `detail` says why it is not writable."""

    volume: Volume
    access: Access
    identity: Identity
    detail: str = ""


class Medium:
    """One path: a file, or a whole block device. Every method may wait for the medium: call them in a thread."""

    def __init__(self, path: Path, devices: BlockDevices, station: UUID) -> None:
        """`station` is the one that asks; what belongs to another is not written."""
        self.path = path
        self.devices = devices
        self._station = station

    def identity(self) -> Identity | None:
        """What is there now; None where there is nothing."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        is_device = stat.S_ISBLK(found.st_mode)
        number = found.st_rdev if is_device else found.st_dev
        # A node may outlive its device, and a file in the kernel's memory the card that it was on.
        if self.devices.is_gone(number):
            return None
        return Identity(
            device=found.st_dev,
            inode=found.st_ino,
            number=found.st_rdev,
            sequence=self.devices.sequence(number),
        )

    def create(self, size_bytes: int, segment_bytes: int, clock: Clock) -> None:
        """Make a volume of this station in a new file.

        Raises:
            Unavailable: there is no space, or the directory cannot be written.
            InvalidValue: the sizes leave no room for a ring.
        """
        create(self.path, size_bytes, segment_bytes, clock, station=self._station, place=self._place).close()

    def open(self) -> OpenVolume:
        """Open what is there: for writing, where it is this station's, and for reading where it is another's.

        A volume of nobody becomes this station's.

        Raises:
            Missing: there is nothing.
            InUse: another process writes it.
            Unavailable: it cannot be read, or is no volume of this release.
        """
        identity = self.identity()
        if identity is None:
            raise Missing("storage", f"there is nothing at {self.path}")
        try:
            found = self._open(identity)
        except OSError as error:
            raise Unavailable("storage", f"{self.path}: {error.strerror}") from error
        if self.identity() != identity:
            found.volume.close()
            raise Missing("storage", f"{self.path} was exchanged while it was opened")
        return found

    def can_write(self, present: OpenVolume) -> bool:
        """Whether a volume that was opened for reading could be opened for writing now."""
        try:
            if present.access is Access.FOREIGN:
                return self._is_ours(Volume.open(present.volume.device))
            if self._is_protected():
                return False
            FileDevice.open(self.path, writable=True).close()
        except (OSError, Unavailable):
            return False
        return True

    def _open(self, identity: Identity) -> OpenVolume:
        readable = _volume(FileDevice.open(self.path, writable=False))
        if not self._is_ours(readable):
            detail = f"the volume {readable.uuid} belongs to station {readable.station}; it is read and not written"
            return OpenVolume(volume=readable, access=Access.FOREIGN, identity=identity, detail=detail)
        try:
            writable = None if self._is_protected() else _volume(FileDevice.open(self.path, writable=True))
        except WriteProtected:
            writable = None
        except (OSError, Unavailable):
            readable.close()
            raise
        if writable is None:
            detail = "the medium is write-protected; it is read and not written"
            return OpenVolume(volume=readable, access=Access.PROTECTED, identity=identity, detail=detail)
        readable.close()
        self._prepare(writable)
        return OpenVolume(volume=writable, access=Access.WRITABLE, identity=identity)

    def _prepare(self, volume: Volume) -> None:
        """Make sure that the volume is whole and this station's. Raises OSError."""
        try:
            device, geometry = volume.device, volume.geometry
            if isinstance(device, FileDevice) and device.size_bytes < geometry.size_bytes:
                logger.warning("%s was cut short to %d bytes; the rest is given back", self.path, device.size_bytes)
                device.extend(geometry.size_bytes)
            if volume.station == NOBODY:
                volume.adopt(self._station)
                logger.info("the volume %s belongs to this station from now on", volume.uuid)
        except OSError:
            volume.close()
            raise

    def _is_ours(self, volume: Volume) -> bool:
        return volume.station in (self._station, NOBODY)

    def _is_protected(self) -> bool:
        """Whether the device itself takes no writes. Some drivers let it be opened for writing all the same."""
        facts = self.devices.facts(device_number(self.path))
        return facts is not None and facts.read_only

    def _place(self, file: Path) -> Place:
        facts = self.devices.facts(device_number(file))
        if facts is None or not facts.erase_block_bytes:
            return Place()
        with file.open("rb") as opened:
            start_bytes = start_of_file(opened.fileno())
        if start_bytes is None:
            return Place()
        return Place(erase_block_bytes=facts.erase_block_bytes, start_bytes=facts.start_bytes + start_bytes)


def _volume(device: FileDevice) -> Volume:
    """The volume on a device, which is closed where there is none. Raises Unavailable, OSError."""
    try:
        return Volume.open(device)
    except (OSError, Unavailable):
        device.close()
        raise
