"""The schedule service: times at which things happen, and the days on which they do not.

Spec: Schedule 18.12
"""

from __future__ import annotations

from collections.abc import Mapping

from argus.base.access import Access
from argus.device.schedule import values
from argus.device.schedule.calendar import MAX_PERIODS_A_DAY
from argus.device.schedule.schedules import Schedules
from argus.onvif.schedule import messages as m
from argus.onvif.schedule import types as t
from argus.onvif.schedule.faults import (
    InvalidStartReference,
    MaxDaysInSpecialDayGroup,
    MaxSchedules,
    MaxSpecialDayGroups,
    MaxSpecialDaysSchedules,
    MaxTimePeriodsPerDay,
    MissingToken,
    NoSchedule,
    NoSpecialDayGroup,
    ReferenceInUse,
    ReferenceNotFound,
    TooManyItems,
)
from argus.onvif.schedule.paging import MAX_LIMIT, Pages, chosen
from argus.soap.faults import FaultKind, InvalidArgs
from argus.soap.namespaces import TSC
from argus.soap.operation import Service, operation


class ScheduleService(Service):
    """Schedules with every kind of recurrence, special days, tokens of the client's choice, and reported states."""

    namespace = TSC
    path = "/onvif/schedule_service"
    version = (18, 12)

    def __init__(self, schedules: Schedules) -> None:
        self._device = schedules
        self._schedule_pages = Pages()
        self._group_pages = Pages()

    def capabilities(self) -> m.Capabilities:
        """What the service can do; the same as long as the device runs."""
        return m.Capabilities(
            max_limit=MAX_LIMIT,
            max_schedules=values.MAX_SCHEDULES,
            max_time_periods_per_day=MAX_PERIODS_A_DAY,
            max_special_day_groups=values.MAX_SPECIAL_DAY_GROUPS,
            max_days_in_special_day_group=values.MAX_DAYS_IN_GROUP,
            max_special_days_schedules=values.MAX_SPECIAL_DAYS_OF_SCHEDULE,
            extended_recurrence_supported=True,
            special_days_supported=True,
            state_reporting_supported=True,
            client_supplied_token_supported=True,
        )

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, _request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """Tell what the service can do.   Spec: Schedule 18.12 § Capabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.READ_SYSTEM_SENSITIVE, NoSchedule)
    async def get_schedule_state(self, request: m.GetScheduleState) -> m.GetScheduleStateResponse:
        """Tell whether a schedule is active now.   Spec: Schedule 18.12 § GetScheduleState"""
        return m.GetScheduleStateResponse(schedule_state=t.ScheduleState.of(self._device.state(request.token)))

    @operation(Access.READ_SYSTEM, TooManyItems)
    async def get_schedule_info(self, request: m.GetScheduleInfo) -> m.GetScheduleInfoResponse:
        """Name the schedules with these tokens.   Spec: Schedule 18.12 § GetScheduleInfo"""
        found = chosen(self._schedules(), request.token)
        return m.GetScheduleInfoResponse(schedule_info=tuple(map(t.ScheduleInfo.of, found)))

    @operation(Access.READ_SYSTEM, InvalidStartReference)
    async def get_schedule_info_list(self, request: m.GetScheduleInfoList) -> m.GetScheduleInfoListResponse:
        """Name all schedules, page by page.   Spec: Schedule 18.12 § GetScheduleInfoList"""
        found, following = self._schedule_pages.page(self._schedules(), request.limit, request.start_reference)
        return m.GetScheduleInfoListResponse(
            next_start_reference=following, schedule_info=tuple(map(t.ScheduleInfo.of, found))
        )

    @operation(Access.READ_SYSTEM, TooManyItems)
    async def get_schedules(self, request: m.GetSchedules) -> m.GetSchedulesResponse:
        """Tell the schedules with these tokens.   Spec: Schedule 18.12 § GetSchedules"""
        found = chosen(self._schedules(), request.token)
        return m.GetSchedulesResponse(schedule=tuple(map(t.Schedule.of, found)))

    @operation(Access.READ_SYSTEM, InvalidStartReference)
    async def get_schedule_list(self, request: m.GetScheduleList) -> m.GetScheduleListResponse:
        """Tell all schedules, page by page.   Spec: Schedule 18.12 § GetScheduleList"""
        found, following = self._schedule_pages.page(self._schedules(), request.limit, request.start_reference)
        return m.GetScheduleListResponse(next_start_reference=following, schedule=tuple(map(t.Schedule.of, found)))

    @operation(Access.WRITE_SYSTEM, MaxSchedules, MaxSpecialDaysSchedules, MaxTimePeriodsPerDay, ReferenceNotFound)
    async def create_schedule(self, request: m.CreateSchedule) -> m.CreateScheduleResponse:
        """Add a schedule.   Spec: Schedule 18.12 § CreateSchedule"""
        token = await self._device.create(request.schedule.to_device())
        return m.CreateScheduleResponse(token=token)

    @operation(Access.WRITE_SYSTEM, MaxSchedules, MaxSpecialDaysSchedules, MaxTimePeriodsPerDay, ReferenceNotFound)
    async def set_schedule(self, request: m.SetSchedule) -> m.SetScheduleResponse:
        """Add or replace a schedule under its token.   Spec: Schedule 18.12 § SetSchedule"""
        _check_given(request.schedule.token)
        await self._device.set(request.schedule.to_device())
        return m.SetScheduleResponse()

    @operation(Access.WRITE_SYSTEM, NoSchedule, MaxSpecialDaysSchedules, MaxTimePeriodsPerDay, ReferenceNotFound)
    async def modify_schedule(self, request: m.ModifySchedule) -> m.ModifyScheduleResponse:
        """Replace a schedule.   Spec: Schedule 18.12 § ModifySchedule"""
        _check_given(request.schedule.token)
        await self._device.modify(request.schedule.to_device())
        return m.ModifyScheduleResponse()

    @operation(Access.WRITE_SYSTEM, NoSchedule, ReferenceInUse)
    async def delete_schedule(self, request: m.DeleteSchedule) -> m.DeleteScheduleResponse:
        """Remove a schedule that nothing refers to.   Spec: Schedule 18.12 § DeleteSchedule"""
        _check_given(request.token)
        await self._device.delete(request.token)
        return m.DeleteScheduleResponse()

    @operation(Access.READ_SYSTEM, TooManyItems)
    async def get_special_day_group_info(self, request: m.GetSpecialDayGroupInfo) -> m.GetSpecialDayGroupInfoResponse:
        """Name the special day groups with these tokens.   Spec: Schedule 18.12 § GetSpecialDayGroupInfo"""
        found = chosen(self._special_day_groups(), request.token)
        return m.GetSpecialDayGroupInfoResponse(special_day_group_info=tuple(map(t.SpecialDayGroupInfo.of, found)))

    @operation(Access.READ_SYSTEM, InvalidStartReference)
    async def get_special_day_group_info_list(
        self, request: m.GetSpecialDayGroupInfoList
    ) -> m.GetSpecialDayGroupInfoListResponse:
        """Name all special day groups, page by page.   Spec: Schedule 18.12 § GetSpecialDayGroupInfoList"""
        found, following = self._group_pages.page(self._special_day_groups(), request.limit, request.start_reference)
        return m.GetSpecialDayGroupInfoListResponse(
            next_start_reference=following, special_day_group_info=tuple(map(t.SpecialDayGroupInfo.of, found))
        )

    @operation(Access.READ_SYSTEM, TooManyItems)
    async def get_special_day_groups(self, request: m.GetSpecialDayGroups) -> m.GetSpecialDayGroupsResponse:
        """Tell the special day groups with these tokens.   Spec: Schedule 18.12 § GetSpecialDayGroups"""
        found = chosen(self._special_day_groups(), request.token)
        return m.GetSpecialDayGroupsResponse(special_day_group=tuple(map(t.SpecialDayGroup.of, found)))

    @operation(Access.READ_SYSTEM, InvalidStartReference)
    async def get_special_day_group_list(self, request: m.GetSpecialDayGroupList) -> m.GetSpecialDayGroupListResponse:
        """Tell all special day groups, page by page.   Spec: Schedule 18.12 § GetSpecialDayGroupList"""
        found, following = self._group_pages.page(self._special_day_groups(), request.limit, request.start_reference)
        return m.GetSpecialDayGroupListResponse(
            next_start_reference=following, special_day_group=tuple(map(t.SpecialDayGroup.of, found))
        )

    @operation(Access.WRITE_SYSTEM, MaxSpecialDayGroups, MaxDaysInSpecialDayGroup)
    async def create_special_day_group(self, request: m.CreateSpecialDayGroup) -> m.CreateSpecialDayGroupResponse:
        """Add a special day group.   Spec: Schedule 18.12 § CreateSpecialDayGroup"""
        token = await self._device.create_group(request.special_day_group.to_device())
        return m.CreateSpecialDayGroupResponse(token=token)

    @operation(Access.WRITE_SYSTEM, MaxSpecialDayGroups, MaxDaysInSpecialDayGroup, MissingToken)
    async def set_special_day_group(self, request: m.SetSpecialDayGroup) -> m.SetSpecialDayGroupResponse:
        """Add or replace a special day group under its token.   Spec: Schedule 18.12 § SetSpecialDayGroup"""
        _check_given(request.special_day_group.token, MissingToken)
        await self._device.set_group(request.special_day_group.to_device())
        return m.SetSpecialDayGroupResponse()

    @operation(Access.WRITE_SYSTEM, NoSpecialDayGroup, MaxDaysInSpecialDayGroup)
    async def modify_special_day_group(self, request: m.ModifySpecialDayGroup) -> m.ModifySpecialDayGroupResponse:
        """Replace a special day group.   Spec: Schedule 18.12 § ModifySpecialDayGroup"""
        _check_given(request.special_day_group.token)
        await self._device.modify_group(request.special_day_group.to_device())
        return m.ModifySpecialDayGroupResponse()

    @operation(Access.WRITE_SYSTEM, NoSpecialDayGroup, ReferenceInUse)
    async def delete_special_day_group(self, request: m.DeleteSpecialDayGroup) -> m.DeleteSpecialDayGroupResponse:
        """Remove a special day group that nothing refers to.   Spec: Schedule 18.12 § DeleteSpecialDayGroup"""
        _check_given(request.token)
        await self._device.delete_group(request.token)
        return m.DeleteSpecialDayGroupResponse()

    def _schedules(self) -> Mapping[str, values.Schedule]:
        return {schedule.token: schedule for schedule in self._device.all()}

    def _special_day_groups(self) -> Mapping[str, values.SpecialDayGroup]:
        return {group.token: group for group in self._device.groups()}


def _check_given(token: str, missing: FaultKind = InvalidArgs) -> None:
    if not token:
        raise missing("a token is needed here")
