"""The systemd units that we own are valid."""

import shutil
import subprocess
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"


@pytest.mark.parametrize("unit", sorted(SERVICES.glob("*.service")), ids=lambda path: path.name)
def test_unit_passes_systemd_analyze_verify(unit: Path, tmp_path: Path) -> None:
    # The program itself is not installed on the machine that runs the tests; any executable stands in for it.
    installed = tmp_path / unit.name
    installed.write_text(unit.read_text().replace("/usr/bin/argus-station", shutil.which("true") or "/bin/true"))
    outcome = subprocess.run(["systemd-analyze", "verify", installed], capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_the_service_is_supervised_by_progress() -> None:
    unit = (SERVICES / "argus-station.service").read_text()
    assert "Type=notify" in unit
    assert "WatchdogSec=" in unit


def test_the_service_may_ask_whether_the_clock_is_synchronized() -> None:
    lines = (SERVICES / "argus-station.service").read_text().splitlines()
    assert "SystemCallFilter=adjtimex clock_adjtime clock_adjtime64" in lines
