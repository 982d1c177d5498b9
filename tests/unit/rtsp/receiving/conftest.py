"""What the tests of receiving share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.rtsp.receiving.network import ReceivingStation


@pytest.fixture
async def station(tmp_path: Path) -> AsyncIterator[ReceivingStation]:
    station = ReceivingStation(tmp_path / "receivers.sqlite")
    yield station
    station.database.close()
