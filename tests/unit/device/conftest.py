"""A memory of the box in a temporary directory, with one administrator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.device.settings import MIGRATIONS, Settings
from argus.device.users import Users


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "device.sqlite", MIGRATIONS)
    yield database
    database.close()


@pytest.fixture
def settings(database: Database) -> Settings:
    return Settings(database)


@pytest.fixture
def users(database: Database) -> Users:
    users = Users(database)
    users.ensure_administrator("correct horse")
    return users
