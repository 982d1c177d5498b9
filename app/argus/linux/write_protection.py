"""Whether a medium refuses writes, told by the kernel's own tables: nothing here waits for the medium."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_DEVICES = Path("/sys/dev/block")
# Spaces and the like in a mount point are written as octal numbers.
_ESCAPE = re.compile(r"\\([0-7]{3})")


class WriteProtection:
    """Looks after one path: a block device, or a file by the file system it lies on.

    A card that wears out, the switch on its side, and a file system that met an error all end in the same place: the
    kernel goes on serving reads and takes no writes.
    """

    def __init__(self, path: Path, *, mounts: Path = _MOUNTS, devices: Path = _DEVICES) -> None:
        """Find out where the path leads; may wait for its medium."""
        # Unlike `Path.resolve` it goes as far as the path leads, also where links lead in a circle.
        self._path = Path(os.path.realpath(path))
        self._mounts = mounts
        self._devices = devices

    def reason(self) -> str:
        """Why it cannot be written, for people; empty where it can, or where there is nothing."""
        try:
            if Path("/dev") in self._path.parents:
                return self._of_device(self._path.stat().st_rdev)
            return self._of_file_system()
        except OSError:
            # What is gone is not write-protected.
            return ""

    def _of_device(self, number: int) -> str:
        switch = self._devices / f"{os.major(number)}:{os.minor(number)}" / "ro"
        return f"{self._path} is write-protected" if switch.read_text().strip() == "1" else ""

    def _of_file_system(self) -> str:
        where, options = mount_of(self._path, self._mounts.read_text(errors="surrogateescape"))
        return f"the file system at {where} is mounted read-only" if "ro" in options else ""


def mount_of(path: Path, mountinfo: str) -> tuple[Path, frozenset[str]]:
    """The mount point that a path lies below, and the options of the mount and of its file system.

    Of two mounts at one point the later hides the earlier. A line that cannot be read counts for nothing.

    Spec: proc_pid_mountinfo(5)
    """
    found: tuple[Path, frozenset[str]] = (Path("/"), frozenset())
    depth = 0
    for line in mountinfo.splitlines():
        mount, _, file_system = line.partition(" - ")
        fields, more = mount.split(" "), file_system.split(" ")
        if len(fields) < 6 or len(more) < 3:
            continue
        point = Path(_ESCAPE.sub(lambda escaped: chr(int(escaped[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            depth = len(point.parts)
            found = (point, frozenset(fields[5].split(",")) | frozenset(more[2].split(",")))
    return found
