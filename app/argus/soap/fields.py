"""Reading and writing of one field of a message; `message` compiles the fields, this is what then runs per element."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Protocol

from argus.base.remembered import Remembered
from argus.soap import markup
from argus.soap.faults import FaultKind, InvalidArgs
from argus.soap.lexical import Reader, Writer
from argus.soap.namespaces import XSI, Element, QName, local_name

Values = dict[str, object]
Write = Callable[[object], str]
# A template with one %s, and what makes of a value the text to put there.
Writing = tuple[str, Write]
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

    def writing(self, name: str) -> Writing:
        """How a value is written as an element of this prefixed name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple:
    """A simple type. An empty element of an optional one counts as absent, except for strings, where it is "".

    `text` and `attribute` write a value as it stands between tags and between quotation marks.
    """

    parse: Reader
    text: Writer
    attribute: Writer
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

    def writing(self, name: str) -> Writing:
        return f"<{name}>%s</{name}>", self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An xs:list: values of a simple type separated by blanks."""

    item: Simple

    def read(self, element: Element, optional: bool) -> object:
        return self.read_text(element.text or "", optional)

    def read_text(self, text: str, optional: bool) -> object:
        return tuple(self.item.read_text(part, False) for part in text.split())

    def text(self, value: object) -> str:
        assert isinstance(value, tuple)
        return " ".join(map(self.item.text, value))

    def attribute(self, value: object) -> str:
        assert isinstance(value, tuple)
        return " ".join(map(self.item.attribute, value))

    def writing(self, name: str) -> Writing:
        return f"<{name}>%s</{name}>", self.text


class MessagePlan(Protocol):
    """What a nested message is read and written with. Of its last `kept` objects the markup is remembered."""

    kept: int

    @property
    def needs_content(self) -> bool:
        """Whether an empty element cannot be this message."""

    def read(self, element: Element) -> object: ...

    def write(self, name: str, value: object) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Another message. An empty element is absent where the field is optional and the message has mandatory parts."""

    plan: MessagePlan

    def read(self, element: Element, optional: bool) -> object:
        if optional and self.plan.needs_content and _is_empty(element):
            return ABSENT
        return self.plan.read(element)

    def writing(self, name: str) -> Writing:
        write: Write = partial(self.plan.write, name)
        return "%s", Remembered(write, self.plan.kept) if self.plan.kept else write


class Raw:
    """An element kept as it is, in the document it came with; written under its own name."""

    def read(self, element: Element, optional: bool) -> object:
        return element

    def writing(self, name: str) -> Writing:
        return "%s", markup.element


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

    def writing(self, name: str) -> Writing:
        def write(value: object) -> str:
            assert isinstance(value, QName)
            if not value.namespace:
                return f"<{name}>{value.name}</{name}>"
            declared = markup.declarations({value.prefix: value.namespace})
            return f"<{name}{declared}>{value.prefix}:{value.name}</{name}>"

        return "%s", write


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message class.

    `tag` is the name of its element or attribute as lxml spells it, `name` the same as it is written.
    `may_be_empty` tells that an empty element may stand for an absent one.
    """

    key: str
    kind: Kind
    tag: str
    name: str
    content: Content
    optional: bool
    has_default: bool
    many: bool
    may_be_empty: bool

    @property
    def required(self) -> bool:
        """Whether a message without it is refused: what repeats may be absent only where it has a default."""
        absent = self.has_default if self.many else isinstance(self.content, Listed)
        return not (self.optional or absent or self.kind in (Kind.ANY, Kind.SCOPE))

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

    def writing(self) -> Writing:
        """How the field's value, which may be absent, is written as part of the message's markup."""
        match self.kind:
            case Kind.ELEMENT | Kind.ANY:
                template, write = self.content.writing(self.name)
            case Kind.ATTRIBUTE:
                assert isinstance(self.content, Simple | Listed)
                template, write = f' {self.name}="%s"', self.content.attribute
            case Kind.TEXT:
                assert isinstance(self.content, Simple | Listed)
                template, write = "%s", self.content.text
            case Kind.SCOPE:
                raise TypeError("a scope is written by its message")
        if self.many:
            return "%s", _repeated(template, write)
        if isinstance(self.content, Listed) and self.kind is Kind.ATTRIBUTE:
            # An empty list says nothing; leaving it out is what its absence means everywhere in ONVIF.
            return "%s", lambda value: template % write(value) if value else ""
        if self.optional or self.kind is Kind.ANY:
            return "%s", lambda value: "" if value is None else template % write(value)
        return template, write


def _repeated(template: str, write: Write) -> Write:
    def write_all(value: object) -> str:
        assert isinstance(value, tuple)
        return "".join([template % write(item) for item in value])

    return write_all


def as_tuple(items: object) -> tuple[object, ...]:
    """The values of a repeated field, gathered."""
    assert isinstance(items, list)
    return tuple(items)


def _is_empty(element: Element) -> bool:
    if len(element) or (element.text or "").strip(_BLANKS):
        return False
    return all(name == _NIL for name in element.keys())  # noqa: SIM118 - an element iterates over its children
