"""SQLite as the home of configuration objects: power-cut safe, one writer, never on the event loop's thread."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from argus.base import database_copy
from argus.base.errors import Unavailable

logger = logging.getLogger(__name__)

# "ARGS" in ASCII: tells our files from other SQLite databases.
APPLICATION_ID = 0x41524753
# From a change to the copy that has it.
COPY_DELAY_S = 1.0

Value = str | int | float | bytes | None
Row = tuple[Value, ...]
Statement = tuple[str, Sequence[Value]]


class Database:
    """One SQLite file. `write` commits a list of statements durably, all or none.

    Reading happens at start-up (`read`); afterwards the rooms keep their objects in memory and only write. After a
    change a sound copy is kept beside the file (`database_copy`), which takes its place when it turns out damaged.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._copied = False
        self._copy_awaited = False
        self._closed = False
        self._copy_soon()

    @classmethod
    def open(cls, path: Path, migrations: Sequence[str]) -> Database:
        """Open or create `path` and bring its schema up to date.

        `migrations[n]` is the SQL script that leads from user_version n to n + 1.

        Raises:
            Unavailable: the file is foreign, written by a newer release, or damaged and so is its copy.
        """
        try:
            try:
                connection = _connect(path, migrations)
            except database_copy.Damaged as damage:
                database_copy.restore(path, damage)
                connection = _connect(path, migrations)
            path.chmod(0o600)
        except database_copy.Damaged as damage:
            raise Unavailable("database", f"{path} is damaged ({damage}); recorded media is not touched") from damage
        except sqlite3.DatabaseError as error:
            raise Unavailable("database", f"{path}: {_reason(error, path)}") from error
        except OSError as error:
            raise Unavailable("database", f"{path}: {error.strerror}") from error
        return cls(connection, path)

    def read(self, query: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """All rows of a SELECT."""
        # In turn with everything else: SQLite refuses to copy while rows are being fetched.
        return self._writer.submit(self._fetch, query, parameters).result()

    async def write(self, statements: Iterable[Statement], then: Callable[[], None] | None = None) -> None:
        """Commit the statements as one transaction; when this returns they survive a power cut.

        `then` brings memory in line: it runs on the event loop's thread once the transaction is committed, and only
        then. Cancelling the caller does not cancel the transaction: it completes, `then` runs, the cancellation
        follows.

        Raises:
            Unavailable: the disk refused; nothing was changed.
        """
        work = list(statements)
        running = asyncio.get_running_loop().run_in_executor(self._writer, self._commit, work)
        cancelled: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
        self._copy_later()
        failure = running.exception()
        if failure is None and then is not None:
            then()
        if cancelled is not None:
            raise cancelled from failure
        running.result()

    def write_now(self, statements: Iterable[Statement]) -> None:
        """Like `write`, for start-up, before the event loop runs."""
        self._writer.submit(self._commit, list(statements)).result()
        self._copy_soon()

    def _fetch(self, query: str, parameters: Sequence[Value]) -> list[Row]:
        return self._connection.execute(query, parameters).fetchall()

    def _commit(self, statements: list[Statement]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                self._connection.execute(sql, parameters)
            self._connection.execute("COMMIT")
            self._copied = False
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise Unavailable("database", f"the change was not stored: {error}") from error

    def close(self) -> None:
        """Finish what was asked and close the file."""
        self._closed = True
        self._writer.shutdown(wait=True)
        self._copy()
        self._connection.close()

    def _copy_later(self) -> None:
        """One copy for many changes in a row: none of them waits for it."""
        if not self._copy_awaited:
            self._copy_awaited = True
            asyncio.get_running_loop().call_later(COPY_DELAY_S, self._copy_soon)

    def _copy_soon(self) -> None:
        self._copy_awaited = False
        if not self._closed:
            self._writer.submit(self._copy)

    def _copy(self) -> None:
        if self._copied:
            return
        try:
            # The log holds the last change only: what happens to it costs no more than that.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database_copy.keep(self._connection, self._path)
            self._copied = True
        except (sqlite3.Error, OSError) as error:
            logger.warning("%s has no copy of its last change: %s", self._path, error)


def _connect(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """Raises Damaged, Unavailable, sqlite3.DatabaseError."""
    if database_copy.is_emptied(path):
        raise database_copy.Damaged("the file is empty")
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _check(connection, path, len(migrations))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection, migrations)
    except sqlite3.DatabaseError as error:
        connection.close()
        if error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise database_copy.Damaged(str(error)) from error
        raise
    except (Unavailable, database_copy.Damaged):
        connection.close()
        raise
    return connection


def _reason(error: sqlite3.DatabaseError, path: Path) -> str:
    """Why SQLite refused; a full disk is not always an error of its own there."""
    left = os.statvfs(path.parent)
    # A file system without a limit tells no blocks at all.
    full = left.f_blocks > 0 and left.f_bavail == 0
    return f"there is no space left ({error})" if full else str(error)


def _check(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application_id not in (0, APPLICATION_ID) or (application_id == 0 and tables):
        raise Unavailable("database", f"{path} belongs to another program; move it away to start anew")
    if version > newest:
        raise Unavailable("database", f"{path} was written by a newer release (schema {version}, ours is {newest})")
    if not database_copy.is_sound(connection):
        raise database_copy.Damaged("its pages contradict each other")


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(migrations[version:], start=version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE; {script}; PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {number}; COMMIT;"
        )
        logger.info("database schema is now version %d", number)
