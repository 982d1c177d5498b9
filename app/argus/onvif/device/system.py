"""The device service's operations on the box itself: identity, date and time, restart.

Spec: Core § System.
"""

from __future__ import annotations

from argus.base.access import Access
from argus.base.errors import InvalidValue, Unavailable
from argus.base.units import to_datetime
from argus.device.identity import Identity
from argus.device.system import System, TimeSource, utc_of
from argus.onvif.device import system_messages as m
from argus.onvif.device.paths import DEVICE_PATH, DEVICE_VERSION
from argus.soap.faults import Sender, fault
from argus.soap.namespaces import TDS
from argus.soap.operation import Service, operation

InvalidTimeZone = fault(
    Sender,
    "InvalidArgVal",
    "InvalidTimeZone",
    "An invalid time zone was specified",
    answers=(InvalidValue, "time zone"),
)
InvalidDateTime = fault(
    Sender,
    "InvalidArgVal",
    "InvalidDateTime",
    "An invalid date or time was specified",
    answers=(InvalidValue, "date and time"),
)
NtpServerUndefined = fault(
    Sender,
    "InvalidArgVal",
    "NtpServerUndefined",
    "Cannot switch DateTimeType to NTP because no NTP server is defined",
    answers=(Unavailable, "ntp server"),
)


class DeviceSystemService(Service):
    """Who the box is, what time it has, and its restart."""

    namespace = TDS
    path = DEVICE_PATH
    version = DEVICE_VERSION

    def __init__(self, identity: Identity, system: System) -> None:
        self._identity = identity
        self._system = system

    @operation(Access.READ_SYSTEM)
    async def get_device_information(self, _request: m.GetDeviceInformation) -> m.GetDeviceInformationResponse:
        """Manufacturer, model, versions.   Spec: Core § GetDeviceInformation"""
        return m.GetDeviceInformationResponse(
            manufacturer=self._identity.manufacturer,
            model=self._identity.model,
            firmware_version=self._identity.firmware_version,
            serial_number=self._identity.serial_number,
            hardware_id=self._identity.hardware_id,
        )

    @operation(Access.PRE_AUTH)
    async def get_endpoint_reference(self, _request: m.GetEndpointReference) -> m.GetEndpointReferenceResponse:
        """The identifier that discovery announces.   Spec: Core § GetEndpointReference"""
        return m.GetEndpointReferenceResponse(guid=self._identity.endpoint_address)

    @operation(Access.PRE_AUTH)
    async def get_system_date_and_time(self, _request: m.GetSystemDateAndTime) -> m.GetSystemDateAndTimeResponse:
        """The clock; clients set their UsernameToken by it.   Spec: Core § GetSystemDateAndTime"""
        now = await self._system.date_and_time()
        moment = to_datetime(now.utc_us)
        state = m.SystemDateTime(
            date_time_type=now.source,
            daylight_savings=now.daylight_savings,
            time_zone=m.TimeZone(tz=now.time_zone),
            utc_date_time=m.DateTime(
                time=m.Time(hour=moment.hour, minute=moment.minute, second=moment.second),
                date=m.Date(year=moment.year, month=moment.month, day=moment.day),
            ),
        )
        return m.GetSystemDateAndTimeResponse(system_date_and_time=state)

    @operation(Access.WRITE_SYSTEM, InvalidTimeZone, InvalidDateTime, NtpServerUndefined)
    async def set_system_date_and_time(self, request: m.SetSystemDateAndTime) -> m.SetSystemDateAndTimeResponse:
        """Set the clock or leave it to NTP.   Spec: Core § SetSystemDateAndTime"""
        # "If time is obtained via NTP, UTCDateTime has no meaning" -- devicemgmt.wsdl, SetSystemDateAndTime
        by_hand = request.utc_date_time if request.date_time_type is TimeSource.MANUAL else None
        await self._system.set_date_and_time(
            request.date_time_type,
            daylight_savings=request.daylight_savings,
            zone=request.time_zone.tz if request.time_zone else None,
            utc_us=_utc_us(by_hand),
        )
        return m.SetSystemDateAndTimeResponse()

    @operation(Access.UNRECOVERABLE)
    async def system_reboot(self, _request: m.SystemReboot) -> m.SystemRebootResponse:
        """Restart; the answer leaves first.   Spec: Core § SystemReboot"""
        self._system.ask_for_reboot()
        return m.SystemRebootResponse(message="The device restarts in a second")


def _utc_us(value: m.DateTime | None) -> int | None:
    if value is None:
        return None
    date, time = value.date, value.time
    return utc_of(date.year, date.month, date.day, time.hour, time.minute, time.second)
