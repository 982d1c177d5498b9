"""`python -m tests.conformance HOST --user USER --password PASS`: test a device, tell how it did."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest
from tests.conformance.report import Report
from tests.conformance.target import Target

_HERE = Path(__file__).parent


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("host", help="name or address, with an optional port; or the beginning of a URL")
    parser.add_argument("--user", required=True, help="an administrator's account")
    parser.add_argument(
        "--password", default=os.environ.get("CONFORMANCE_PASSWORD", ""), help="or $CONFORMANCE_PASSWORD"
    )
    parser.add_argument(
        "--login", choices=("digest", "token"), default="digest", help="HTTP Digest or WS-UsernameToken"
    )
    parser.add_argument("--camera", default="", help="rtsp:// address of a camera for the receiver tests")
    parser.add_argument("--lenient", action="store_true", help="accept other faults than specified, and note them")
    parser.add_argument("--destructive", action="store_true", help="use recordings that are there, fill the device up")
    parser.add_argument("--patience", type=float, default=20.0, help="seconds to wait for a state or an event")
    parser.add_argument("--only", default="", help="words in the names of the tests to run, as pytest -k takes them")
    parser.add_argument("--report", type=Path, help="folder for report.txt, report.json and junit.xml")
    parser.add_argument("--traces", action="store_true", help="show where in a test it failed")
    return parser.parse_args()


def main() -> int:
    """0 if nothing failed, 1 otherwise, 2 for a wrong command line or no device."""
    chosen = _arguments()
    try:
        target = Target.at(
            chosen.host,
            chosen.user,
            chosen.password,
            login=chosen.login,
            camera=chosen.camera,
            lenient=chosen.lenient,
            destructive=chosen.destructive,
            patience_s=chosen.patience,
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    report = Report(target)
    options = [str(_HERE), "-c", str(_HERE / "pytest.ini"), "--rootdir", str(_HERE)]
    options += ["-k", chosen.only] if chosen.only else []
    options += ["--junitxml", str(chosen.report / "junit.xml")] if chosen.report else []
    options += ["--tb=short"] if chosen.traces else ["--tb=no", "--no-header", "--no-summary"]
    pytest.main(options, plugins=[_Named(report)])
    print("\n".join(report.lines()))
    if chosen.report:
        report.write(chosen.report)
    if not report.results:
        return 2
    return 1 if report.counts["failed"] else 0


class _Named:
    """Registers the report under the name by which fixtures find it."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._report, "conformance-report")


if __name__ == "__main__":
    sys.exit(main())
