"""What the SQLite of this very process writes, told as it goes to the file system.

Python's `sqlite3` uses the system's library, so that its file functions can be replaced in memory: no privilege and no
other program is needed, and the product runs as it is.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_LIBRARY = "libsqlite3.so.0"
_OK = 0
_CREATE, _MAIN, _MAIN_JOURNAL, _SUPER_JOURNAL, _WAL = 0x4, 0x100, 0x800, 0x4000, 0x80000
# SQLite synchronizes the folder with the first sync of a journal that it created.
_WITH_FOLDER = _MAIN_JOURNAL | _SUPER_JOURNAL | _WAL

_pointer, _int, _int64, _text = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_char_p
# Names are handed on as they came: SQLite keeps the pointer, and more behind the text.
_Open = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _pointer, _int, _pointer)
_Delete = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int)
_Write = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int, _int64)
_Truncate = ctypes.CFUNCTYPE(_int, _pointer, _int64)
_Sync = ctypes.CFUNCTYPE(_int, _pointer, _int)


class Observer(Protocol):
    """Who is told, in the thread that writes, once the write was done. Paths are absolute."""

    def opened(self, path: str) -> None: ...
    def wrote(self, path: str, offset: int, data: bytes) -> None: ...
    def truncated(self, path: str, size: int) -> None: ...
    def synced(self, path: str, *, with_folder: bool) -> None: ...
    def deleted(self, path: str, *, with_folder: bool) -> None: ...


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, as far as it is read here."""

    _fields_ = [
        ("version", _int),
        ("file_size", _int),
        ("longest_path", _int),
        ("next", _pointer),
        ("name", _text),
        ("data", _pointer),
        ("open", _pointer),
        ("delete", _pointer),
    ]


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = [
        ("version", _int),
        ("close", _pointer),
        ("read", _pointer),
        ("write", _pointer),
        ("truncate", _pointer),
        ("sync", _pointer),
        ("others", _pointer * 13),
    ]


class _File(ctypes.Structure):
    """sqlite3_file."""

    _fields_ = [("methods", ctypes.POINTER(_Methods))]


def missing() -> str:
    """Why SQLite cannot be listened to here; empty where it can."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return f"{_LIBRARY} is not installed"
    if "libsqlite3" not in Path("/proc/self/maps").read_text():
        return "Python brings an SQLite of its own"
    ours = sqlite3.sqlite_version.encode()
    library.sqlite3_libversion.restype = ctypes.c_char_p
    return "" if library.sqlite3_libversion() == ours else "Python uses another SQLite than the system's"


def _vfs(library: ctypes.CDLL) -> _Vfs:
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    return library.sqlite3_vfs_find(None).contents


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Tell `observer` of every file that is opened in here until all of them are closed."""
    hook = _Hook(_vfs(ctypes.CDLL(_LIBRARY)), observer)
    hook.install()
    try:
        yield
    finally:
        hook.remove()
        _KEPT.append(hook)


# A connection that is closed late still calls what was put into its files.
_KEPT: list[_Hook] = []


class _Hook:
    def __init__(self, vfs: _Vfs, observer: Observer) -> None:
        self._vfs = vfs
        self._observer = observer
        self._genuine = (vfs.open, vfs.delete)
        self._open, self._delete = _Open(vfs.open), _Delete(vfs.delete)
        self._open_hook, self._delete_hook = _Open(self._opens), _Delete(self._deletes)
        self._paths: dict[int, str] = {}
        self._folder_due: set[int] = set()
        self._tables: dict[int, tuple[_Methods, list[object]]] = {}

    def install(self) -> None:
        self._vfs.open = ctypes.cast(self._open_hook, _pointer).value
        self._vfs.delete = ctypes.cast(self._delete_hook, _pointer).value

    def remove(self) -> None:
        self._vfs.open, self._vfs.delete = self._genuine

    def _opens(self, vfs: int, name: int | None, file: int, flags: int, told: int | None) -> int:
        path = os.fsdecode(ctypes.string_at(name)) if name is not None else ""
        is_new = bool(path) and not Path(path).exists()
        outcome: int = self._open(vfs, name, file, flags, told)
        if outcome == _OK and path and flags & (_MAIN | _WITH_FOLDER):
            self._paths[file] = path
            self._folder_due.discard(file)
            if is_new and flags & _CREATE and flags & _WITH_FOLDER:
                self._folder_due.add(file)
            shell = _File.from_address(file)
            shell.methods = ctypes.pointer(self._table(shell.methods))
            self._observer.opened(path)
        return outcome

    def _deletes(self, vfs: int, name: int, with_folder: int) -> int:
        outcome: int = self._delete(vfs, name, with_folder)
        if outcome == _OK:
            self._observer.deleted(os.fsdecode(ctypes.string_at(name)), with_folder=bool(with_folder))
        return outcome

    def _table(self, genuine: ctypes._Pointer[_Methods]) -> _Methods:
        address = ctypes.addressof(genuine.contents)
        if address not in self._tables:
            table = _Methods.from_buffer_copy(genuine.contents)
            hooks: list[object] = [
                self._hooked(_Write, table.write, self._wrote),
                self._hooked(_Truncate, table.truncate, self._truncated),
                self._hooked(_Sync, table.sync, self._synced),
            ]
            table.write, table.truncate, table.sync = (ctypes.cast(hook, _pointer).value for hook in hooks)  # type: ignore[arg-type]
            self._tables[address] = table, hooks
        return self._tables[address][0]

    @staticmethod
    def _hooked(kind: type, address: int, tell: Callable[..., None]) -> object:
        genuine = kind(address)

        def call(file: int, *arguments: int) -> int:
            outcome: int = genuine(file, *arguments)
            if outcome == _OK:
                tell(file, *arguments)
            return outcome

        return kind(call)

    def _wrote(self, file: int, data: int, size: int, offset: int) -> None:
        self._observer.wrote(self._paths[file], offset, ctypes.string_at(data, size))

    def _truncated(self, file: int, size: int) -> None:
        self._observer.truncated(self._paths[file], size)

    def _synced(self, file: int, _flags: int) -> None:
        with_folder = file in self._folder_due
        self._folder_due.discard(file)
        self._observer.synced(self._paths[file], with_folder=with_folder)
