"""The event filters of recording jobs, compiled to tests.

Spec: RecordingControl 22.12 § Recording job configuration; Core § Topic filter, § Message content filter
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from argus.base.errors import InvalidValue, NotFound
from argus.base.events import Event
from argus.onvif.events.filters import Filter, MessageContent, TopicExpression, compile_filter
from argus.onvif.events.topics import TopicSet
from argus.soap.namespaces import PREFIXES, TNS1, TT
from argus.store.recording.recordings import EventCondition, EventFilter

_OURS = {PREFIXES[namespace]: namespace for namespace in (TNS1, TT)}
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):")


def with_our_prefixes(expression: str, prefixes: Mapping[str, str]) -> str:
    """The expression, which is kept without the element it stood in, with the prefixes that this device writes.

    Raises:
        InvalidValue("job configuration"): it uses one of those prefixes for a namespace that this device does not know.
    """

    def renamed(found: re.Match[str]) -> str:
        namespace = prefixes.get(found[1], "")
        ours = PREFIXES.get(namespace)
        if ours is None and namespace and found[1] in _OURS:
            raise InvalidValue("job configuration", f"the event filter is about {namespace[:64]!r}, unknown here")
        return f"{ours}:" if ours is not None else found[0]

    return _PREFIX.sub(renamed, expression)


class EventTests:
    """Understands the event filters of jobs: topics of this device, and what their messages hold."""

    def __init__(self, topics: TopicSet) -> None:
        self._topics = topics

    def __call__(self, event_filter: EventFilter) -> Callable[[Event], bool]:
        """A test that an event passes where any of the conditions lets it through.

        Raises:
            InvalidValue("job configuration"): a condition is malformed, or can never hold here.
        """
        try:
            tests = [compile_filter(_filter(condition), self._topics) for condition in event_filter.conditions]
        except (InvalidValue, NotFound) as error:
            raise InvalidValue("job configuration", f"the event filter cannot be used: {error}") from error
        return lambda event: any(test(event) for test in tests)


def _filter(condition: EventCondition) -> Filter:
    contents = (MessageContent(expression=condition.source, prefixes=_OURS),) if condition.source else ()
    topics = (TopicExpression(expression=condition.topic, prefixes=_OURS),)
    return Filter(topic_expression=topics, message_content=contents, others=())
