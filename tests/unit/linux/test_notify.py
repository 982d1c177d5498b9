"""What the service manager receives, over a path and over an abstract name."""

import logging
import os
import socket
from pathlib import Path

import pytest

from argus.linux.notify import SimulatedNotifier, SystemdNotifier


@pytest.mark.parametrize("abstract", [False, True])
def test_every_sign_reaches_the_manager(tmp_path: Path, abstract: bool) -> None:
    name = f"@argus-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        notifier = SystemdNotifier.from_environment({"NOTIFY_SOCKET": name})
        notifier.ready()
        notifier.status("recording\non pier 7")
        notifier.watchdog()
        notifier.stopping()
        received = [manager.recv(1000).decode() for _ in range(4)]
    assert received == ["READY=1", "STATUS=recording on pier 7", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
    ],
)
def test_the_watchdog_interval_is_ours_alone(environment: dict[str, str], watchdog_s: float) -> None:
    assert SystemdNotifier.from_environment(environment).watchdog_s == watchdog_s


def test_without_a_manager_nothing_is_sent_and_nothing_fails(caplog: pytest.LogCaptureFixture) -> None:
    SystemdNotifier.from_environment({}).ready()
    assert not caplog.records
    SystemdNotifier.from_environment({"NOTIFY_SOCKET": "vsock:2:1"}).ready()
    assert "nobody is notified" in caplog.text


def test_a_lost_message_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    notifier = SystemdNotifier(str(tmp_path / "absent"))
    for _ in range(3):
        notifier.watchdog()
    assert len(caplog.records) == 1


def test_the_twin_keeps_what_it_was_told() -> None:
    twin = SimulatedNotifier(watchdog_s=3)
    twin.ready()
    twin.status("recording")
    twin.watchdog()
    twin.stopping()
    assert twin.messages == ["READY=1", "STATUS=recording", "WATCHDOG=1", "STOPPING=1"]
