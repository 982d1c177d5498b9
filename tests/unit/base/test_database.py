"""The database is durable, all-or-nothing, and refuses files that are not its own."""

import asyncio
import errno
import os
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


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.statvfs_result((4096, 4096, 1000, 0, 0, 1000, 10, 10, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with pytest.raises(Unavailable, match=r"/d: there is no space left \(near \"nonsense\""):
        Database.open(tmp_path / "d", ["nonsense"])


def test_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d").write_bytes(b"garbage" * 1000)
    with pytest.raises(Unavailable):
        Database.open(tmp_path / "d", SCHEMA)


def spoil(path: Path) -> None:
    """Fill every page with noise, the first one behind its header."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * (size - 100))


async def test_the_copy_takes_the_place_of_a_damaged_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "d"
    database = Database.open(path, SCHEMA)
    await database.write([("INSERT INTO thing VALUES (?)", ("a",))])
    database.close()
    spoil(path)
    spoiled = path.read_bytes()
    database = Database.open(path, SCHEMA)
    assert database.read("SELECT name FROM thing") == [("a",)]
    assert "takes its place" in caplog.text
    assert (tmp_path / "d.damaged").read_bytes() == spoiled
    await database.write([("INSERT INTO thing VALUES (?)", ("b",))])
    database.close()
    assert Database.open(path, SCHEMA).read("SELECT name FROM thing") == [("a",), ("b",)]


async def test_the_copy_is_made_although_everything_is_read_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "d"
    database = Database.open(path, SCHEMA)
    await database.write([("INSERT INTO thing VALUES (?)", (str(number),)) for number in range(20_000)])
    database.close()
    for _ in range(3):
        database = Database.open(path, SCHEMA)
        assert len(database.read("SELECT name FROM thing")) == 20_000
        database.close()
    assert "no copy" not in caplog.text


async def test_a_file_that_lost_all_it_held_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "d"
    database = Database.open(path, SCHEMA)
    await database.write([("INSERT INTO thing VALUES (?)", ("a",))])
    database.close()
    path.write_bytes(b"")
    assert Database.open(path, SCHEMA).read("SELECT name FROM thing") == [("a",)]


async def test_the_file_holds_every_change_and_the_log_none(tmp_path: Path) -> None:
    path = tmp_path / "d"
    database = Database.open(path, SCHEMA)
    await database.write([("INSERT INTO thing VALUES (?)", ("a",))])
    for _ in range(2):  # the second one waits for the copy that the first one asks for
        database.write_now([])
    killed = tmp_path / "killed"
    killed.write_bytes(path.read_bytes())
    assert Database.open(killed, SCHEMA).read("SELECT name FROM thing") == [("a",)]


async def test_a_damaged_copy_leaves_a_sound_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "d"
    database = Database.open(path, SCHEMA)
    await database.write([("INSERT INTO thing VALUES (?)", ("a",))])
    database.close()
    spoil(tmp_path / "d.copy")
    (tmp_path / "d.copy.new").write_bytes(b"half a copy")
    database = Database.open(path, SCHEMA)
    assert database.read("SELECT name FROM thing") == [("a",)]
    database.close()
    spoil(path)
    spoil(tmp_path / "d.copy")
    with pytest.raises(Unavailable, match="recorded media is not touched"):
        Database.open(path, SCHEMA)


def test_only_the_owner_may_read_the_copy(tmp_path: Path) -> None:
    Database.open(tmp_path / "d", SCHEMA).close()
    assert (tmp_path / "d.copy").stat().st_mode & 0o777 == 0o600


def test_a_file_of_somebody_else_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(Unavailable, match="Operation not permitted"):
        Database.open(tmp_path / "d", SCHEMA)
