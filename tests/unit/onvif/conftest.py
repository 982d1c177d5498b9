"""What the tests of the services share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.onvif.box import BoxDevice, new_box
from tests.unit.onvif.recorder import RecorderDevice, new_device


@pytest.fixture
def device(tmp_path: Path) -> Iterator[RecorderDevice]:
    device = new_device(tmp_path)
    yield device
    device.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[BoxDevice]:
    box = new_box(tmp_path)
    yield box
    box.close()
