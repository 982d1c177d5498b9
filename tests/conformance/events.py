"""Pull points, and the judgement of every notification that one delivers."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree
from tests.conformance.client import Client, envelope
from tests.conformance.features import TopicDescription
from tests.conformance.names import NAMESPACES, Element, clark, one, prefixed, text
from tests.contract.schemas import official_schemas

DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
CONTENT_DIALECT = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
_XS = NAMESPACES["xs"]
_MOMENT = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# What a SimpleItem of each type may be written like.
_LEXICAL: dict[tuple[str, str], re.Pattern[str]] = {
    (_XS, "dateTime"): re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"),
    (_XS, "boolean"): re.compile(r"true|false|1|0"),
    **{(NAMESPACES["tt"], f"{kind}Reference"): re.compile(r".{1,64}", re.S) for kind in ("Recording", "RecordingJob")},
    (NAMESPACES["tt"], "TrackReference"): re.compile(r".{1,64}", re.S),
    (NAMESPACES["tt"], "ReferenceToken"): re.compile(r".{1,64}", re.S),
    (NAMESPACES["pt"], "ReferenceToken"): re.compile(r".{1,64}", re.S),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One notification; `topic` is its path below its root, without a prefix."""

    topic: str
    operation: str
    utc_time: str
    source: dict[str, str]
    data: dict[str, str]
    elements: dict[str, Element] = field(compare=False)

    @property
    def name(self) -> str:
        return self.topic.rpartition("/")[2]


def read(holder: Element) -> Notification:
    """A wsnt:NotificationMessage."""
    message = one(holder, "wsnt:Message/tt:Message")
    topic = one(holder, "wsnt:Topic")
    namespace, path = prefixed(topic, (topic.text or "").strip())
    elements = message.iterfind("tt:Data/tt:ElementItem", NAMESPACES)
    return Notification(
        topic=path if namespace == NAMESPACES["tns1"] else f"{{{namespace}}}{path}",
        operation=message.get("PropertyOperation", ""),
        utc_time=message.get("UtcTime", ""),
        source=_simple_items(message, "Source"),
        data=_simple_items(message, "Data"),
        elements={item.get("Name", ""): item[0] for item in elements if len(item)},
    )


def _simple_items(message: Element, part: str) -> dict[str, str]:
    found = message.iterfind(f"tt:{part}/tt:SimpleItem", NAMESPACES)
    return {item.get("Name", ""): item.get("Value", "") for item in found}


def problems_of(seen: Notification, described: TopicDescription | None) -> Iterator[str]:
    """What is wrong with a notification, by the MessageDescription of its topic."""
    if not _MOMENT.fullmatch(seen.utc_time):
        yield f"UtcTime {seen.utc_time!r} is not UTC"
    if described is None:
        yield f"topic {seen.topic} is not in the TopicSet"
        return
    if described.is_property != bool(seen.operation):
        yield f"PropertyOperation is {seen.operation!r} although IsProperty is {described.is_property}"
    if set(seen.source) != set(described.source):
        yield f"Source items are {sorted(seen.source)}, described are {sorted(described.source)}"
    for told, names in ((seen.data, described.data), (seen.elements, described.elements)):
        if not set(told) <= set(names):
            yield f"Data items {sorted(set(told) - set(names))} are not described"
    for name, value in (seen.source | seen.data).items():
        kind = (described.source | described.data).get(name, ("", ""))
        if kind in _LEXICAL and not _LEXICAL[kind].fullmatch(value):
            yield f"{name}={value!r} is no {kind[1]}"
    for name, element in seen.elements.items():
        yield from _problems_of_element(name, element, described.elements.get(name))


def _problems_of_element(name: str, element: Element, kind: tuple[str, str] | None) -> Iterator[str]:
    """An ElementItem's content, judged by the type that the description names."""
    if kind is None:
        return
    content = copy.deepcopy(element)
    for attribute in [key for key in content.attrib if key == clark("xsi:type")]:
        del content.attrib[attribute]
    holder = etree.Element(clark("tt:ElementItem"), Name=name, nsmap={**NAMESPACES, "payload": kind[0]})
    holder.append(content)
    content.set(clark("xsi:type"), f"payload:{kind[1]}")
    inner = etree.tostring(holder, encoding="unicode")
    message = f'<tt:Message UtcTime="2026-01-01T00:00:00Z"><tt:Source/><tt:Data>{inner}</tt:Data></tt:Message>'
    topic = f'<wsnt:Topic Dialect="{DIALECT}">tns1:x</wsnt:Topic>'
    wrapped = (
        "<tev:PullMessagesResponse><tev:CurrentTime>2026-01-01T00:00:00Z</tev:CurrentTime>"
        "<tev:TerminationTime>2026-01-01T00:00:00Z</tev:TerminationTime><wsnt:NotificationMessage>"
        f"{topic}<wsnt:Message>{message}</wsnt:Message></wsnt:NotificationMessage></tev:PullMessagesResponse>"
    )
    for problem in official_schemas().validate(envelope(wrapped)):
        yield f"element item {name}: {problem}"


