"""One run of the station: start, say where it is, run until told to stop, and leave nothing unwritten."""

from __future__ import annotations

import asyncio
import logging
import signal
from enum import Enum, auto

import click
import uvloop

from argus.station.choices import Launch
from argus.station.control import ControlSocket
from argus.station.wiring import Station, build

logger = logging.getLogger(__name__)


class Outcome(Enum):
    """Why a run ended well."""

    STOPPED = auto()
    REBOOT = auto()


class Run:
    """Holds what a run waits for: a signal, or a reboot of the simulated board."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._ready = False
        self.outcome = Outcome.STOPPED

    async def __call__(self, launch: Launch) -> Outcome:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        station = await asyncio.to_thread(build, launch, restart=self._reboot)
        password = station.box.users.ensure_administrator(launch.admin_password)
        control = ControlSocket(launch.data, lambda: station.health.status(ready=self._ready))

        async def ready() -> None:
            await station.serving()
            self._ready = True
            _introduce(station, None if launch.admin_password else password)

        try:
            await station.supervisor.run((*station.subsystems, control), ready=ready, stop=self._stop)
        finally:
            await asyncio.to_thread(station.close)
        return self.outcome

    def _reboot(self) -> None:
        self.outcome = Outcome.REBOOT
        self._stop.set()


def launch(settings: Launch) -> Outcome:
    """Run the station. Blocks until it has stopped.

    Raises:
        ArgusError: it could not start; the message says why.
        ExceptionGroup: a subsystem failed while it ran.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(Run()(settings))


def _introduce(station: Station, password: str | None) -> None:
    """Tell the person at the terminal where the station is, and the first password once."""
    rows = [(entry["name"], entry["value"]) for entry in station.addresses.listing()]
    rows.append(("endpoint", station.box.identity.endpoint_address))
    if password is not None:
        rows.append(("administrator", f"admin / {password}   (shown once, change it with any ONVIF client)"))
    lines = "\n".join(f"  {name:<15} {value}" for name, value in rows)
    click.echo(f"\nArgus station serves.\n{lines}\n")
