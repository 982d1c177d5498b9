"""A rig: a medium under test, a loop device on it, and, if wanted, an ext4 on that, all gone when it is closed."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

from tests.power.write_log import LogReader

_LOOP_CONTROL = Path("/dev/loop-control")
_GET_FREE, _CONFIGURE = 0x4C82, 0x4C0A
_LOOP_INFO = struct.Struct("<5Q4I160x2Q")
_AUTOCLEAR, _DIRECT_IO = 4, 16
_PATIENCE_S = 60
# What is mounted on the medium lives in the namespace of a process that does nothing, not in that of the process behind
# the medium: that one's end must never wait for a file system that waits for it.
_KEEPER = ("unshare", "--mount", "--propagation", "private", "cat")
_COMMANDS = ("mkfs.ext4", "mount", "umount", "nsenter", "unshare")
_REPOSITORY = Path(__file__).parents[2]
_MAKE_EXT4 = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0")


def missing() -> str:
    """What this machine lacks for a rig, in words; empty if nothing."""
    if os.geteuid() != 0:
        return "mounting needs root"
    absent = [command for command in _COMMANDS if shutil.which(command) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    for device in (Path("/dev/fuse"), _LOOP_CONTROL):
        if not device.exists():
            return f"there is no {device}"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
        descriptor = os.open(_LOOP_CONTROL, os.O_RDWR)
        fcntl.ioctl(descriptor, _GET_FREE)
        os.close(descriptor)
    except OSError as error:
        return f"FUSE and loop devices are not allowed here: {error.strerror}"
    outcome = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return "" if outcome.returncode == 0 else "mount namespaces are not allowed here"


class Rig:
    """A block device of `size_bytes` in `folder` that logs and fails. Use it as a context."""

    def __init__(self, folder: Path, size_bytes: int, *, keep_data: bool = True) -> None:
        self.folder = folder
        self.size_bytes = size_bytes
        self._keep_data = keep_data
        self._loop = -1
        self.device = Path()

    def __enter__(self) -> Rig:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("backing", "device"):
            with (self.folder / name).open("wb") as file:
                file.truncate(self.size_bytes)
        (self.folder / "mounted").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.power.serve", str(self.folder), str(int(self._keep_data))]
        self._server = _start(*command)
        self._keeper = _start(*_KEEPER)
        try:
            _hear(self._server)
            _tell(self._keeper, "ready")
            _hear(self._keeper)
            self._attach()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Unmount, detach, end; whatever refuses to go ends with its namespace."""
        if self._server.poll() is None:
            self.heal()
        _end(self._keeper)
        if self._loop >= 0:
            os.close(self._loop)
            self._loop = -1
        _end(self._server)
        (self.folder / "backing").unlink(missing_ok=True)

    # -- what it offers -----------------------------------------------------------------------------------------

    @property
    def inside(self) -> tuple[str, ...]:
        """What precedes a command that has to see what is mounted."""
        return ("nsenter", f"--mount=/proc/{self._keeper.pid}/ns/mnt", f"--wd={Path.cwd()}", "--")

    def seen(self, path: Path) -> Path:
        """How a process outside names a path that lies on something mounted."""
        return Path(f"/proc/{self._keeper.pid}/root") / path.relative_to("/")

    def run(self, *command: str | Path) -> None:
        """Run a command where the mounts are seen; an error that carries what it said if it fails."""
        outcome = subprocess.run(
            [*self.inside, *map(str, command)], capture_output=True, text=True, timeout=_PATIENCE_S
        )
        if outcome.returncode != 0:
            raise OSError(f"{' '.join(map(str, command))}: {outcome.stderr.strip()}")

    def mount_ext4(self, options: str = "noatime") -> Path:
        """A new ext4 on the device; its directory as it is named inside."""
        self.run(*_MAKE_EXT4, self.device)
        self.run("mount", "-t", "ext4", "-o", options, self.device, self.folder / "mounted")
        return self.folder / "mounted"

    def unmount(self) -> None:
        self.run("umount", self.folder / "mounted")

    def log(self) -> LogReader:
        """Everything that reached the medium so far."""
        self.command(do="save")
        return LogReader(self.folder / "log")

    # -- faults -------------------------------------------------------------------------------------------------

    def stall(self, seconds: float) -> None:
        """The medium answers nothing for so long."""
        self.command(do="stall", seconds=seconds)

    def refuse(self, *, count: int = 0, seconds: float = 0.0) -> None:
        """The medium answers the next writes and flushes, or all for so long, with an I/O error."""
        self.command(do="refuse", count=count, seconds=seconds)

    def make_read_only(self, on: bool = True) -> None:
        self.command(do="make_read_only", on=on)

    def drop(self, on: bool = True) -> None:
        """The medium acknowledges writes and forgets them."""
        self.command(do="drop", on=on)

    def heal(self) -> None:
        """The medium works from now on."""
        self.stall(0)
        self.refuse()
        self.make_read_only(False)
        self.drop(False)

    def counts(self) -> dict[str, int]:
        """How many requests were `refused`, how many bytes `dropped`."""
        return self.command(do="count")

    def command(self, **command: object) -> dict[str, int]:
        _tell(self._server, json.dumps(command))
        return json.loads(_hear(self._server))

    # -- parts --------------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        """A free loop device on the file; it is detached by the kernel when the last user closes it."""
        device = Path(f"/proc/{self._server.pid}/root") / (self.folder / "device").relative_to("/")
        file = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        control = os.open(_LOOP_CONTROL, os.O_RDWR | os.O_CLOEXEC)
        try:
            for _ in range(20):
                self.device = Path(f"/dev/loop{fcntl.ioctl(control, _GET_FREE)}")
                descriptor = os.open(self.device, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.ioctl(descriptor, _CONFIGURE, _configuration(file))
                except OSError:
                    # Another process took it meanwhile.
                    os.close(descriptor)
                    time.sleep(0.05)
                else:
                    self._loop = descriptor
                    return
        finally:
            os.close(file)
            os.close(control)
        raise OSError("no loop device could be had")


def _start(*command: str) -> subprocess.Popen[str]:
    """A process that ends with its standard input, and with nothing that befalls the terminal."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=_REPOSITORY, start_new_session=True)


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise OSError(f"{process.args!r} ended with {process.wait()}")
    return line


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(_PATIENCE_S)
    process.stdout.close()


def _configuration(file: int) -> bytes:
    """struct loop_config of linux/loop.h."""
    info = _LOOP_INFO.pack(0, 0, 0, 0, 0, 0, 0, 0, _AUTOCLEAR | _DIRECT_IO, 0, 0)
    return struct.pack("<II", file, 512) + info + bytes(64)
