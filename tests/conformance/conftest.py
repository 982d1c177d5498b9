"""Fixtures: one device for all tests, and a workbench for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conformance.report import Report
from tests.conformance.target import Target
from tests.conformance.workbench import Before, Device, Workbench, opened, sweep


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proves(requirement, section, needs): what a test shows, and on which devices")


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    plugin = request.config.pluginmanager.get_plugin("conformance-report")
    if not isinstance(plugin, Report):
        pytest.skip("run by `python -m tests.conformance HOST`")
    return plugin


@pytest.fixture(scope="session")
def target(report: Report) -> Target:
    return report.target


@pytest.fixture(scope="session")
def device(report: Report) -> Iterator[Device]:
    """The device, and the promise that it is left as it was found."""
    found = Device(report.target)
    report.features = found.features
    found.notes.add = report.note
    before = Before.of(found)
    yield found
    report.exchanges = found.wire.exchanges
    for left in sweep(found, before):
        report.note_in_the_end(f"a test left behind, now deleted: {left}")


@pytest.fixture(autouse=True)
def applicable(request: pytest.FixtureRequest, device: Device) -> None:
    """Skip what the device does not state."""
    mark = request.node.get_closest_marker("proves")
    assert mark is not None, "a test says what it proves"
    device.need(*mark.args[2])


@pytest.fixture
def bench(device: Device, applicable: None) -> Iterator[Workbench]:
    with opened(device) as made:
        yield made


@pytest.fixture
def recording(bench: Workbench) -> str:
    """A recording for this test."""
    return bench.recording()
