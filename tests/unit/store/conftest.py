"""What the store's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.store.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "store.sqlite")
    yield house
    house.close()
