"""wsnt:FilterType: topic expressions and content filters of a subscription or a search, compiled to one test.

Spec: Core § Notification filter; RecordingSearch 19.06 § FindEvents
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from argus.base.errors import InvalidValue
from argus.base.events import Event
from argus.onvif.events.content_filter import ITEM_FILTER, ContentFilter, parse_content_filter
from argus.onvif.events.notification import event_items
from argus.onvif.events.topic_filter import CONCRETE_SET, TopicPattern, check_supported, parse_topics
from argus.onvif.events.topics import TopicSet
from argus.soap.message import anything, attribute, message, scope, text
from argus.soap.namespaces import WSNT, Element

EventTest = Callable[[Event], bool]
MAX_EXPRESSIONS = 16


@message(WSNT)
class TopicExpression:
    """wsnt:TopicExpression."""

    dialect: str = attribute(default=CONCRETE_SET)
    expression: str = text(default="")
    prefixes: Mapping[str, str] = scope()


@message(WSNT)
class MessageContent:
    """wsnt:MessageContent."""

    dialect: str = attribute(default=ITEM_FILTER)
    expression: str = text(default="")
    prefixes: Mapping[str, str] = scope()


@message(WSNT)
class Filter:
    """wsnt:FilterType, also as tt:EventFilter. `others` are kinds of filters unknown here."""

    topic_expression: tuple[TopicExpression, ...] = ()
    message_content: tuple[MessageContent, ...] = ()
    others: tuple[Element, ...] = anything()


def compile_filter(wanted: Filter | None, known: TopicSet | None = None) -> EventTest:
    """A test that an event passes when it satisfies every expression of the filter; without any, all events do.

    With `known`, topics and item names that cannot occur are refused.

    Raises:
        InvalidValue: "topic dialect", "topic expression", "message content", or "filter" for an unknown kind or too
            many expressions.
        NotFound("topic"): no topic of `known` matches.
    """
    if wanted is None:
        return lambda event: True
    if wanted.others:
        raise InvalidValue("filter", f"filters of kind {wanted.others[0].tag} are unknown")
    if len(wanted.topic_expression) + len(wanted.message_content) > MAX_EXPRESSIONS:
        raise InvalidValue("filter", f"a filter has at most {MAX_EXPRESSIONS} expressions")
    topics = [_topics(part, known) for part in wanted.topic_expression]
    contents = [_content(part, known) for part in wanted.message_content]

    def matches(event: Event) -> bool:
        if not all(any(pattern.matches(event.topic) for pattern in patterns) for patterns in topics):
            return False
        items = event_items(event) if contents else ()
        return all(content.matches(items) for content in contents)

    return matches


def _topics(part: TopicExpression, known: TopicSet | None) -> tuple[TopicPattern, ...]:
    patterns = parse_topics(part.dialect.strip(), part.expression, part.prefixes)
    if known is not None:
        check_supported(patterns, known)
    return patterns


def _content(part: MessageContent, known: TopicSet | None) -> ContentFilter:
    content = parse_content_filter(part.dialect.strip(), part.expression, part.prefixes)
    if known is not None and not content.names <= known.item_names:
        unknown = ", ".join(sorted(content.names - known.item_names))
        raise InvalidValue("message content", f"no message has an item named {unknown}")
    return content
