"""Tells the service manager how we are, by the protocol of sd_notify(3)."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

logger = logging.getLogger(__name__)

_LONGEST_STATUS = 500


class SystemdNotifier:
    """Speaks to systemd over the datagram socket it named; says nothing where none was named.

    A message that cannot be delivered is logged once and otherwise lost: the manager's own time limits decide then.
    `watchdog_s` is how long systemd waits for a sign of life before it kills us, 0 when it does not.
    """

    def __init__(self, address: str = "", *, watchdog_s: float = 0.0) -> None:
        self.watchdog_s = watchdog_s
        # A leading @ stands for the NUL byte of the abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._complained = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> SystemdNotifier:
        """As systemd's NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say."""
        address = environment.get("NOTIFY_SOCKET", "")
        if address and address[0] not in "@/":
            logger.warning("NOTIFY_SOCKET %r is neither a path nor an abstract name; nobody is notified", address)
            address = ""
        meant = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        watchdog_us = environment.get("WATCHDOG_USEC", "")
        return cls(address, watchdog_s=int(watchdog_us) / 1e6 if meant and watchdog_us.isdecimal() else 0.0)

    def ready(self) -> None:
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + " ".join(text.split())[:_LONGEST_STATUS])

    def watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            # A new socket each time: the manager may have been re-executed and made its socket anew.
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as out:
                out.sendto(message.encode("utf-8", "replace"), self._address)
        except OSError as error:
            if not self._complained:
                logger.warning("the service manager was not notified of %s: %s", message, error)
            self._complained = True


class SimulatedNotifier:
    """The twin: keeps what it was told, in order, in the words of the protocol."""

    def __init__(self, *, watchdog_s: float = 0.0) -> None:
        self.watchdog_s = watchdog_s
        self.messages: list[str] = []

    def ready(self) -> None:
        self.messages.append("READY=1")

    def status(self, text: str) -> None:
        self.messages.append(f"STATUS={text}")

    def watchdog(self) -> None:
        self.messages.append("WATCHDOG=1")

    def stopping(self) -> None:
        self.messages.append("STOPPING=1")
