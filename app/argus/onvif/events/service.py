"""The event service: what can be heard of, and pull points to hear it.

Spec: Core § Event handling
"""

from __future__ import annotations

from urllib.parse import urlsplit

from argus.base.access import Access
from argus.base.clock import Clock
from argus.base.errors import InvalidValue, NotFound, NotSupported
from argus.base.units import US_PER_S, to_datetime
from argus.onvif.events import messages as m
from argus.onvif.events.content_filter import ITEM_FILTER
from argus.onvif.events.faults import (
    InvalidFilter,
    InvalidMessageContentExpression,
    InvalidTopicExpression,
    PullMessagesFault,
    ResourceUnknown,
    SubscribeCreationFailed,
    TopicExpressionDialectUnknown,
    TopicNotSupported,
    UnableToGetMessages,
    UnacceptableInitialTerminationTime,
    UnacceptableTerminationTime,
    UnrecognizedPolicyRequest,
    unknown_filter,
    unknown_policy,
)
from argus.onvif.events.filters import EventTest, Filter, compile_filter
from argus.onvif.events.notification import Notifications
from argus.onvif.events.pull_points import MAX_QUEUE, PullPoint, PullPoints
from argus.onvif.events.termination import lifetime_us
from argus.onvif.events.topic_filter import CONCRETE, CONCRETE_SET
from argus.onvif.events.topics import TopicSet
from argus.soap.duration import Duration
from argus.soap.message import encode
from argus.soap.namespaces import TEV, QName
from argus.soap.operation import Call, Service, operation

LONGEST_TIMEOUT_US = 600 * US_PER_S
TOPIC_NAMESPACE = "http://www.onvif.org/onvif/ver10/topics/topicns.xml"
SCHEMA = "http://www.onvif.org/onvif/ver10/schema/onvif.xsd"


