"""Faults of the event service: those of WS-BaseNotification, always env:Receiver.

Spec: Core § Fault handling of the event service; WS-BaseNotification 1.3
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.base.units import to_datetime
from argus.soap.faults import Fault, FaultKind, Receiver, fault, notification_fault
from argus.soap.lexical import write_datetime
from argus.soap.namespaces import WSNT, WSRF_R, WSRF_RW, Element, QName, nsmap

# Its message belongs to rw-2, its element to r-2.
ResourceUnknown = FaultKind(
    code=Receiver,
    subcodes=(QName(WSRF_RW, "ResourceUnknownFault"),),
    reason="The subscription does not exist",
    answers=((NotFound, "subscription"),),
    base_fault=QName(WSRF_R, "ResourceUnknownFault"),
)
InvalidFilter = notification_fault("InvalidFilterFault", "A filter is not supported")
TopicExpressionDialectUnknown = notification_fault(
    "TopicExpressionDialectUnknownFault",
    "The topic expression dialect is unknown",
    answers=(InvalidValue, "topic dialect"),
)
InvalidTopicExpression = notification_fault(
    "InvalidTopicExpressionFault", "The topic expression is invalid", answers=(InvalidValue, "topic expression")
)
TopicNotSupported = notification_fault(
    "TopicNotSupportedFault", "The topic is not supported", answers=(NotFound, "topic")
)
InvalidMessageContentExpression = notification_fault(
    "InvalidMessageContentExpressionFault",
    "The message content expression is invalid",
    answers=(InvalidValue, "message content"),
)
UnacceptableInitialTerminationTime = notification_fault(
    "UnacceptableInitialTerminationTimeFault", "The initial termination time is not acceptable"
)
UnacceptableTerminationTime = notification_fault(
    "UnacceptableTerminationTimeFault", "The termination time is not acceptable"
)
UnrecognizedPolicyRequest = notification_fault("UnrecognizedPolicyRequestFault", "A subscription policy is unknown")
SubscribeCreationFailed = notification_fault(
    "SubscribeCreationFailedFault",
    "The maximum number of subscriptions is reached",
    answers=(LimitReached, "pull points"),
)
UnableToGetMessages = notification_fault(
    "UnableToGetMessagesFault", "Messages cannot be pulled now", answers=(Conflict, "pull point")
)
# Its detail, tev:PullMessagesFaultResponse, is what the standard gives; no subcode is.
PullMessagesFault = fault(Receiver, "Action", "The timeout is out of range")


def outside(kind: FaultKind, earliest_us: int, latest_us: int) -> Fault:
    """A fault about a termination time that tells between which times one is acceptable."""
    return kind("", _time("MinimumTime", earliest_us), _time("MaximumTime", latest_us))


def unknown_filter(filters: Iterable[Element]) -> Fault:
    """InvalidFilterFault that names the kinds of filters which are unknown."""
    return InvalidFilter("", *(_name("UnknownFilter", element) for element in filters))


def unknown_policy(policies: Iterable[Element]) -> Fault:
    """UnrecognizedPolicyRequestFault that names the policies which are unknown."""
    return UnrecognizedPolicyRequest("", *(_name("UnrecognizedPolicy", element) for element in policies))


def _time(name: str, utc_us: int) -> Element:
    element = etree.Element(f"{{{WSNT}}}{name}", nsmap=nsmap(WSNT))
    element.text = write_datetime(to_datetime(utc_us))
    return element


def _name(name: str, named: Element) -> Element:
    qname = QName.of(str(named.tag))
    prefixes = nsmap(WSNT)
    if qname.namespace:
        prefixes[qname.prefix] = qname.namespace
    element = etree.Element(f"{{{WSNT}}}{name}", nsmap=prefixes)
    element.text = f"{qname.prefix}:{qname.name}" if qname.namespace else qname.name
    return element
