"""Events as notification messages.

Spec: Core § Notification structure; WS-BaseNotification 1.3 § Notify
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from argus.base.events import Change, Event, Items
from argus.base.units import to_datetime
from argus.onvif.events.content_filter import EventItem
from argus.onvif.events.topic_filter import CONCRETE
from argus.soap.lexical import SIMPLE
from argus.soap.message import anything, attribute, message, scope, text, wire
from argus.soap.namespaces import PREFIXES, TNS1, TT, WSNT, Element

ElementEncoder = Callable[[object], Element]
_TOPIC_PREFIX = PREFIXES[TNS1]


@message(TT)
class SimpleItem:
    """tt:SimpleItem."""

    name: str = attribute()
    value: str = attribute()


@message(TT)
class ElementItem:
    """tt:ElementItem."""

    name: str = attribute()
    content: tuple[Element, ...] = anything()


@message(TT)
class ItemList:
    """tt:ItemList."""

    simple_item: tuple[SimpleItem, ...] = ()
    element_item: tuple[ElementItem, ...] = ()


@message(TT, "Message")
class EventMessage:
    """tt:Message. Only a property's message tells an operation."""

    utc_time: datetime = attribute()
    property_operation: Change | None = attribute(default=None)
    source: ItemList | None = None
    data: ItemList | None = None


@message(WSNT)
class TopicText:
    """wsnt:TopicExpressionType of the topic that a message is about."""

    dialect: str = attribute()
    expression: str = text()
    prefixes: Mapping[str, str] = scope()


@message(WSNT)
class MessageHolder:
    """The wsnt:Message around a tt:Message."""

    message: EventMessage = wire(ns=TT)


@message(WSNT)
class NotificationMessage:
    """wsnt:NotificationMessage."""

    topic: TopicText
    message: MessageHolder


class Notifications:
    """Turns events into notification messages.

    `elements` knows how each type of domain object among the data of events is written.
    """

    def __init__(self, elements: Mapping[type, ElementEncoder]) -> None:
        self._elements = elements

    def message(self, event: Event) -> NotificationMessage:
        """The notification of an event. Raises KeyError for a value nobody can write: a mistake of ours."""
        content = EventMessage(
            utc_time=to_datetime(event.utc_us),
            property_operation=event.change,
            source=self._items(event.source),
            data=self._items(event.data),
        )
        return NotificationMessage(
            topic=TopicText(
                dialect=CONCRETE, expression=f"{_TOPIC_PREFIX}:{event.topic}", prefixes={_TOPIC_PREFIX: TNS1}
            ),
            message=MessageHolder(message=content),
        )

    def _items(self, items: Items) -> ItemList | None:
        if not items:
            return None
        simple = ((name, item_text(value)) for name, value in items)
        return ItemList(
            simple_item=tuple(SimpleItem(name=name, value=value) for name, value in simple if value is not None),
            element_item=tuple(self._elements_among(items)),
        )

    def _elements_among(self, items: Items) -> Iterable[ElementItem]:
        for name, value in items:
            if item_text(value) is None:
                yield ElementItem(name=name, content=(self._elements[type(value)](value),))


def item_text(value: object) -> str | None:
    """The value of a SimpleItem; None for what has to be an ElementItem."""
    for kind in (str, bool, int, float, datetime):
        if isinstance(value, kind):
            return SIMPLE[kind][1](value)
    return None


def event_items(event: Event) -> tuple[EventItem, ...]:
    """The items of an event as content filters see them."""
    return tuple(EventItem(name=name, value=item_text(value)) for name, value in (*event.source, *event.data))
