"""A slice of `make test-cuts`: power cuts in the middle of changes of configuration."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cuts.disk import Disk, Mark
from tests.cuts.history import record
from tests.cuts.judge import lay_out
from tests.cuts.mutants import MUTANTS
from tests.cuts.operations import SEQUENCE
from tests.cuts.run import Plan, history_of, judge_share, memory
from tests.cuts.sqlite_hook import missing
from tests.cuts.witness import Witness

from argus.base.database import Database


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Where nobody waits for a disk: what is durable is up to the model."""
    with tempfile.TemporaryDirectory(prefix="cuts", dir=memory()) as folder:
        yield Path(folder)


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

OLD = ("CREATE TABLE thing (name TEXT); INSERT INTO thing VALUES ('kept')",)
NEW = (*OLD, "CREATE TABLE other (name TEXT); INSERT INTO other SELECT name FROM thing; DROP TABLE thing")


@pytest.mark.parametrize("copy_every", [1, 4])
def test_a_cut_leaves_what_was_before_an_operation_or_after_it_and_nothing_answered_is_lost(copy_every: int) -> None:
    plan = Plan(copy_every=copy_every, every=17, scattered=1, damaged_every=600)
    tally = judge_share(plan, history_of(plan), 0, 1)
    assert not tally.wrong, "\n".join(tally.examples)
    assert min(tally.before, tally.after, tally.restored) > 50


@pytest.mark.parametrize("name", ["each_statement_by_itself", "copy_is_renamed_unsynchronized"])
def test_a_mistake_is_noticed(name: str) -> None:
    plan = Plan(every=5, damaged_every=10**9)
    with MUTANTS[name]():
        history = history_of(plan, SEQUENCE[:2])
    assert judge_share(plan, history, 0, 1).wrong


def test_what_the_log_tells_is_what_the_folder_holds(tmp_path: Path) -> None:
    history, disk = record(tmp_path / "site", SEQUENCE[:12], copy_every=2), Disk()
    for entry in history.entries:
        disk.play(entry)
    assert disk.killed() == {file.name: file.read_bytes() for file in (tmp_path / "site").iterdir()}
    assert len([entry for entry in history.entries if isinstance(entry, Mark)]) == 2 * 13


def test_a_cut_during_an_upgrade_leaves_the_old_schema_or_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    witness = Witness((tmp_path / "site").resolve())
    path = tmp_path / "site" / "d.sqlite"
    with witness.watching():
        Database.open(path, OLD).close()
        begun = len(witness.entries)
        Database.open(path, NEW).close()
    disk, found, rng = Disk(), set(), random.Random(1)
    for number, entry in enumerate(witness.entries):
        disk.play(entry)
        for left in (disk.killed(), disk.lost(), disk.torn(512, rng), disk.scattered(4096, rng)):
            lay_out(tmp_path / "cut", left)
            # Whatever is there, the older release finds its rows or the newer one makes something of them.
            database = Database.open(tmp_path / "cut" / "d.sqlite", NEW)
            assert database.read("SELECT name FROM other") == [("kept",)]
            database.close()
            assert not (tmp_path / "cut" / "d.sqlite.damaged").exists()
            found.add(number < begun)
    assert found == {True, False}


def test_a_kill_while_somebody_waits_for_the_answer_leaves_no_half_of_a_change(tmp_path: Path) -> None:
    """Several changes asked at once go to the database one after the other, each whole."""
    (tmp_path / "site").mkdir()
    witness = Witness((tmp_path / "site").resolve())

    async def ask() -> None:
        database = Database.open(tmp_path / "site" / "d.sqlite", OLD)
        twice = "INSERT INTO thing VALUES (?)"
        await asyncio.gather(*(database.write([(twice, (str(n),)), (twice, (str(n),))]) for n in range(5)))
        database.close()

    with witness.watching():
        asyncio.run(ask())
    disk, most = Disk(), 0
    for entry in witness.entries:
        disk.play(entry)
        lay_out(tmp_path / "cut", disk.killed())
        database = Database.open(tmp_path / "cut" / "d.sqlite", OLD)
        names = [name for (name,) in database.read("SELECT name FROM thing WHERE name != 'kept'")]
        database.close()
        assert names == [name for name in map(str, range(len(names) // 2)) for _ in range(2)]
        most = max(most, len(names))
    assert most == 10
