"""Which tests share a worker: those that drive whole stations, so that one at a time has the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

_WHOLE_STATIONS = tuple(Path(__file__).parent / folder for folder in ("system", "power"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _WHOLE_STATIONS):
            item.add_marker(pytest.mark.xdist_group("stations"))
