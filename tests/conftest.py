"""Which tests share a worker: those that drive whole stations, so that one at a time has the machine.

Two groups may run beside them, for they wait most of their time and have patience: the conformance suite, and what
receives from cameras.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# A machine that is busy makes no test wrong.
settings.register_profile("argus", deadline=None)
settings.load_profile("argus")


_CAMERAS = frozenset(
    f"tests/system/test_{name}.py"
    for name in (
        "camera_commands",
        "hostile_cameras",
        "receiver",
        "receiving",
        "restart_matrix",
        "rtp_of_others",
        "rtsp_client",
        "rtsp_codecs",
        "scenario",
    )
)


class Grouped(LoadScopeScheduling):
    """Tells groups by paths. The marks of `loadgroup` get lost: pytest no longer lets xdist write them into names."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path == "tests/system/test_conformance.py":
            return "conformance"
        if path in _CAMERAS:
            return "cameras"
        return "stations" if path.startswith(("tests/system/", "tests/power/")) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Grouped:
    return Grouped(config, log)  # type: ignore[arg-type]
