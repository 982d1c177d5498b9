"""One file served through /dev/fuse: what a loop device on it writes and flushes arrives here, in order.

The kernel's own protocol (linux/fuse.h, version 7.31), as far as one regular file without a directory needs it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from pathlib import Path
from typing import Protocol

MAX_WRITE_BYTES = 1 << 20
_ROOM = MAX_WRITE_BYTES + 8192

_IN = struct.Struct("<IIQQIIIHH")
_OUT = struct.Struct("<IiQ")
_INIT_IN = struct.Struct("<IIII")
_INIT_OUT = struct.Struct("<IIIIHHIIHHII24x")
_ATTRIBUTES = struct.Struct("<QIIQQQQQQIIIIIIIIII")
_OPEN_OUT = struct.Struct("<QIi")
_TRANSFER_IN = struct.Struct("<QQIIQII")
_WRITE_OUT = struct.Struct("<II")
_STATFS_OUT = struct.Struct("<QQQQQIIII24x")

_FORGET, _GETATTR, _SETATTR, _OPEN, _READ, _WRITE, _STATFS, _RELEASE = 2, 3, 4, 14, 15, 16, 17, 18
_FSYNC, _FLUSH, _INIT, _INTERRUPT, _DESTROY, _BATCH_FORGET = 20, 25, 26, 36, 38, 42
_UNANSWERED = (_FORGET, _INTERRUPT, _BATCH_FORGET)
_ASYNC_READ, _BIG_WRITES, _ASYNC_DIRECT, _MAX_PAGES = 1 << 0, 1 << 5, 1 << 15, 1 << 22
_DIRECT_IO = 1
_NAMESPACE_OF_MOUNTS, _PRIVATE = 0x20000, 0x4000 | 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)


class Medium(Protocol):
    """What lies behind the file. OSError becomes the answer to the kernel."""

    size_bytes: int

    def read(self, offset: int, size: int) -> bytes: ...

    def write(self, offset: int, data: memoryview) -> None: ...

    def flush(self) -> None: ...


def own_mounts() -> None:
    """Whatever is mounted from here on is seen by this process and its children only, and ends with them."""
    if _libc.unshare(_NAMESPACE_OF_MOUNTS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("none", Path("/"), None, _PRIVATE, None)


def _mount(source: str, target: Path, kind: str | None, flags: int, options: str | None) -> None:
    texts = [text.encode() if text is not None else None for text in (source, str(target), kind, options)]
    if _libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}")


class FuseFile:
    """A regular file mounted over another one; `serve` answers the kernel until the file is unmounted."""

    def __init__(self, path: Path, medium: Medium) -> None:
        self._medium = medium
        self._descriptor = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._descriptor},rootmode={stat.S_IFREG:o},user_id=0,group_id=0,allow_other"
        _mount("power", path, "fuse", 0, options)

    def serve(self) -> None:
        buffer = bytearray(_ROOM)
        view = memoryview(buffer)
        while True:
            try:
                size = os.readv(self._descriptor, [buffer])
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                raise
            self._answer(view[:size])

    def _answer(self, request: memoryview) -> None:
        _, operation, unique, *_ = _IN.unpack_from(request)
        if operation in _UNANSWERED:
            return
        try:
            answer, error = self._perform(operation, request[_IN.size :]), 0
        except OSError as refusal:
            answer, error = b"", -(refusal.errno or errno.EIO)
        try:
            os.writev(self._descriptor, [_OUT.pack(_OUT.size + len(answer), error, unique), answer])
        except FileNotFoundError:
            # Whoever asked is gone.
            return

    def _perform(self, operation: int, body: memoryview) -> bytes:
        if operation == _WRITE:
            _, offset, size, *_ = _TRANSFER_IN.unpack_from(body)
            self._medium.write(offset, body[_TRANSFER_IN.size : _TRANSFER_IN.size + size])
            return _WRITE_OUT.pack(size, 0)
        if operation == _READ:
            _, offset, size, *_ = _TRANSFER_IN.unpack_from(body)
            return self._medium.read(offset, size)
        if operation == _FSYNC:
            self._medium.flush()
            return b""
        return self._housekeeping(operation, body)

    def _housekeeping(self, operation: int, body: memoryview) -> bytes:
        if operation == _INIT:
            major, minor, readahead, offered = _INIT_IN.unpack_from(body)
            flags = offered & (_ASYNC_READ | _BIG_WRITES | _ASYNC_DIRECT | _MAX_PAGES)
            pages = MAX_WRITE_BYTES // 4096
            return _INIT_OUT.pack(major, min(minor, 31), readahead, flags, 64, 48, MAX_WRITE_BYTES, 1, pages, 0, 0, 0)
        if operation in (_GETATTR, _SETATTR):
            size = self._medium.size_bytes
            times = (0,) * 6
            return _ATTRIBUTES.pack(60, 0, 0, 1, size, size // 512, *times, stat.S_IFREG | 0o600, 1, 0, 0, 0, 4096, 0)
        if operation == _OPEN:
            return _OPEN_OUT.pack(1, _DIRECT_IO, 0)
        if operation == _STATFS:
            blocks = self._medium.size_bytes // 4096
            return _STATFS_OUT.pack(blocks, 0, 0, 1, 0, 4096, 255, 4096, 0)
        if operation in (_RELEASE, _FLUSH, _DESTROY):
            return b""
        raise OSError(errno.ENOSYS, "not asked of one file")
