"""Topics as data, and the TopicSet made of them. Each service has its own topics in a module of its own.

Spec: Core § Topic structure, § Message description language
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from argus.soap.namespaces import PT, TNS1, TT, WSTOP, XS, Element, QName, nsmap

_REFERENCES = {
    "RecordingToken": QName(TT, "RecordingReference"),
    "TrackToken": QName(TT, "TrackReference"),
    "Track": QName(TT, "TrackReference"),
    "RecordingJobToken": QName(TT, "RecordingJobReference"),
    "ReceiverToken": QName(TT, "ReceiverReference"),
    "ScheduleToken": QName(PT, "ReferenceToken"),
    "SpecialDaysToken": QName(PT, "ReferenceToken"),
    "Token": QName(TT, "ReferenceToken"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a message. `element` tells an ElementItem from a SimpleItem."""

    name: str
    type: QName
    element: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic by its path below tns1, with the description of its message."""

    path: str
    source: tuple[Item, ...]
    data: tuple[Item, ...] = ()
    is_property: bool = False


class TopicSet:
    """Topics that can be subscribed to, or searched for."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self.topics = tuple(topics)
        self.paths = frozenset(topic.path for topic in self.topics)
        self.item_names = frozenset(item.name for topic in self.topics for item in (*topic.source, *topic.data))

    def element(self) -> Element:
        """The set as wstop:TopicSet: one element for each step of a path, its root in tns1."""
        root = etree.Element(f"{{{WSTOP}}}TopicSet", nsmap=nsmap(WSTOP, TNS1, TT, XS, PT))
        for topic in self.topics:
            node = root
            for depth, name in enumerate(topic.path.split("/")):
                tag = name if depth else f"{{{TNS1}}}{name}"
                found = node.find(tag)
                node = etree.SubElement(node, tag) if found is None else found
            node.set(f"{{{WSTOP}}}topic", "true")
            _describe(node, topic)
        return root


def _describe(node: Element, topic: Topic) -> None:
    description = etree.SubElement(node, f"{{{TT}}}MessageDescription")
    description.set("IsProperty", "true" if topic.is_property else "false")
    for part, items in (("Source", topic.source), ("Data", topic.data)):
        if items:
            _describe_items(etree.SubElement(description, f"{{{TT}}}{part}"), items)


def _describe_items(parent: Element, items: tuple[Item, ...]) -> None:
    for item in sorted(items, key=lambda item: item.element):  # the schema wants simple items first
        kind = "ElementItemDescription" if item.element else "SimpleItemDescription"
        described = etree.SubElement(parent, f"{{{TT}}}{kind}")
        described.set("Name", item.name)
        described.set("Type", f"{item.type.prefix}:{item.type.name}")


def tokens(*names: str) -> tuple[Item, ...]:
    """Items that hold tokens, by the names they have in ONVIF's topics."""
    return tuple(Item(name=name, type=_REFERENCES[name]) for name in names)


def simple(name: str, xs_type: str) -> Item:
    """A SimpleItem of a type of XML Schema."""
    return Item(name=name, type=QName(XS, xs_type))


def element(name: str, tt_type: str) -> Item:
    """An ElementItem of a type of tt."""
    return Item(name=name, type=QName(TT, tt_type), element=True)
