"""What the store's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.store.desk import Desk
from tests.unit.store.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "store.sqlite")
    yield house
    house.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "slot").mkdir()
    return Desk(tmp_path / "slot" / "volume.ring", tmp_path / "pocket")
