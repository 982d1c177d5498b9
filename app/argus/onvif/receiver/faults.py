"""Faults of the receiver service.

Spec: Receiver 19.06 § Fault codes
"""

from __future__ import annotations

from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.soap.faults import Receiver, Sender, fault

UnknownToken = fault(
    Sender,
    "InvalidArgVal",
    "UnknownToken",
    "The ReceiverToken does not reference an existing receiver",
    answers=(NotFound, "receiver"),
)
BadConfiguration = fault(
    Sender,
    "InvalidArgVal",
    "BadConfiguration",
    "The configuration is invalid",
    answers=(InvalidValue, "receiver configuration"),
)
MaxReceivers = fault(
    Receiver,
    "Action",
    "MaxReceivers",
    "The maximum number of receivers is reached",
    answers=(LimitReached, "receivers"),
)
CannotDeleteReceiver = fault(
    Receiver,
    "Action",
    "CannotDeleteReceiver",
    "The receiver is in use and cannot be deleted",
    answers=(Conflict, "receiver"),
)
