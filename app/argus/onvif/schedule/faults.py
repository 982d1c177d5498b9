"""Faults of the schedule service.

Spec: Schedule 18.12 § Service specific fault codes
"""

from __future__ import annotations

from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.soap.faults import Receiver, Sender, fault

TooManyItems = fault(
    Sender,
    "InvalidArgs",
    "TooManyItems",
    "Too many items were requested, see MaxLimit",
    answers=(LimitReached, "items"),
)
InvalidStartReference = fault(
    Sender,
    "InvalidArgVal",
    "InvalidStartReference",
    "StartReference is invalid or has timed out",
    answers=(InvalidValue, "start reference"),
)
NoSchedule = fault(Sender, "InvalidArgVal", "NotFound", "Schedule is not found", answers=(NotFound, "schedule"))
NoSpecialDayGroup = fault(
    Sender, "InvalidArgVal", "NotFound", "Special day group is not found", answers=(NotFound, "special day group")
)
ReferenceNotFound = fault(
    Sender,
    "InvalidArgVal",
    "ReferenceNotFound",
    "A special day group that is referred to is not found",
    answers=(NotFound, "special day group"),
)
ReferenceInUse = fault(
    Sender,
    "InvalidArgVal",
    "ReferenceInUse",
    "Failed to delete, it is in use",
    answers=((Conflict, "schedule"), (Conflict, "special day group")),
)
MissingToken = fault(Sender, "InvalidArgVal", "MissingToken", "The token is missing")
MaxSchedules = fault(
    Receiver,
    "CapabilityViolated",
    "MaxSchedules",
    "There is not enough space to create a new schedule",
    answers=(LimitReached, "schedules"),
)
MaxSpecialDaysSchedules = fault(
    Sender,
    "CapabilityViolated",
    "MaxSpecialDaysSchedules",
    "There are too many SpecialDaysSchedule entities referred in this schedule",
    answers=(LimitReached, "special days schedules"),
)
MaxTimePeriodsPerDay = fault(
    Sender,
    "CapabilityViolated",
    "MaxTimePeriodsPerDay",
    "There are too many time periods in a day schedule",
    answers=(LimitReached, "time periods per day"),
)
MaxSpecialDayGroups = fault(
    Receiver,
    "CapabilityViolated",
    "MaxSpecialDayGroups",
    "There is not enough space to create a new special day group",
    answers=(LimitReached, "special day groups"),
)
MaxDaysInSpecialDayGroup = fault(
    Sender,
    "CapabilityViolated",
    "MaxDaysInSpecialDayGroup",
    "There are too many special days in this group",
    # Days that begin every minute, say, are more than a group can have, too.
    answers=((LimitReached, "days in a special day group"), (LimitReached, "time periods per day")),
)
