"""What takes minutes runs on demand: `pytest tests/power --all-faults`, as `make test-power` does."""

from __future__ import annotations

import pytest
from tests.power.rig import missing


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-faults", action="store_true", help="also run the faults of a medium that take minutes")


@pytest.fixture(scope="session")
def possible() -> None:
    """Skips, with the reason, where a rig cannot be set up."""
    reason = missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def on_demand(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--all-faults"):
        pytest.skip("takes long; run by make test-power")
