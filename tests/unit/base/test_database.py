"""The database is durable, all-or-nothing, and refuses files that are not its own."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from argus.base.database import Database
from argus.base.errors import Unavailable

SCHEMA = ["CREATE TABLE thing (name TEXT PRIMARY KEY)"]


async def test_a_written_row_is_read_after_reopening(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "d", SCHEMA)
    await database.write([("INSERT INTO thing VALUES (?)", ("a",))])
    database.close()
    assert Database.open(tmp_path / "d", SCHEMA).read("SELECT name FROM thing") == [("a",)]


async def test_a_failing_statement_undoes_the_whole_transaction(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "d", SCHEMA)
    insert = ("INSERT INTO thing VALUES (?)", ("a",))
    with pytest.raises(Unavailable):
        await database.write([insert, insert])
    assert database.read("SELECT * FROM thing") == []


async def test_memory_follows_the_commit_even_where_the_caller_is_cancelled(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "d", SCHEMA)
    followed: list[str] = []
    task = asyncio.ensure_future(
        database.write([("INSERT INTO thing VALUES (?)", ("a",))], lambda: followed.append("committed"))
    )
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert followed == ["committed"]
    assert database.read("SELECT name FROM thing") == [("a",)]


async def test_memory_stays_where_the_disk_refused(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "d", SCHEMA)
    followed: list[str] = []
    with pytest.raises(Unavailable):
        await database.write([("INSERT INTO nothing VALUES (1)", ())], lambda: followed.append("committed"))
    assert followed == []


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "d") as foreign:
        foreign.execute("CREATE TABLE other (x)")
    with pytest.raises(Unavailable, match="another program"):
        Database.open(tmp_path / "d", SCHEMA)


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    Database.open(tmp_path / "d", [*SCHEMA, "CREATE TABLE more (x)"]).close()
    with pytest.raises(Unavailable, match="newer release"):
        Database.open(tmp_path / "d", SCHEMA)


def test_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d").write_bytes(b"garbage" * 1000)
    with pytest.raises(Unavailable):
        Database.open(tmp_path / "d", SCHEMA)
