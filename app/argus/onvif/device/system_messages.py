"""Messages of the device service about the box itself: identity, time, scopes, users, restart."""

from __future__ import annotations

from enum import StrEnum

from argus.base.access import UserLevel
from argus.device.system import TimeSource
from argus.soap.message import message, wire
from argus.soap.namespaces import TDS, TT


@message(TDS)
class GetDeviceInformation:
    pass


@message(TDS)
class GetDeviceInformationResponse:
    manufacturer: str
    model: str
    firmware_version: str
    serial_number: str
    hardware_id: str


@message(TDS)
class GetEndpointReference:
    pass


@message(TDS)
class GetEndpointReferenceResponse:
    guid: str = wire("GUID")


@message(TT)
class TimeZone:
    tz: str = wire("TZ")


@message(TT)
class Time:
    hour: int
    minute: int
    second: int


@message(TT)
class Date:
    year: int
    month: int
    day: int


@message(TT)
class DateTime:
    time: Time
    date: Date


@message(TT)
class SystemDateTime:
    date_time_type: TimeSource
    daylight_savings: bool
    time_zone: TimeZone
    utc_date_time: DateTime = wire("UTCDateTime")


@message(TDS)
class GetSystemDateAndTime:
    pass


@message(TDS)
class GetSystemDateAndTimeResponse:
    system_date_and_time: SystemDateTime


@message(TDS)
class SetSystemDateAndTime:
    date_time_type: TimeSource
    daylight_savings: bool
    time_zone: TimeZone | None = None
    utc_date_time: DateTime | None = wire("UTCDateTime", default=None)


@message(TDS)
class SetSystemDateAndTimeResponse:
    pass


@message(TDS)
class SystemReboot:
    pass


@message(TDS)
class SystemRebootResponse:
    message: str


class ScopeDefinition(StrEnum):
    """tt:ScopeDefinition."""

    FIXED = "Fixed"
    CONFIGURABLE = "Configurable"


@message(TT)
class Scope:
    scope_def: ScopeDefinition
    scope_item: str


@message(TDS)
class GetScopes:
    pass


@message(TDS)
class GetScopesResponse:
    scopes: tuple[Scope, ...]


@message(TDS)
class SetScopes:
    scopes: tuple[str, ...]


@message(TDS)
class SetScopesResponse:
    pass


@message(TDS)
class AddScopes:
    scope_item: tuple[str, ...]


@message(TDS)
class AddScopesResponse:
    pass


@message(TDS)
class RemoveScopes:
    scope_item: tuple[str, ...]


@message(TDS)
class RemoveScopesResponse:
    scope_item: tuple[str, ...]


@message(TT)
class User:
    username: str
    password: str | None = None
    user_level: UserLevel


@message(TDS)
class GetUsers:
    pass


@message(TDS)
class GetUsersResponse:
    user: tuple[User, ...]


@message(TDS)
class CreateUsers:
    user: tuple[User, ...]


@message(TDS)
class CreateUsersResponse:
    pass


@message(TDS)
class DeleteUsers:
    username: tuple[str, ...]


@message(TDS)
class DeleteUsersResponse:
    pass


@message(TDS)
class SetUser:
    user: tuple[User, ...]


@message(TDS)
class SetUserResponse:
    pass
