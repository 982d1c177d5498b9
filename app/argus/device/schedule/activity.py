"""Which schedules are active now, by the wall clock of the box."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from argus.base.clock import Clock
from argus.base.tokens import ScheduleToken
from argus.base.units import US_PER_S
from argus.device.local_time import local_time
from argus.device.schedule.day_plan import DayPlan, GroupDays, plan_day
from argus.device.schedule.values import Schedule, ScheduleState


class Activity:
    """States of schedules at this moment. The plan of a day is made once; the clock may step, the zone may change."""

    def __init__(self, clock: Clock, time_zone: Callable[[], str], days_of: GroupDays) -> None:
        self._clock = clock
        self._time_zone = time_zone
        self._days_of = days_of
        self._plans: dict[ScheduleToken, DayPlan] = {}

    def state(self, schedule: Schedule) -> ScheduleState:
        now = self._now()
        return self._plan(schedule, now).at(_us_of_day(now))

    def forget(self) -> None:
        """Schedules or special days have changed: the plans are made anew."""
        self._plans.clear()

    def until_next_us(self, schedules: tuple[Schedule, ...], most_us: int) -> int:
        """How long the states stay as they are by the clock on the wall, at most `most_us`."""
        now = self._now()
        us = _us_of_day(now)
        return min((self._plan(schedule, now).next_after(us) - us for schedule in schedules), default=most_us)

    def _now(self) -> datetime:
        return local_time(self._clock.utc_us(), self._time_zone())

    def _plan(self, schedule: Schedule, now: datetime) -> DayPlan:
        plan = self._plans.get(schedule.token)
        if plan is None or plan.day != now.date():
            plan = self._plans[schedule.token] = plan_day(schedule, self._days_of, now.date())
        return plan


def _us_of_day(moment: datetime) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * US_PER_S + moment.microsecond