class EventService(Service):
    """Answers at its own path for all, and below `prefix` for each subscription; both in one service."""

    namespace = TEV
    path = "/onvif/event_service"
    prefix = "/onvif/subscription/"
    version = (19, 6)
    known_operations = frozenset(
        {"Seek", "AddEventBroker", "DeleteEventBroker", "GetEventBrokers", "GetCurrentMessage"}
    )

    def __init__(self, topics: TopicSet, pull_points: PullPoints, notifications: Notifications, clock: Clock) -> None:
        self._topics = topics
        self._pull_points = pull_points
        self._notifications = notifications
        self._clock = clock
        self._topic_set = topics.element()

    def capabilities(self) -> m.Capabilities:
        """What the service can do; the same as long as the device runs."""
        return m.Capabilities(
            ws_subscription_policy_support=False,
            ws_pausable_subscription_manager_interface_support=False,
            max_notification_producers=0,
            max_pull_points=self._pull_points.max_pull_points,
            persistent_notification_storage=False,
        )

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """Tell what the service can do.   Spec: Core § Capabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.READ_MEDIA)
    async def get_event_properties(self, request: m.GetEventProperties) -> m.GetEventPropertiesResponse:
        """Tell topics and dialects.   Spec: Core § Get event properties"""
        return m.GetEventPropertiesResponse(
            topic_namespace_location=(TOPIC_NAMESPACE,),
            fixed_topic_set=True,
            topic_set=self._topic_set,
            topic_expression_dialect=(CONCRETE, CONCRETE_SET),
            message_content_filter_dialect=(ITEM_FILTER,),
            message_content_schema_location=(SCHEMA,),
        )

    @operation(
        Access.READ_MEDIA,
        InvalidFilter,
        TopicExpressionDialectUnknown,
        InvalidTopicExpression,
        TopicNotSupported,
        InvalidMessageContentExpression,
        UnacceptableInitialTerminationTime,
        UnrecognizedPolicyRequest,
        SubscribeCreationFailed,
    )
    async def create_pull_point_subscription(
        self, request: m.CreatePullPointSubscription, call: Call
    ) -> m.CreatePullPointSubscriptionResponse:
        """Subscribe, to pull.   Spec: Core § Create pull point subscription"""
        now_us = self._clock.utc_us()
        lasting_us = lifetime_us(request.initial_termination_time, now_us, UnacceptableInitialTerminationTime)
        changed_only = _changed_only(request.subscription_policy)
        point = self._pull_points.create(self._test(request.filter), lifetime_us=lasting_us, changed_only=changed_only)
        return m.CreatePullPointSubscriptionResponse(
            subscription_reference=m.EndpointReference(address=f"{call.base_url}{self.prefix}{point.token}"),
            current_time=to_datetime(now_us),
            termination_time=to_datetime(now_us + lasting_us),
        )

    @operation(Access.READ_MEDIA, ResourceUnknown, UnableToGetMessages, PullMessagesFault)
    async def pull_messages(self, request: m.PullMessages, call: Call) -> m.PullMessagesResponse:
        """Hand out what waits, or wait for it.   Spec: Core § Pull messages"""
        point = self._addressed(call)
        _check_pull(request)
        events = await point.pull(request.timeout.to_us(), min(request.message_limit, MAX_QUEUE))
        return m.PullMessagesResponse(
            current_time=to_datetime(self._clock.utc_us()),
            termination_time=to_datetime(point.termination_us()),
            notification_message=tuple(self._notifications.message(event) for event in events),
        )

    @operation(Access.READ_MEDIA, ResourceUnknown)
    async def set_synchronization_point(
        self, request: m.SetSynchronizationPoint, call: Call
    ) -> m.SetSynchronizationPointResponse:
        """Tell all properties again.   Spec: Core § Synchronization point"""
        self._pull_points.synchronize(self._addressed(call).token)
        return m.SetSynchronizationPointResponse()

    @operation(Access.READ_MEDIA, ResourceUnknown, UnacceptableTerminationTime)
    async def renew(self, request: m.Renew, call: Call) -> m.RenewResponse:
        """Give a subscription another end.   Spec: Core § Renew"""
        point = self._addressed(call)
        now_us = self._clock.utc_us()
        lasting_us = lifetime_us(request.termination_time, now_us, UnacceptableTerminationTime)
        point.renew(lasting_us)
        return m.RenewResponse(termination_time=to_datetime(now_us + lasting_us), current_time=to_datetime(now_us))

    @operation(Access.READ_MEDIA, ResourceUnknown)
    async def unsubscribe(self, request: m.Unsubscribe, call: Call) -> m.UnsubscribeResponse:
        """End a subscription.   Spec: Core § Unsubscribe"""
        self._pull_points.remove(self._addressed(call).token)
        return m.UnsubscribeResponse()

    @operation(Access.READ_MEDIA)
    async def subscribe(self, request: m.Subscribe) -> m.SubscribeResponse:
        """Refuse: notifications are pulled, not pushed.   Spec: Core § Basic notification interface"""
        raise NotSupported("subscription", "notifications are not pushed; create a pull point")

    def _addressed(self, call: Call) -> PullPoint:
        """The pull point a request is addressed to, by its path or else by wsa:To. Raises NotFound("subscription")."""
        to = urlsplit(call.addressing.to).path if call.addressing is not None else ""
        for path in (call.path, to):
            if path.startswith(self.prefix):
                return self._pull_points.get(path.removeprefix(self.prefix))
        raise NotFound("subscription", call.path)

    def _test(self, wanted: Filter | None) -> EventTest:
        if wanted is not None and wanted.others:
            raise unknown_filter(wanted.others)
        return compile_filter(wanted, self._topics)


def _changed_only(policy: m.SubscriptionPolicy | None) -> bool:
    """Whether tev:ChangedOnly is asked for. Raises Fault for any other policy."""
    policies = policy.policies if policy is not None else ()
    unknown = [element for element in policies if QName.of(str(element.tag)).name != "ChangedOnly"]
    if unknown:
        raise unknown_policy(unknown)
    return any((element.text or "").strip() not in ("false", "0") for element in policies)


def _check_pull(request: m.PullMessages) -> None:
    """Refuse what cannot be pulled. A large limit never is: fewer messages come."""
    if not 0 <= request.timeout.to_us() <= LONGEST_TIMEOUT_US:
        allowed = m.PullMessagesFaultResponse(
            max_timeout=Duration.from_us(LONGEST_TIMEOUT_US), max_message_limit=MAX_QUEUE
        )
        raise PullMessagesFault("", encode(allowed))
    if request.message_limit < 1:
        raise InvalidValue("message limit", f"a limit of {request.message_limit} messages lets none through")
