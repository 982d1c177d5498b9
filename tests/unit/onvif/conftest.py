"""What the tests of the services share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.onvif.recorder import RecorderDevice, new_device


@pytest.fixture
def device(tmp_path: Path) -> Iterator[RecorderDevice]:
    device = new_device(tmp_path)
    yield device
    device.close()
