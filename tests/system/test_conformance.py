"""The conformance suite, run as its users run it, against this product."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.harness.station import PASSWORD, USERNAME, StationProcess

# What is small is soon full.
BOARD = {"limits": {"recordings": 16, "jobs": 16, "receivers": 12}}
ROOT = Path(__file__).parents[2]
LIMIT_S = 300


def run(station: StationProcess, report: Path, *options: str, password: str = PASSWORD) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tests.conformance", station.url, "--user", USERNAME, "--password", password]
    command += ["--report", str(report), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False)


@pytest.mark.timeout(LIMIT_S + 20)
def test_the_station_conforms(station: StationProcess, tmp_path: Path) -> None:
    ran = run(station, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    failed = [
        f"{one['requirement']} {one['name']}: {one['why']}" for one in report["results"] if one["outcome"] == "failed"
    ]
    assert not failed, "\n".join(failed)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert not report["notes"], "a test left something behind"
    assert report["counts"]["passed"] > 450, "the features that the station has are all tested"
    assert (tmp_path / "junit.xml").read_text().startswith("<?xml")


def test_a_device_that_refuses_the_account_fails(station: StationProcess, tmp_path: Path) -> None:
    ran = run(station, tmp_path, "--only", "test_capabilities", password="wrong")
    assert ran.returncode == 1
    assert "0 pass" in ran.stdout