@dataclass(slots=True)
class PullPoint:
    """A pull-point subscription; `seen` keeps everything it ever delivered."""

    client: Client
    topics: dict[str, TopicDescription]
    path: str = ""
    seen: list[Notification] = field(default_factory=list)

    def open(self, *topics: str, content: str = "", duration: str = "PT2M") -> PullPoint:
        answer = self.client.call(subscription(*topics, content=content, duration=duration))
        address = text(answer, "tev:SubscriptionReference/wsa:Address").strip()
        parts = urlsplit(address)
        self.path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self

    def pull(self, timeout: str = "PT2S", limit: int = 100) -> list[Notification]:
        """One PullMessages; each notification is judged."""
        body = f"<tev:Timeout>{timeout}</tev:Timeout><tev:MessageLimit>{limit}</tev:MessageLimit>"
        answer = self.client.call(f"<tev:PullMessages>{body}</tev:PullMessages>", self.path)
        found = [read(holder) for holder in answer.iterfind("wsnt:NotificationMessage", NAMESPACES)]
        for notification in found:
            for problem in problems_of(notification, self.topics.get(notification.topic)):
                self.client.grumble(f"{notification.topic}: {problem}")
        self.seen += found
        return found

    def wait(self, what: str, accept: Callable[[list[Notification]], object]) -> list[Notification]:
        """Pull until all that was ever seen is accepted. Raises AssertionError after the device's time."""
        patience_s = self.client.target.patience_s
        deadline = time.monotonic() + patience_s
        while not accept(self.seen):
            assert time.monotonic() < deadline, f"no event within {patience_s:g} s that says: {what}; {self.told()}"
            self.pull()
        return self.seen

    def of(self, name: str, **source: str) -> list[Notification]:
        """What was seen of a topic, by the last part of its path, with at least these source items."""
        return [event for event in self.seen if event.name == name and source.items() <= event.source.items()]

    def expect(self, name: str, what: str = "", count: int = 1, **source: str) -> list[Notification]:
        """Wait for so many events of a topic with these source items, and return those seen."""
        self.wait(what or f"{name} {source}", lambda seen: len(self.of(name, **source)) >= count)
        return self.of(name, **source)

    def drain(self, pause: str = "PT0.3S") -> list[Notification]:
        """Pull until nothing more comes; forget nothing."""
        while self.pull(pause):
            pass
        return self.seen

    def synchronize(self) -> None:
        self.client.call("<tev:SetSynchronizationPoint/>", self.path)

    def close(self) -> None:
        self.client.call("<wsnt:Unsubscribe/>", self.path)

    def told(self) -> str:
        lines = [f"{event.name} {event.operation} {event.source} {event.data}" for event in self.seen[-12:]]
        return "; ".join(lines) or "nothing was told"


def subscription(*topics: str, content: str = "", duration: str = "PT2M", dialect: str = DIALECT) -> str:
    """A request for a pull point on these topics, such as "tns1:Receiver/ChangeState"; none means all."""
    expression = "|".join(topics)
    topic = f'<wsnt:TopicExpression Dialect="{dialect}">{expression}</wsnt:TopicExpression>' if topics else ""
    items = f'<wsnt:MessageContent Dialect="{CONTENT_DIALECT}">{content}</wsnt:MessageContent>' if content else ""
    filters = f"<tev:Filter>{topic}{items}</tev:Filter>" if topic or items else ""
    until = f"<tev:InitialTerminationTime>{duration}</tev:InitialTerminationTime>" if duration else ""
    return f"<tev:CreatePullPointSubscription>{filters}{until}</tev:CreatePullPointSubscription>"


@contextmanager
def listening(
    client: Client, topics: dict[str, TopicDescription], *wanted: str, content: str = ""
) -> Iterator[PullPoint]:
    """A pull point that is given back in the end."""
    opened = PullPoint(client, topics).open(*wanted, content=content)
    try:
        yield opened
    finally:
        opened.close()


def moment_s(written: str) -> float:
    """Seconds since 1970 of an xs:dateTime with a zone."""
    return datetime.fromisoformat(written).timestamp()
