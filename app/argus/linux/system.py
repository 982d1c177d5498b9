"""What only the operating system can do to the box: restart it, set its clock, name it."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from argus.base.errors import Unavailable
from argus.linux.clock import AdjustableClock
from argus.linux.command import Runner, run_command
from argus.linux.files import sync_data, sync_directory
from argus.linux.time_sync import SimulatedTimeSync

logger = logging.getLogger(__name__)


class SystemActions(Protocol):
    """Actions on the whole box. Each raises Unavailable("system") where the system refuses."""

    async def reboot(self) -> None:
        """Begin an orderly restart; returns before the box goes down."""

    async def set_clock(self, utc_us: int) -> None:
        """Step the wall clock and the real-time clock behind it."""

    async def ntp_enabled(self) -> bool:
        """Whether the clock is being synchronized with NTP servers."""

    async def set_ntp_enabled(self, enabled: bool) -> None: ...

    async def ntp_servers(self) -> tuple[str, ...]:
        """Names or addresses of the servers that synchronization would use."""

    def hostname(self) -> str: ...

    async def set_hostname(self, hostname: str) -> None:
        """Name the box, now and after a restart. The caller has validated the name."""


class SystemdSystem:
    """The actions through systemd's own services.

    They write the real-time clock and /etc/hostname as well, and they decide by polkit whether we may: the station
    itself needs no privilege.
    """

    def __init__(self, run: Runner = run_command) -> None:
        self._run = run

    async def reboot(self) -> None:
        await self._run("systemctl", "--no-block", "reboot")

    async def set_clock(self, utc_us: int) -> None:
        # SetTime(usec_utc, relative, interactive); timedatectl would round to whole seconds of local time.
        await self._timedate("SetTime", "xbb", str(utc_us), "false", "false")

    async def ntp_enabled(self) -> bool:
        return (await self._run("timedatectl", "show", "--property=NTP", "--value")).strip() == "yes"

    async def set_ntp_enabled(self, enabled: bool) -> None:
        await self._timedate("SetNTP", "bb", str(enabled).lower(), "false")

    async def ntp_servers(self) -> tuple[str, ...]:
        lists = ("SystemNTPServers", "LinkNTPServers", "FallbackNTPServers")
        shown = await self._run("timedatectl", "show-timesync", "--value", *(f"--property={name}" for name in lists))
        return tuple(dict.fromkeys(shown.split()))

    def hostname(self) -> str:
        return socket.gethostname()

    async def set_hostname(self, hostname: str) -> None:
        await self._run("hostnamectl", "set-hostname", hostname)

    async def _timedate(self, method: str, signature: str, *arguments: str) -> None:
        name = "org.freedesktop.timedate1"
        await self._run("busctl", "call", name, "/org/freedesktop/timedate1", name, method, signature, *arguments)


class SimulatedSystem:
    """The twin: a reboot restarts the process, the clock is the product's own, the name is remembered in a file.

    `restart` is told when the box would go down. What a real board keeps over a restart (name, clock, NTP switch)
    is kept in `state`, if one is given; an unreadable file counts as a new board. The clock is synchronized, as
    `time_sync` tells, from switching NTP on until it is switched off or the clock is set by hand.
    """

    def __init__(
        self,
        clock: AdjustableClock,
        restart: Callable[[], None],
        *,
        state: Path | None = None,
        hostname: str = "argus-simulated",
        ntp_servers: tuple[str, ...] = (),
        time_sync: SimulatedTimeSync | None = None,
    ) -> None:
        self._clock = clock
        self._restart = restart
        self._state = state
        self._hostname = hostname
        self._ntp_servers = ntp_servers
        self._ntp = False
        self.time_sync = time_sync or SimulatedTimeSync()
        self._load()

    async def reboot(self) -> None:
        self._restart()

    async def set_clock(self, utc_us: int) -> None:
        self._clock.set_utc_us(utc_us)
        self.time_sync.synchronized = False
        await self._save()

    async def ntp_enabled(self) -> bool:
        return self._ntp

    async def set_ntp_enabled(self, enabled: bool) -> None:
        self._ntp = self.time_sync.synchronized = enabled
        if enabled:
            self._clock.offset_us = 0  # the machine under the simulation plays the time server
        await self._save()

    async def ntp_servers(self) -> tuple[str, ...]:
        return self._ntp_servers

    def hostname(self) -> str:
        return self._hostname

    async def set_hostname(self, hostname: str) -> None:
        self._hostname = hostname
        await self._save()

    def _load(self) -> None:
        if self._state is None or not self._state.exists():
            return
        try:
            known = json.loads(self._state.read_text(encoding="utf-8"))
            hostname, ntp, offset_us = str(known["hostname"]), bool(known["ntp"]), int(known["clock_offset_us"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("the simulated board forgot its name and time: %s: %r", self._state, error)
            return
        self._hostname, self._ntp, self._clock.offset_us = hostname, ntp, offset_us
        self.time_sync.synchronized = ntp

    async def _save(self) -> None:
        if self._state is None:
            return
        known = {"hostname": self._hostname, "ntp": self._ntp, "clock_offset_us": self._clock.offset_us}
        try:
            await asyncio.to_thread(_replace, self._state, json.dumps(known))
        except OSError as error:
            raise Unavailable("system", f"{self._state}: {error.strerror}") from error


def _replace(path: Path, text: str) -> None:
    """When this returns, the text survives a power cut; until then the one before does."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        sync_data(file.fileno())
    new.replace(path)
    sync_directory(path.parent)
