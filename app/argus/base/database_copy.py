"""The copy beside a database: a bad block must not cost every recording its name and every user the password.

`d.sqlite.copy` holds what `d.sqlite` held at its last change. When the file turns out damaged it is set aside as
`d.sqlite.damaged` and the copy takes its place. Whoever erases a database for good erases all three.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

logger = logging.getLogger(__name__)


class Damaged(Exception):
    """What is wrong with a database file."""


def keep(connection: sqlite3.Connection, path: Path) -> None:
    """Replace the copy by what the database holds now, unless that is damaged. Raises sqlite3.Error, OSError."""
    unfinished, copy = _beside(path, ".copy.new"), _beside(path, ".copy")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as target:
        # A journal on disk would outlive a power cut and be taken for one of the next copy.
        target.execute("PRAGMA journal_mode = MEMORY")
        connection.backup(target)
        if not is_sound(target):
            raise sqlite3.DatabaseError("the database is damaged")
    _sync(unfinished)
    unfinished.replace(copy)
    _sync(path.parent)


def restore(path: Path, damage: Damaged) -> None:
    """Put the copy in the place of a damaged file, which is kept. Raises Damaged where there is no copy, OSError."""
    copy, aside = _beside(path, ".copy"), _beside(path, ".damaged")
    if not copy.exists():
        raise damage
    restored = _beside(path, ".restored")
    shutil.copyfile(copy, restored)
    restored.chmod(0o600)
    _sync(restored)
    for log in ("-wal", "-shm"):
        _beside(path, log).unlink(missing_ok=True)
    shutil.copyfile(path, aside)
    aside.chmod(0o600)
    restored.replace(path)
    _sync(path.parent)
    logger.error("%s is damaged (%s) and kept as %s; the copy of its last change takes its place", path, damage, aside)


def is_sound(connection: sqlite3.Connection) -> bool:
    """Whether SQLite finds no contradiction in the file. Raises sqlite3.DatabaseError where it is none at all."""
    return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")


def is_emptied(path: Path) -> bool:
    """Whether a file that has a copy lost all it held, which SQLite would take for a new one."""
    return path.exists() and path.stat().st_size == 0 and _beside(path, ".copy").exists()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
