"""Requests and responses of the event service and of the subscriptions it hands out.

Spec: Core § Event handling; WS-BaseNotification 1.3
"""

from __future__ import annotations

from datetime import datetime

from argus.onvif.events.filters import Filter
from argus.onvif.events.notification import NotificationMessage
from argus.soap.duration import Duration
from argus.soap.message import anything, attribute, message, wire
from argus.soap.namespaces import TEV, WSA, WSNT, WSTOP, Element


@message(TEV)
class Capabilities:
    """tev:Capabilities."""

    ws_subscription_policy_support: bool = attribute("WSSubscriptionPolicySupport")
    ws_pausable_subscription_manager_interface_support: bool = attribute(
        "WSPausableSubscriptionManagerInterfaceSupport"
    )
    max_notification_producers: int = attribute()
    max_pull_points: int = attribute()
    persistent_notification_storage: bool = attribute()


@message(TEV)
class GetServiceCapabilities:
    pass


@message(TEV)
class GetServiceCapabilitiesResponse:
    capabilities: Capabilities


@message(TEV)
class GetEventProperties:
    pass


@message(TEV)
class GetEventPropertiesResponse:
    topic_namespace_location: tuple[str, ...]
    fixed_topic_set: bool = wire(ns=WSNT)
    topic_set: Element = wire(ns=WSTOP)
    topic_expression_dialect: tuple[str, ...] = wire(ns=WSNT)
    message_content_filter_dialect: tuple[str, ...]
    message_content_schema_location: tuple[str, ...]


@message(WSA)
class EndpointReference:
    """wsa:EndpointReferenceType."""

    address: str


@message(TEV)
class SubscriptionPolicy:
    """tev:SubscriptionPolicy."""

    policies: tuple[Element, ...] = anything()


@message(TEV)
class CreatePullPointSubscription:
    """A time is text here: it is either a duration or a dateTime."""

    filter: Filter | None = None
    initial_termination_time: str | None = None
    subscription_policy: SubscriptionPolicy | None = None


@message(TEV)
class CreatePullPointSubscriptionResponse:
    subscription_reference: EndpointReference
    current_time: datetime = wire(ns=WSNT)
    termination_time: datetime = wire(ns=WSNT)


@message(TEV)
class PullMessages:
    timeout: Duration
    message_limit: int


@message(TEV)
class PullMessagesResponse:
    current_time: datetime
    termination_time: datetime
    notification_message: tuple[NotificationMessage, ...] = wire(ns=WSNT, default=())


@message(TEV)
class PullMessagesFaultResponse:
    """The detail of the fault that answers a timeout out of range."""

    max_timeout: Duration
    max_message_limit: int


@message(TEV)
class SetSynchronizationPoint:
    pass


@message(TEV)
class SetSynchronizationPointResponse:
    pass


@message(WSNT)
class Renew:
    termination_time: str | None = None


@message(WSNT)
class RenewResponse:
    termination_time: datetime
    current_time: datetime


@message(WSNT)
class Unsubscribe:
    pass


@message(WSNT)
class UnsubscribeResponse:
    pass


@message(WSNT)
class Subscribe:
    pass


@message(WSNT)
class SubscribeResponse:
    subscription_reference: EndpointReference
