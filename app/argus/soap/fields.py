"""Reading and writing of one field of a message; `message` compiles the fields, this is what then runs per element."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from lxml import etree

from argus.soap.faults import FaultKind, InvalidArgs
from argus.soap.lexical import Reader, Writer, legal
from argus.soap.namespaces import XSI, Element, QName, local_name

Values = dict[str, object]
ABSENT = object()
_BLANKS = " \t\r\n"
_NIL = f"{{{XSI}}}nil"


class Kind(Enum):
    """Where a field stands in the element."""

    ELEMENT = auto()
    ATTRIBUTE = auto()
    TEXT = auto()
    ANY = auto()
    SCOPE = auto()


class Refused(Exception):
    """What was read cannot be this message; `path` are the names on the way, innermost first."""

    def __init__(self, why: str, kind: FaultKind = InvalidArgs) -> None:
        super().__init__(why)
        self.why = why
        self.kind = kind
        self.path: list[str] = []


class Content(Protocol):
    """How the type of a field is read from an element and written as one."""

    def read(self, element: Element, optional: bool) -> object:
        """The value, or ABSENT where an empty element stands for nothing. Raises Refused."""

    def write(self, parent: Element, tag: str, value: object) -> None:
        """Add the element to `parent`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple:
    """A simple type. An empty element of an optional one counts as absent, except for strings, where it is ""."""

    parse: Reader
    format: Writer
    is_string: bool

    def read(self, element: Element, optional: bool) -> object:
        if len(element):
            raise Refused("text expected, child elements found")
        text = element.text
        if self.is_string:
            return text or ""
        return self.read_text(text or "", optional or element.get(_NIL) in ("true", "1"))

    def read_text(self, text: str, optional: bool) -> object:
        if self.is_string:
            return text
        stripped = text.strip(_BLANKS)
        if not stripped and optional:
            return ABSENT
        try:
            return self.parse(stripped)
        except ValueError as error:
            raise Refused(str(error)) from None

    def write(self, parent: Element, tag: str, value: object) -> None:
        text = self.format(value)
        child = etree.SubElement(parent, tag)
        try:
            child.text = text
        except ValueError:  # lxml refuses what XML cannot carry
            child.text = legal(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An xs:list: values of a simple type separated by blanks."""

    item: Simple

    def read(self, element: Element, optional: bool) -> object:
        return self.read_text(element.text or "", optional)

    def read_text(self, text: str, optional: bool) -> object:
        return tuple(self.item.read_text(part, False) for part in text.split())

    def format(self, value: object) -> str:
        assert isinstance(value, tuple)
        return " ".join(self.item.format(part) for part in value)

    def write(self, parent: Element, tag: str, value: object) -> None:
        etree.SubElement(parent, tag).text = legal(self.format(value))


class MessagePlan(Protocol):
    """What a nested message is read and written with."""

    @property
    def needs_content(self) -> bool:
        """Whether an empty element cannot be this message."""

    def read(self, element: Element) -> object: ...

    def add(self, parent: Element | None, tag: str, value: object) -> Element: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Another message. An empty element is absent where the field is optional and the message has mandatory parts."""

    plan: MessagePlan

    def read(self, element: Element, optional: bool) -> object:
        if optional and self.plan.needs_content and _is_empty(element):
            return ABSENT
        return self.plan.read(element)

    def write(self, parent: Element, tag: str, value: object) -> None:
        self.plan.add(parent, tag, value)


class Raw:
    """An element kept as it is, in the document it came with; written as a copy of its own."""

    def read(self, element: Element, optional: bool) -> object:
        return element

    def write(self, parent: Element, tag: str, value: object) -> None:
        assert isinstance(value, etree._Element)
        parent.append(copy.deepcopy(value))


class Qualified:
    """A qualified name as text; its prefix is looked up, and declared on writing, at the element."""

    def read(self, element: Element, optional: bool) -> object:
        text = (element.text or "").strip(_BLANKS)
        if not text and optional:
            return ABSENT
        prefix, colon, name = text.rpartition(":")
        namespace = element.nsmap.get(prefix or None)
        if not name or (colon and namespace is None):
            raise Refused("not a qualified name with a declared prefix")
        return QName(namespace or "", name)

    def write(self, parent: Element, tag: str, value: object) -> None:
        assert isinstance(value, QName)
        if value.namespace:
            child = etree.SubElement(parent, tag, nsmap={value.prefix: value.namespace})
            child.text = f"{value.prefix}:{value.name}"
        else:
            etree.SubElement(parent, tag).text = value.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message class. `tag` is its element's or attribute's name as lxml spells it.

    `may_be_empty` tells that an empty element may stand for an absent one.
    """

    key: str
    kind: Kind
    tag: str
    content: Content
    optional: bool
    has_default: bool
    many: bool
    may_be_empty: bool

    @property
    def required(self) -> bool:
        """Whether a message without it is refused; what repeats may always be absent."""
        repeats = self.many or isinstance(self.content, Listed)
        return not (self.optional or repeats or self.kind in (Kind.ANY, Kind.SCOPE))

    @property
    def label(self) -> str:
        """How an error names it."""
        return {Kind.TEXT: "text", Kind.ATTRIBUTE: f"@{local_name(self.tag)}"}.get(self.kind, local_name(self.tag))

    def read_text(self, text: str, values: Values) -> None:
        """Read an attribute's value or the element's own text. Raises Refused."""
        assert isinstance(self.content, Simple | Listed)
        try:
            value = self.content.read_text(text, self.optional)
            if value is not ABSENT:
                self.put(values, value)
        except Refused as refused:
            refused.path.append(self.label)
            raise

    def put(self, values: Values, value: object) -> None:
        """Note a value that was read; what repeats is gathered in a list. Raises Refused for one too many."""
        if self.many:
            gathered = values.setdefault(self.key, [])
            assert isinstance(gathered, list)
            gathered.append(value)
        elif self.key in values:
            raise Refused("occurs more than once")
        else:
            values[self.key] = value

    def writer(self) -> Callable[[Element, object], None]:
        """A function that writes the field's value into the message's element."""
        match self.kind:
            case Kind.ELEMENT | Kind.ANY:
                return _write_many(self) if self.many else _write_one(self)
            case Kind.ATTRIBUTE:
                return _write_attribute(self)
            case Kind.TEXT:
                return _write_text(self)
            case Kind.SCOPE:
                return _write_nothing


def _write_one(field: Field) -> Callable[[Element, object], None]:
    tag, write = field.tag, field.content.write

    def write_one(element: Element, value: object) -> None:
        if value is not None:
            write(element, tag, value)

    return write_one


def _write_many(field: Field) -> Callable[[Element, object], None]:
    tag, write = field.tag, field.content.write

    def write_many(element: Element, value: object) -> None:
        assert isinstance(value, tuple)
        for item in value:
            write(element, tag, item)

    return write_many


def _write_attribute(field: Field) -> Callable[[Element, object], None]:
    assert isinstance(field.content, Simple | Listed)
    tag, format_value, listed = field.tag, field.content.format, isinstance(field.content, Listed)

    def write_attribute(element: Element, value: object) -> None:
        # An empty list says nothing; leaving it out is what its absence means everywhere in ONVIF.
        if value is None or (listed and not value):
            return
        text = format_value(value)
        try:
            element.set(tag, text)
        except ValueError:
            element.set(tag, legal(text))

    return write_attribute


def _write_text(field: Field) -> Callable[[Element, object], None]:
    assert isinstance(field.content, Simple | Listed)
    format_value = field.content.format

    def write_text(element: Element, value: object) -> None:
        if value is not None:
            element.text = legal(format_value(value))

    return write_text


def _write_nothing(element: Element, value: object) -> None:
    """The prefixes of a scope were declared when its element was made."""


def as_tuple(items: object) -> tuple[object, ...]:
    """The values of a repeated field, gathered."""
    assert isinstance(items, list)
    return tuple(items)


def _is_empty(element: Element) -> bool:
    if len(element) or (element.text or "").strip(_BLANKS):
        return False
    return all(name == _NIL for name in element.keys())  # noqa: SIM118 - an element iterates over its children
