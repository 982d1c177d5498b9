"""Requests and responses of the schedule service.

Spec: Schedule 18.12
"""

from __future__ import annotations

from argus.base.tokens import ScheduleToken, SpecialDayGroupToken
from argus.onvif.schedule.types import Schedule, ScheduleInfo, ScheduleState, SpecialDayGroup, SpecialDayGroupInfo
from argus.soap.message import attribute, message
from argus.soap.namespaces import TSC


@message(TSC)
class Capabilities:
    """tsc:Capabilities."""

    max_limit: int = attribute()
    max_schedules: int = attribute()
    max_time_periods_per_day: int = attribute()
    max_special_day_groups: int = attribute()
    max_days_in_special_day_group: int = attribute()
    max_special_days_schedules: int = attribute()
    extended_recurrence_supported: bool = attribute()
    special_days_supported: bool = attribute()
    state_reporting_supported: bool = attribute()
    client_supplied_token_supported: bool = attribute()


@message(TSC)
class GetServiceCapabilities:
    pass


@message(TSC)
class GetServiceCapabilitiesResponse:
    capabilities: Capabilities


@message(TSC)
class GetScheduleState:
    token: ScheduleToken


@message(TSC)
class GetScheduleStateResponse:
    schedule_state: ScheduleState


@message(TSC)
class GetScheduleInfo:
    token: tuple[ScheduleToken, ...]


@message(TSC)
class GetScheduleInfoResponse:
    schedule_info: tuple[ScheduleInfo, ...] = ()


@message(TSC)
class GetScheduleInfoList:
    limit: int | None = None
    start_reference: str | None = None


@message(TSC)
class GetScheduleInfoListResponse:
    next_start_reference: str | None = None
    schedule_info: tuple[ScheduleInfo, ...] = ()


@message(TSC)
class GetSchedules:
    token: tuple[ScheduleToken, ...]


@message(TSC)
class GetSchedulesResponse:
    schedule: tuple[Schedule, ...] = ()


@message(TSC)
class GetScheduleList:
    limit: int | None = None
    start_reference: str | None = None


@message(TSC)
class GetScheduleListResponse:
    next_start_reference: str | None = None
    schedule: tuple[Schedule, ...] = ()


@message(TSC)
class CreateSchedule:
    schedule: Schedule


@message(TSC)
class CreateScheduleResponse:
    token: ScheduleToken


@message(TSC)
class SetSchedule:
    schedule: Schedule


@message(TSC)
class SetScheduleResponse:
    pass


@message(TSC)
class ModifySchedule:
    schedule: Schedule


@message(TSC)
class ModifyScheduleResponse:
    pass


@message(TSC)
class DeleteSchedule:
    token: ScheduleToken


@message(TSC)
class DeleteScheduleResponse:
    pass


@message(TSC)
class GetSpecialDayGroupInfo:
    token: tuple[SpecialDayGroupToken, ...]


@message(TSC)
class GetSpecialDayGroupInfoResponse:
    special_day_group_info: tuple[SpecialDayGroupInfo, ...] = ()


@message(TSC)
class GetSpecialDayGroupInfoList:
    limit: int | None = None
    start_reference: str | None = None


@message(TSC)
class GetSpecialDayGroupInfoListResponse:
    next_start_reference: str | None = None
    special_day_group_info: tuple[SpecialDayGroupInfo, ...] = ()


@message(TSC)
class GetSpecialDayGroups:
    token: tuple[SpecialDayGroupToken, ...]


@message(TSC)
class GetSpecialDayGroupsResponse:
    special_day_group: tuple[SpecialDayGroup, ...] = ()


@message(TSC)
class GetSpecialDayGroupList:
    limit: int | None = None
    start_reference: str | None = None


@message(TSC)
class GetSpecialDayGroupListResponse:
    next_start_reference: str | None = None
    special_day_group: tuple[SpecialDayGroup, ...] = ()


@message(TSC)
class CreateSpecialDayGroup:
    special_day_group: SpecialDayGroup


@message(TSC)
class CreateSpecialDayGroupResponse:
    token: SpecialDayGroupToken


@message(TSC)
class SetSpecialDayGroup:
    special_day_group: SpecialDayGroup


@message(TSC)
class SetSpecialDayGroupResponse:
    pass


@message(TSC)
class ModifySpecialDayGroup:
    special_day_group: SpecialDayGroup


@message(TSC)
class ModifySpecialDayGroupResponse:
    pass


@message(TSC)
class DeleteSpecialDayGroup:
    token: SpecialDayGroupToken


@message(TSC)
class DeleteSpecialDayGroupResponse:
    pass
