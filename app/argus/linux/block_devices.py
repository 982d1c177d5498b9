"""Block devices as the kernel tells about them in sysfs, and a wake-up when one comes, goes or changes its medium."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

logger = logging.getLogger(__name__)

_SYS = Path("/sys")
_MOUNTS = Path("/proc/self/mountinfo")
_UDEV = Path("/run/udev/control")
# sysfs counts in sectors of this size, whatever those of the medium are.
_SECTOR_BYTES = 512
_NOTICES_A_TURN = 64
# linux/fiemap.h: struct fiemap with room for one struct fiemap_extent
_FS_IOC_FIEMAP = 0xC020660B
_FIEMAP = struct.Struct("=QQIIII")
_FIEMAP_EXTENT = struct.Struct("=QQQ16xI12x")
_FIEMAP_FLAG_SYNC = 0x1
# Not mapped yet, or not to be found at an address: unknown, delayed, encoded, inline, tail.
_NO_ADDRESS = 0x002 | 0x004 | 0x008 | 0x200 | 0x400


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDeviceFacts:
    """One block device with a medium in it.

    `start_bytes` is where a partition begins on its disk, `erase_block_bytes` what the medium prefers to erase at once
    (0: it does not tell). `mounted` holds for a disk also while a partition of it is. `sequence` is another one after
    each change of the medium (0: the kernel does not tell).
    """

    name: str
    size_bytes: int
    mounted: bool = False
    removable: bool = False
    read_only: bool = False
    start_bytes: int = 0
    erase_block_bytes: int = 0
    sequence: int = 0


class BlockDevices(Protocol):
    """Where block devices are looked up and their changes are heard. A device number is that of `os.stat`."""

    def open(self) -> None:
        """Note changes from now on, where the machine tells of them. Belongs to the event loop's thread."""

    def close(self) -> None:
        """Stop noting changes. May be called twice."""

    async def changed(self) -> None:
        """Return when a block device changed since the last return; several changes may count as one."""

    def facts(self, number: int) -> BlockDeviceFacts | None:
        """What is known of a device; None where it is none, is gone, or has no medium. Never waits for a medium."""

    def is_gone(self, number: int) -> bool:
        """Whether it is certain that the device, or its medium, is no longer there. Cheap."""

    def sequence(self, number: int) -> int:
        """Another number after each change of the medium; 0 where the kernel does not tell. Cheap."""


