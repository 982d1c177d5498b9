"""The schedules of the box and their special days: kept over power cuts, followed by the clock.

Spec: Schedule 18.12
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from argus.base.clock import Clock
from argus.base.database import Database
from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.base.events import EventBus, Items
from argus.base.tokens import ScheduleToken, SpecialDayGroupToken, new_token
from argus.base.units import US_PER_S
from argus.device.schedule import rows
from argus.device.schedule.activity import Activity
from argus.device.schedule.calendar import Calendar
from argus.device.schedule.values import (
    MAX_DESCRIPTION_LENGTH,
    MAX_SCHEDULES,
    MAX_SPECIAL_DAY_GROUPS,
    Schedule,
    ScheduleState,
    SpecialDayGroup,
    check_group,
    check_schedule,
)

logger = logging.getLogger(__name__)

# A clock that steps, and a time zone that changes, are noticed this soon.
LONGEST_PAUSE_S = 1.0

STATE_TOPIC = "Schedule/State/Active"
_SCHEDULE_TOPIC = "Configuration/Schedule"
_GROUP_TOPIC = "Configuration/SpecialDays"


class Schedules:
    """Schedules and special day groups in order of creation.

    Subjects of the errors: `schedule`, `special day group` (NotFound, InvalidValue, Conflict while used), `calendar`
    (InvalidValue), and of LimitReached: `schedules`, `special day groups`, `special days schedules`,
    `days in a special day group`, `time periods per day`.
    """

    name = "schedules"

    def __init__(self, database: Database, events: EventBus, clock: Clock, time_zone: Callable[[], str]) -> None:
        """`time_zone` tells the POSIX time zone of the box. `used_by` may be set: does something need a schedule?"""
        self.used_by: Callable[[str], bool] = lambda _token: False
        self._database = database
        self._events = events
        self._clock = clock
        self._groups = rows.read_groups(database)
        self._schedules = rows.read_schedules(database)
        self._activity = Activity(clock, time_zone, self._days_of)
        self._changing = asyncio.Lock()
        self._observers: list[Callable[[], None]] = []
        self._told: dict[ScheduleToken, tuple[Items, ScheduleState]] = {}

    def all(self) -> tuple[Schedule, ...]:
        return tuple(self._schedules.values())

    def groups(self) -> tuple[SpecialDayGroup, ...]:
        return tuple(self._groups.values())

    def is_active(self, token: str) -> bool | None:
        """Whether it is time now; None where there is no such schedule."""
        schedule = self._schedules.get(ScheduleToken(token))
        return None if schedule is None else self._activity.state(schedule).active

    def state(self, token: ScheduleToken) -> ScheduleState:
        """What the schedule says about now."""
        return self._activity.state(self._known(token))

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` whenever the activity of any schedule may have changed; it must only queue."""
        self._observers.append(observer)

    async def create(self, schedule: Schedule) -> ScheduleToken:
        """Add a schedule, which has no token yet, and return its token.   Spec: Schedule 18.12 § CreateSchedule"""
        if schedule.token:
            raise InvalidValue("schedule", "a schedule to create has no token yet")
        token = ScheduleToken(new_token("Schedule"))
        async with self._changing:
            await self._put(replace(schedule, token=token))
        return token

    async def modify(self, schedule: Schedule) -> None:
        """Replace a schedule.   Spec: Schedule 18.12 § ModifySchedule"""
        async with self._changing:
            self._known(schedule.token)
            await self._put(schedule)

    async def set(self, schedule: Schedule) -> None:
        """Add or replace a schedule by the token it has.   Spec: Schedule 18.12 § SetSchedule"""
        async with self._changing:
            await self._put(schedule)

    async def delete(self, token: ScheduleToken) -> None:
        """Remove a schedule nothing needs.   Spec: Schedule 18.12 § DeleteSchedule"""
        async with self._changing:
            self._known(token)
            if self.used_by(token):
                raise Conflict("schedule", f"the schedule {token!r} is in use")
            await self._database.write([rows.delete_schedule(token)], lambda: self._drop(token))

    async def create_group(self, group: SpecialDayGroup) -> SpecialDayGroupToken:
        """Add a group, which has no token yet, and return its token.   Spec: Schedule 18.12 § CreateSpecialDayGroup"""
        if group.token:
            raise InvalidValue("special day group", "a special day group to create has no token yet")
        token = SpecialDayGroupToken(new_token("SpecialDays"))
        async with self._changing:
            await self._put_group(replace(group, token=token))
        return token

    async def modify_group(self, group: SpecialDayGroup) -> None:
        """Replace a group.   Spec: Schedule 18.12 § ModifySpecialDayGroup"""
        async with self._changing:
            self._check_group_exists(group.token)
            await self._put_group(group)

    async def set_group(self, group: SpecialDayGroup) -> None:
        """Add or replace a group by the token it has.   Spec: Schedule 18.12 § SetSpecialDayGroup"""
        async with self._changing:
            await self._put_group(group)

    async def delete_group(self, token: SpecialDayGroupToken) -> None:
        """Remove a group no schedule refers to.   Spec: Schedule 18.12 § DeleteSpecialDayGroup"""
        async with self._changing:
            self._check_group_exists(token)
            if any(special.group == token for one in self._schedules.values() for special in one.special_days):
                raise Conflict("special day group", f"a schedule refers to the special day group {token!r}")
            await self._database.write([rows.delete_group(token)], lambda: self._drop_group(token))

    async def run(self) -> None:
        """Tell when schedules begin and end, to the boundary by the clock, whatever the clock does meanwhile."""
        while True:
            self.tell()
            longest_us = int(LONGEST_PAUSE_S * US_PER_S)
            await self._clock.sleep(min(self._activity.until_next_us(self.all(), longest_us), longest_us) / US_PER_S)

    def tell(self) -> None:
        """Publish the states that are not the ones last told, and call the observers if there are any."""
        if self._publish_states():
            self._notify()

    def _publish_states(self) -> bool:
        changed = False
        for schedule in self._schedules.values():
            source = (("ScheduleToken", schedule.token), ("Name", schedule.name))
            state = self._activity.state(schedule)
            told = self._told.get(schedule.token)
            if told == (source, state):
                continue
            if told is not None and told[0] != source:
                self._events.delete_property(STATE_TOPIC, source=told[0])
            data = (("Active", state.active), ("SpecialDay", state.special_day))
            self._told[schedule.token] = source, state
            self._events.set_property(STATE_TOPIC, source=source, data=data)
            changed = True
        return changed

    async def _put(self, schedule: Schedule) -> None:
        schedule = replace(schedule, description=_cut(schedule.description))
        check_schedule(schedule)
        for special in schedule.special_days:
            self._check_group_exists(special.group)
        if schedule.token not in self._schedules and len(self._schedules) >= MAX_SCHEDULES:
            raise LimitReached("schedules", MAX_SCHEDULES)
        await self._database.write([rows.put_schedule(schedule)], lambda: self._adopt(schedule))

    async def _put_group(self, group: SpecialDayGroup) -> None:
        group = replace(group, description=_cut(group.description))
        check_group(group)
        if group.token not in self._groups and len(self._groups) >= MAX_SPECIAL_DAY_GROUPS:
            raise LimitReached("special day groups", MAX_SPECIAL_DAY_GROUPS)
        await self._database.write([rows.put_group(group)], lambda: self._adopt_group(group))

    def _adopt(self, schedule: Schedule) -> None:
        self._schedules[schedule.token] = schedule
        self._changed(f"{_SCHEDULE_TOPIC}/Changed", "ScheduleToken", schedule.token)

    def _drop(self, token: ScheduleToken) -> None:
        del self._schedules[token]
        source, _ = self._told.pop(token, ((), None))
        self._events.delete_property(STATE_TOPIC, source=source)
        self._changed(f"{_SCHEDULE_TOPIC}/Removed", "ScheduleToken", token)

    def _adopt_group(self, group: SpecialDayGroup) -> None:
        self._groups[group.token] = group
        self._changed(f"{_GROUP_TOPIC}/Changed", "SpecialDaysToken", group.token)

    def _drop_group(self, token: SpecialDayGroupToken) -> None:
        del self._groups[token]
        self._changed(f"{_GROUP_TOPIC}/Removed", "SpecialDaysToken", token)

    def _changed(self, topic: str, item: str, token: str) -> None:
        logger.info("%s %s", topic, token)
        self._activity.forget()
        self._events.publish(topic, source=((item, token),))
        self._publish_states()
        self._notify()

    def _notify(self) -> None:
        for observer in tuple(self._observers):
            observer()

    def _known(self, token: ScheduleToken) -> Schedule:
        schedule = self._schedules.get(token)
        if schedule is None:
            raise NotFound("schedule", token)
        return schedule

    def _check_group_exists(self, token: SpecialDayGroupToken) -> None:
        if token not in self._groups:
            raise NotFound("special day group", token)

    def _days_of(self, token: SpecialDayGroupToken) -> Calendar | None:
        group = self._groups.get(token)
        return None if group is None else group.days


def _cut(description: str | None) -> str | None:
    """ "If the length is more than maximum length, it is silently chopped" -- PACS types § Description."""
    return None if description is None else description[:MAX_DESCRIPTION_LENGTH]
