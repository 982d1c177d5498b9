"""The types of the schedule service, and what they are in the device.

Spec: Schedule 18.12 § Data structures
"""

from __future__ import annotations

from argus.base.tokens import ScheduleToken, SpecialDayGroupToken
from argus.device.schedule import values
from argus.device.schedule.calendar import read_calendar
from argus.onvif.schedule.time_of_day import read_time, write_time
from argus.soap.message import attribute, message
from argus.soap.namespaces import PT, TSC


@message(PT)
class DataEntity:
    """pt:DataEntity. An absent token is read as the empty one that Create wants."""

    token: str = attribute("token", default="")


@message(TSC)
class ScheduleInfo(DataEntity):
    """tsc:ScheduleInfo."""

    name: str
    description: str | None = None

    @classmethod
    def of(cls, schedule: values.Schedule) -> ScheduleInfo:
        return cls(token=schedule.token, name=schedule.name, description=schedule.description)


@message(TSC)
class TimePeriod:
    """tsc:TimePeriod; both are xs:time."""

    from_: str
    until: str | None = None

    @classmethod
    def of(cls, period: values.TimePeriod) -> TimePeriod:
        until = None if period.until_us is None else write_time(period.until_us)
        return cls(from_=write_time(period.from_us), until=until)

    def to_device(self) -> values.TimePeriod:
        until_us = None if self.until is None else read_time(self.until)
        return values.TimePeriod(from_us=read_time(self.from_), until_us=until_us)


@message(TSC)
class SpecialDaysSchedule:
    """tsc:SpecialDaysSchedule."""

    group_token: SpecialDayGroupToken
    time_range: tuple[TimePeriod, ...] = ()

    @classmethod
    def of(cls, special: values.SpecialDays) -> SpecialDaysSchedule:
        return cls(group_token=special.group, time_range=tuple(TimePeriod.of(period) for period in special.periods))

    def to_device(self) -> values.SpecialDays:
        return values.SpecialDays(
            group=self.group_token, periods=tuple(period.to_device() for period in self.time_range)
        )


@message(TSC)
class Schedule(ScheduleInfo):
    """tsc:Schedule."""

    standard: str
    special_days: tuple[SpecialDaysSchedule, ...] = ()

    @classmethod
    def of(cls, schedule: values.Schedule) -> Schedule:
        return cls(
            token=schedule.token,
            name=schedule.name,
            description=schedule.description,
            standard=schedule.standard.text,
            special_days=tuple(SpecialDaysSchedule.of(special) for special in schedule.special_days),
        )

    def to_device(self) -> values.Schedule:
        return values.Schedule(
            token=ScheduleToken(self.token),
            name=self.name,
            description=self.description,
            standard=read_calendar(self.standard),
            special_days=tuple(special.to_device() for special in self.special_days),
        )


@message(TSC)
class SpecialDayGroupInfo(DataEntity):
    """tsc:SpecialDayGroupInfo."""

    name: str
    description: str | None = None

    @classmethod
    def of(cls, group: values.SpecialDayGroup) -> SpecialDayGroupInfo:
        return cls(token=group.token, name=group.name, description=group.description)


@message(TSC)
class SpecialDayGroup(SpecialDayGroupInfo):
    """tsc:SpecialDayGroup."""

    days: str | None = None

    @classmethod
    def of(cls, group: values.SpecialDayGroup) -> SpecialDayGroup:
        days = None if group.days is None else group.days.text
        return cls(token=group.token, name=group.name, description=group.description, days=days)

    def to_device(self) -> values.SpecialDayGroup:
        return values.SpecialDayGroup(
            token=SpecialDayGroupToken(self.token),
            name=self.name,
            description=self.description,
            days=None if self.days is None else read_calendar(self.days),
        )


@message(TSC)
class ScheduleState:
    """tsc:ScheduleState."""

    active: bool
    special_day: bool

    @classmethod
    def of(cls, state: values.ScheduleState) -> ScheduleState:
        return cls(active=state.active, special_day=state.special_day)
