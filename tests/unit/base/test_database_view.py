import sqlite3
from pathlib import Path

import pytest

from argus.base.database import Database
from argus.base.database_view import read_only
from argus.base.errors import Unavailable

MIGRATIONS = ("CREATE TABLE word (text TEXT); INSERT INTO word VALUES ('first')",)


def words(path: Path) -> list[object]:
    return [row[0] for row in read_only(path, "SELECT text FROM word ORDER BY rowid")]


def test_a_closed_database_is_read_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a b?.sqlite"
    Database.open(path, MIGRATIONS).close()
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    assert words(path) == ["first"]
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


async def test_a_database_in_use_is_read_as_its_last_transaction_left_it(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "d.sqlite", MIGRATIONS)
    await database.write([("INSERT INTO word VALUES (?)", ("second",))])
    assert words(tmp_path / "d.sqlite") == ["first", "second"]
    database.close()


def test_what_is_no_database_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not exist"):
        words(tmp_path / "nothing")
    (tmp_path / "letter").write_text("Dear Sir or Madam" * 100)
    with pytest.raises(Unavailable, match="cannot be read"):
        words(tmp_path / "letter")
    foreign = sqlite3.connect(tmp_path / "foreign")
    foreign.execute("CREATE TABLE word (text TEXT)")
    foreign.close()
    with pytest.raises(Unavailable, match="belongs to another program"):
        words(tmp_path / "foreign")
