"""One run of the station: start, say where it is, run until told to stop, and leave nothing unwritten."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from enum import Enum, auto

import click
import uvloop

from argus.base.errors import ArgusError, InvalidValue, Unavailable
from argus.device.users import FIRST_ADMINISTRATOR, check_password
from argus.linux.memory import settle_memory, use_memory_sparingly
from argus.linux.os_error import reason
from argus.station.choices import Launch
from argus.station.control import ControlSocket
from argus.station.protections import Protections
from argus.station.requests import responders
from argus.station.wiring import DEVICE_DATABASE, Station, build

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
        try:
            # Told to stop while it was built: nothing is started any more.
            if not self._stop.is_set():
                await self._serve(station, launch)
        finally:
            await asyncio.to_thread(station.close)
        return self.outcome

    async def _serve(self, station: Station, launch: Launch) -> None:
        protections = Protections(station.storage)
        answers = responders(
            lambda: station.health.status(ready=self._ready), station.quotas, protections, station.cameras
        )
        control = ControlSocket(launch.data, answers)

        async def ready() -> None:
            await station.serving()
            self._ready = True
            settle_memory()
            _introduce(station, None if launch.admin_password else station.first_password)

        await station.supervisor.run((*station.subsystems, control), ready=ready, stop=self._stop)

    def _reboot(self) -> None:
        self.outcome = Outcome.REBOOT
        self._stop.set()


def launch(settings: Launch) -> Outcome:
    """Run the station. Blocks until it has stopped.

    Raises:
        ArgusError: it could not start or go on for a reason that was foreseen; the message says which.
        ExceptionGroup: a subsystem failed in a way that nobody foresaw.
    """
    _prepare(settings)
    use_memory_sparingly()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(Run()(settings))
    except ExceptionGroup as group:
        foreseen, unforeseen = group.split(ArgusError)
        if foreseen is None or unforeseen is not None:
            raise
        raise Unavailable("station", "; ".join(map(str, _members(foreseen)))) from group


def _prepare(settings: Launch) -> None:
    """Make the data directory, unless something is wrong that would leave it half filled."""
    try:
        new = not (settings.data / DEVICE_DATABASE).exists()
        if new and settings.admin_password is not None:
            check_password(FIRST_ADMINISTRATOR, settings.admin_password)
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except InvalidValue as error:
        raise InvalidValue(error.subject, f"the first administrator's password: {error}") from error
    except OSError as error:
        raise Unavailable("data directory", f"cannot use {settings.data}: {reason(error)}") from error
    if not os.access(settings.data, os.W_OK | os.X_OK):
        raise Unavailable("data directory", f"cannot write into {settings.data}")


def _members(group: BaseExceptionGroup[ArgusError]) -> list[ArgusError]:
    """The errors themselves, out of groups in groups."""
    members = []
    for error in group.exceptions:
        members += _members(error) if isinstance(error, BaseExceptionGroup) else [error]
    return members


def _introduce(station: Station, password: str | None) -> None:
    """Tell the person at the terminal where the station is, and the first password once."""
    rows = [(entry["name"], entry["value"]) for entry in station.addresses.listing()]
    rows.append(("endpoint", station.identity.endpoint_address))
    if password is not None:
        rows.append(("administrator", f"admin / {password}   (shown once, change it with any ONVIF client)"))
    lines = "\n".join(f"  {name:<15} {value}" for name, value in rows)
    try:
        click.echo(f"\nArgus station serves.\n{lines}\n")
    except OSError as error:
        logger.warning("nobody reads where the station is: standard output: %s", reason(error))
