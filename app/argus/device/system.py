"""The box's date and time, and its restart.

Spec: Core § GetSystemDateAndTime, SetSystemDateAndTime, SystemReboot.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from argus.base.clock import Clock
from argus.base.errors import InvalidValue, Unavailable
from argus.base.units import to_utc_us
from argus.device import time_zone
from argus.device.settings import Settings

logger = logging.getLogger(__name__)

# The answer to SystemReboot must be on its way before we go down.
REBOOT_DELAY_S = 1.0
FIRST_YEAR, LAST_YEAR = 1970, 2099

_TIME_ZONE, _DAYLIGHT_SAVINGS = "system.time_zone", "system.daylight_savings"


class TimeSource(StrEnum):
    """tt:SetDateTimeType."""

    MANUAL = "Manual"
    NTP = "NTP"


class Actions(Protocol):
    """What the operating system does for us."""

    async def reboot(self) -> None: ...
    async def set_clock(self, utc_us: int) -> None: ...
    async def ntp_enabled(self) -> bool: ...
    async def set_ntp_enabled(self, enabled: bool) -> None: ...
    async def ntp_servers(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DateAndTime:
    """The time settings and the time. Everything inside the box is UTC; the time zone is for those who read it."""

    source: TimeSource
    daylight_savings: bool
    time_zone: str
    utc_us: int


class System:
    """Date, time and restart of the box."""

    name = "system"

    def __init__(self, actions: Actions, clock: Clock, settings: Settings) -> None:
        self._actions = actions
        self._clock = clock
        self._settings = settings
        self._reboot_asked = asyncio.Event()

    @property
    def time_zone(self) -> str:
        """The POSIX time zone of the box."""
        return self._settings.get(_TIME_ZONE, time_zone.UTC)

    async def date_and_time(self) -> DateAndTime:
        return DateAndTime(
            source=TimeSource.NTP if await self._ntp_enabled() else TimeSource.MANUAL,
            daylight_savings=self._settings.get(_DAYLIGHT_SAVINGS) == "1",
            time_zone=self.time_zone,
            utc_us=self._clock.utc_us(),
        )

    async def set_date_and_time(
        self, source: TimeSource, *, daylight_savings: bool, zone: str | None = None, utc_us: int | None = None
    ) -> None:
        """Set the clock by hand or leave it to NTP. Without a zone the present one stays.

        Raises:
            InvalidValue: `time zone`; or `date and time`: set by hand, but no time given.
            Unavailable: `ntp server`: none is known; `system`: the operating system refused.
        """
        values = {_DAYLIGHT_SAVINGS: "1" if daylight_savings else "0"}
        if zone is not None:
            values[_TIME_ZONE] = time_zone.check_time_zone(zone)
        if source is TimeSource.MANUAL:
            if utc_us is None:
                raise InvalidValue("date and time", "a clock set by hand needs the time to set")
            if await self._ntp_enabled():
                await self._actions.set_ntp_enabled(False)  # otherwise it would undo the change
            await self._actions.set_clock(utc_us)
        else:
            if not await self._actions.ntp_servers():
                raise Unavailable("ntp server", "no NTP server is known")
            await self._actions.set_ntp_enabled(True)
        await self._settings.put(values)
        logger.info("the clock is set: %s, %s", source, values)

    def ask_for_reboot(self) -> None:
        """Restart the box a second from now; asking again changes nothing."""
        self._reboot_asked.set()

    async def run(self) -> None:
        """Wait for a restart to be asked for and carry it out; if the system refuses, say so and wait again."""
        while True:
            await self._reboot_asked.wait()
            await self._clock.sleep(REBOOT_DELAY_S)
            try:
                await self._actions.reboot()
                logger.warning("the box restarts, as asked")
            except Unavailable:
                logger.exception("the box was asked to restart, but the system refused")
            self._reboot_asked.clear()

    async def _ntp_enabled(self) -> bool:
        try:
            return await self._actions.ntp_enabled()
        except Unavailable as error:
            # The time itself is known, and clients that cannot read it cannot log in.
            logger.info("whether NTP sets the clock is not known: %s", error)
            return False


def utc_of(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """The instant in microseconds of a date and time in UTC. A leap second counts as the second before it.

    Raises:
        InvalidValue: `date and time`: there is no such time, or it lies outside 1970..2099.
    """
    try:
        moment = datetime(year, month, day, hour, minute, 59 if second == 60 else second, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidValue("date and time", f"there is no such time: {error}") from error
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidValue("date and time", f"the year {year} is outside {FIRST_YEAR}..{LAST_YEAR}")
    return to_utc_us(moment)
