"""How a test says what it proves, and what a device has to have for it."""

from __future__ import annotations

import pytest


def proves(requirement: str, section: str, *needs: str) -> pytest.MarkDecorator:
    """`requirement` is a short name of this suite, `section` the specification and the title of its section.

    `needs` are names of `features.CONDITIONS`; without them the test is skipped with the reason.
    """
    return pytest.mark.proves(requirement, section, needs)


RC, RX, SC, EV, CO = "RecordingControl", "Receiver", "Schedule", "Core", "Core"