class SystemBlockDevices:
    """The kernel's own block devices.

    Changes are heard from udev, where it runs; from the kernel directly, where not; and where neither can be heard,
    as in most containers, not at all: whoever listens has to look from time to time, too.
    """

    def __init__(self, *, sys: Path = _SYS, mounts: Path = _MOUNTS) -> None:
        self._devices = sys / "dev" / "block"
        self._mounts = mounts
        # pyudev comes without types.
        self._monitor: Any = None
        self._descriptor = -1
        self._change = asyncio.Event()

    def open(self) -> None:
        try:
            # Imported here: a station that records into a file in its data directory has better use for the memory.
            import pyudev

            monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="udev" if _UDEV.exists() else "kernel")
            monitor.filter_by("block")
            monitor.start()
        except (ImportError, OSError) as error:
            # ImportError also where libudev itself is missing.
            logger.info("changes of block devices are looked for, not heard: %s", error)
            return
        self._monitor, self._descriptor = monitor, monitor.fileno()
        asyncio.get_running_loop().add_reader(self._descriptor, self._take_notices)

    def close(self) -> None:
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._monitor = None

    async def changed(self) -> None:
        await self._change.wait()
        self._change.clear()

    def facts(self, number: int) -> BlockDeviceFacts | None:
        try:
            folder = self._folder(number).resolve(strict=True)
        except OSError:
            return None
        disk = _disk(folder)
        size_bytes = _number(folder / "size") * _SECTOR_BYTES
        if size_bytes <= 0:
            return None
        return BlockDeviceFacts(
            name=folder.name,
            size_bytes=size_bytes,
            mounted=not self._mounted().isdisjoint(_numbers(folder)),
            removable=_number(disk / "removable") == 1,
            read_only=_number(folder / "ro") == 1,
            start_bytes=_number(folder / "start") * _SECTOR_BYTES,
            erase_block_bytes=_number(disk / "device" / "preferred_erase_size"),
            sequence=_number(disk / "diskseq"),
        )

    def is_gone(self, number: int) -> bool:
        # Major 0 is a file system without a device. A machine that lists no devices at all tells nothing.
        if os.major(number) == 0 or _number(self._folder(number) / "size") > 0:
            return False
        return self._devices.is_dir() and any(self._devices.iterdir())

    def sequence(self, number: int) -> int:
        try:
            return _number(_disk(self._folder(number).resolve(strict=True)) / "diskseq")
        except OSError:
            return 0

    def _folder(self, number: int) -> Path:
        return self._devices / f"{os.major(number)}:{os.minor(number)}"

    def _mounted(self) -> set[str]:
        try:
            lines = self._mounts.read_text(errors="surrogateescape").splitlines()
        except OSError:
            return set()
        return {fields[2] for line in lines if len(fields := line.split(" ", 3)) > 2}

    def _take_notices(self) -> None:
        """Empty the socket. A notice only says "look again", so its content, and a lost one, do not matter."""
        self._change.set()
        for _ in range(_NOTICES_A_TURN):
            try:
                if self._monitor.poll(timeout=0) is None:
                    return
            except OSError:
                # ENOBUFS: the kernel dropped notices because we were slow. The change is noted already.
                continue


@dataclass
class SimulatedBlockDevices:
    """Block devices that exist as facts only; the twin of `SystemBlockDevices`."""

    known: dict[int, BlockDeviceFacts] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    listening: bool = False

    def __post_init__(self) -> None:
        self._change = asyncio.Event()

    def tell(self) -> None:
        """Something changed."""
        if self.listening:
            self._change.set()

    def open(self) -> None:
        self.listening = True

    def close(self) -> None:
        self.listening = False

    async def changed(self) -> None:
        await self._change.wait()
        self._change.clear()

    def facts(self, number: int) -> BlockDeviceFacts | None:
        return None if number in self.gone else self.known.get(number)

    def is_gone(self, number: int) -> bool:
        return number in self.gone

    def sequence(self, number: int) -> int:
        facts = self.facts(number)
        return facts.sequence if facts is not None else 0


def device_number(path: Path) -> int:
    """The number of the block device at `path`, or of the one that the file there lies on. Raises OSError."""
    found = path.stat()
    return found.st_rdev if stat.S_ISBLK(found.st_mode) else found.st_dev


def start_of_file(descriptor: int) -> int | None:
    """Where the first byte of an open file lies on the device of its file system; None where that is not told."""
    request = _FIEMAP.pack(0, 1, _FIEMAP_FLAG_SYNC, 0, 1, 0) + bytes(_FIEMAP_EXTENT.size)
    try:
        answer = fcntl.ioctl(descriptor, _FS_IOC_FIEMAP, request)
    except OSError:
        return None
    if _FIEMAP.unpack_from(answer)[3] == 0:
        return None
    _, physical, _, flags = _FIEMAP_EXTENT.unpack_from(answer, _FIEMAP.size)
    return None if flags & _NO_ADDRESS else int(physical)


def _disk(folder: Path) -> Path:
    """The folder of the disk that a device in sysfs is, or is a partition of."""
    return folder.parent if (folder / "partition").exists() else folder


def _numbers(folder: Path) -> Iterator[str]:
    """`major:minor` of a device and of its partitions."""
    for place in (folder, *folder.glob(f"{folder.name}*")):
        try:
            yield (place / "dev").read_text().strip()
        except OSError:
            continue


def _number(file: Path) -> int:
    """The number that a file of sysfs holds, 0 where there is none."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0
