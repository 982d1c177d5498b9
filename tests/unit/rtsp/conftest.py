"""The stage most tests of this room play on."""

from collections.abc import AsyncIterator

import pytest
from tests.unit.rtsp.conversation import Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.end()
