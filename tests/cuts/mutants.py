"""Mistakes planted into the product while a history is recorded: each must be noticed by the judge."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

from argus.base import database, database_copy
from argus.base.database import Database, Statement
from argus.linux import system


@contextmanager
def each_statement_by_itself() -> Iterator[None]:
    """What belongs together is committed one statement after the other."""
    genuine = Database._commit

    def commit(self: Database, statements: list[Statement]) -> None:
        for statement in statements:
            genuine(self, [statement])

    with patch.object(Database, "_commit", commit):
        yield


@contextmanager
def answered_before_it_is_durable() -> Iterator[None]:
    """The log of SQLite is synchronized when there is time for it."""
    genuine = database._connect

    def connect(path: Path, migrations: object) -> sqlite3.Connection:
        connection = genuine(path, migrations)  # type: ignore[arg-type]
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    with patch.object(database, "_connect", connect):
        yield


@contextmanager
def nothing_is_synchronized() -> Iterator[None]:
    """SQLite leaves the order of writes to the machine."""
    genuine = database._connect

    def connect(path: Path, migrations: object) -> sqlite3.Connection:
        connection = genuine(path, migrations)  # type: ignore[arg-type]
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    with patch.object(database, "_connect", connect):
        yield


@contextmanager
def copy_is_renamed_unsynchronized() -> Iterator[None]:
    """The copy gets its name before its data is on disk."""
    with patch.object(database_copy, "_sync", lambda path: None), _without_sync_of_target():
        yield


@contextmanager
def _without_sync_of_target() -> Iterator[None]:
    def keep(connection: sqlite3.Connection, path: Path) -> None:
        unfinished, copy = path.with_name(path.name + ".copy.new"), path.with_name(path.name + ".copy")
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as target:
            target.execute("PRAGMA journal_mode = MEMORY")
            target.execute("PRAGMA synchronous = OFF")
            connection.backup(target)
        unfinished.replace(copy)

    with patch.object(database_copy, "keep", keep):
        yield


@contextmanager
def copy_is_made_in_place() -> Iterator[None]:
    """The copy before is overwritten by the new one."""

    def keep(connection: sqlite3.Connection, path: Path) -> None:
        copy = path.with_name(path.name + ".copy")
        shutil.copyfile(path, copy)
        database_copy._sync(copy)
        database_copy._sync(path.parent)

    with patch.object(database_copy, "keep", keep):
        yield


@contextmanager
def name_of_the_box_is_not_synchronized() -> Iterator[None]:
    """The file beside the databases is replaced, and no more."""

    def replace(path: Path, text: str) -> None:
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)

    with patch.object(system, "_replace", replace):
        yield


MUTANTS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    mutant.__name__: mutant
    for mutant in (
        each_statement_by_itself,
        answered_before_it_is_durable,
        nothing_is_synchronized,
        copy_is_renamed_unsynchronized,
        copy_is_made_in_place,
        name_of_the_box_is_not_synchronized,
    )
}
