"""Messages: frozen typed dataclasses that are XML elements, declared once and compiled once.

    @message(TRC)
    class CreateRecordingJob:
        job_configuration: RecordingJobConfiguration

    @message(TT)
    class RecordingJobSource:
        source_token: SourceReference | None = None             # minOccurs 0
        auto_create_receiver: bool | None = None
        tracks: tuple[RecordingJobTrack, ...] = ()              # repeated
        ptz_token: str | None = wire("PTZToken", default=None)  # a name the rule cannot produce
        token: str = attribute("token")                         # an XML attribute

Fields stand in xs:sequence order. A field is a child element in the namespace of the class that declares it; its name
is the CamelCase of the field's. The class's own name is its element's name wherever it is the body of an envelope;
inside another message the field gives the name. A subclass is an xs:extension: its fields follow the base's.

Types: str (and NewTypes of it), bool, int, float, aware datetime, Duration, bytes (base64), StrEnum, QName, another
message, `Element` (kept as it is), each also as `T | None` or `tuple[T, ...]`; `tuple[T, ...]` in an attribute, in
`text()` or with `wire(listed=True)` is an xs:list. `text()` is the element's own text, `anything()` collects
the children no field claims (xs:any), `scope()` the prefixes declared where the element stands.

Reading is liberal, since real clients are: local names decide, order and unknown parts do not matter, an element may
stand for an attribute, an empty element stands for an absent optional one. Writing is strict: what the schema orders.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

from lxml import etree

from argus.soap.faults import InvalidArgs, MissingAttr
from argus.soap.fields import (
    ABSENT,
    Content,
    Field,
    Kind,
    Listed,
    Nested,
    Qualified,
    Raw,
    Refused,
    Simple,
    Values,
    as_tuple,
)
from argus.soap.lexical import SIMPLE, enumeration
from argus.soap.namespaces import PREFIXES, Element, QName, local_name

T = TypeVar("T")
_MARK = "wire"
_NAME = "__xml_name__"


def wire(name: str = "", *, ns: str = "", listed: bool = False, default: Any = dataclasses.MISSING) -> Any:
    """A child element by another name or in another namespace; `listed` makes a tuple one xs:list."""
    return _specify(_Wire(kind=Kind.ELEMENT, name=name, namespace=ns, listed=listed), default)


def attribute(name: str = "", *, ns: str = "", default: Any = dataclasses.MISSING) -> Any:
    """An XML attribute; without `name` the CamelCase of the field's. Has no namespace unless `ns` gives one."""
    return _specify(_Wire(kind=Kind.ATTRIBUTE, name=name, namespace=ns), default)


def text(*, default: Any = dataclasses.MISSING) -> Any:
    """The element's own text, for simple content with attributes."""
    return _specify(_Wire(kind=Kind.TEXT), default)


def anything(*, default: Any = ()) -> Any:
    """All children that no other field claims, as `tuple[Element, ...]`: xs:any."""
    return _specify(_Wire(kind=Kind.ANY), default)


def scope(*, default: Any = dataclasses.MISSING) -> Any:
    """`Mapping[str, str]`: the prefixes in scope at the element ("" is the default namespace); declared on writing."""
    return _specify(_Wire(kind=Kind.SCOPE), dict if default is dataclasses.MISSING else default)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wire:
    kind: Kind
    name: str = ""
    namespace: str = ""
    listed: bool = False


def _specify(mark: _Wire, default: Any) -> Any:
    metadata = {_MARK: mark}
    if default is dict:
        return dataclasses.field(default_factory=dict, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(wire, attribute, text, anything, scope)
)
def message(namespace: str, name: str = "") -> Callable[[type[T]], type[T]]:
    """Make a class a message whose children live in `namespace`; `name` is its element's where the class's differs."""

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        setattr(made, _NAME, QName(namespace, name or cls.__name__))
        return made

    return declare


def element_name(cls: type) -> QName:
    """The qualified name of a message class as the body of an envelope."""
    qname: QName = getattr(cls, _NAME)
    return qname


def is_message(cls: object) -> bool:
    return isinstance(cls, type) and _NAME in cls.__dict__


def decode(cls: type[T], element: Element) -> T:
    """Read an element as a message.

    Raises:
        Fault: Sender/InvalidArgs, naming the path of the element that is missing, repeated or of the wrong type;
            Sender/MissingAttr for an attribute that is missing.
    """
    try:
        value: T = plan_of(cls).read(element)
        return value
    except Refused as refused:
        path = "/".join((local_name(str(element.tag)), *reversed(refused.path)))
        raise refused.kind(f"{path}: {refused.why}") from None


def encode(value: object, *, name: QName | None = None, parent: Element | None = None) -> Element:
    """Write a message as an element, below `parent` where one is given; `name` replaces the class's element name."""
    qname = name or element_name(type(value))
    return plan_of(type(value)).add(parent, qname.clark, value, namespace=qname.namespace)


class Plan:
    """How one message class is read and written, compiled at its first use."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self._nsmap: dict[str, str] = {}
        self._scope: Field | None = None
        self._writers: tuple[Callable[[Element, Any], None], ...] = ()
        self._values: Callable[[Any], tuple[Any, ...]] = lambda value: ()
        self._by_tag: dict[object, Field] = {}
        self._by_name: dict[str, Field] = {}
        self._attributes: dict[str, Field] = {}
        self._many: tuple[str, ...] = ()
        self._required: dict[str, Field] = {}
        self._absent: dict[str, Any] = {}
        self._any: Field | None = None
        self._text: Field | None = None

    def compile(self) -> None:
        """Work out the plan; apart from construction, so that a class may contain itself."""
        compiled = tuple(_compile_fields(self.cls))
        self._writers = tuple(field.writer() for field in compiled)
        keys = [field.key for field in compiled]
        if len(keys) == 1:
            only = attrgetter(keys[0])
            self._values = lambda value: (only(value),)
        elif keys:
            self._values = attrgetter(*keys)
        for field in compiled:
            self._index(field)
        self._many = tuple(field.key for field in compiled if field.many)
        self._required = {field.key: field for field in compiled if field.required}
        self._absent = {
            field.key: None if field.optional else ()
            for field in compiled
            if not field.required and not field.has_default
        }
        self._nsmap = {PREFIXES[ns]: ns for ns in sorted(_namespaces(self.cls, set())) if ns in PREFIXES}

    def _index(self, field: Field) -> None:
        match field.kind:
            case Kind.ELEMENT:
                self._by_tag[field.tag] = self._by_name[local_name(field.tag)] = field
            case Kind.ATTRIBUTE:
                self._attributes[field.tag] = field
                self._by_name.setdefault(local_name(field.tag), field)
            case Kind.TEXT:
                self._text = field
            case Kind.ANY:
                self._any = field
            case Kind.SCOPE:
                self._scope = field

    @property
    def needs_content(self) -> bool:
        """Whether an empty element cannot be this message."""
        return bool(self._required)

    def read(self, element: Element) -> Any:
        """The message in `element`. Raises Refused."""
        values: Values = {}
        if self._attributes:
            for name, value in element.items():
                assert isinstance(name, str)
                assert isinstance(value, str)
                field = self._attributes.get(name) or self._attributes.get(local_name(name))
                if field is not None:
                    field.read_text(value, values)
        if self._by_name or self._any:
            self._read_children(element, values)
        if self._text is not None:
            self._text.read_text(element.text or "", values)
        if self._scope is not None:
            values[self._scope.key] = {prefix or "": uri for prefix, uri in element.nsmap.items()}
        for key in self._many:
            if key in values:
                values[key] = as_tuple(values[key])
        if not values.keys() >= self._required.keys():
            raise self._missing(values)
        return self.cls(**(self._absent | values))

    def _missing(self, values: Values) -> Refused:
        field = next(field for key, field in self._required.items() if key not in values)
        return Refused(f"{field.label} is missing", MissingAttr if field.kind is Kind.ATTRIBUTE else InvalidArgs)

    def _read_children(self, element: Element, values: Values) -> None:
        for child in element:
            tag = child.tag
            field = self._by_tag.get(tag)
            if field is None:
                if not isinstance(tag, str):
                    continue  # a comment or processing instruction
                field = self._by_name.get(local_name(tag)) or self._any
                if field is None:
                    continue
            try:
                value = field.content.read(child, field.may_be_empty)
                if value is not ABSENT:
                    field.put(values, value)
            except Refused as refused:
                refused.path.append(local_name(str(tag)))
                raise

    def add(self, parent: Element | None, tag: str, value: object, *, namespace: str = "") -> Element:
        """Write the message as an element `tag`, below `parent` where one is given.

        `namespace` is that of a root element; a root declares every prefix the message needs.
        """
        prefixes = self._root_prefixes(namespace) if namespace else {}
        if self._scope is not None:
            prefixes = prefixes | {prefix: uri for prefix, uri in getattr(value, self._scope.key).items() if prefix}
        if parent is None:
            element = etree.Element(tag, nsmap=prefixes)
        else:
            element = etree.SubElement(parent, tag, nsmap=prefixes) if prefixes else etree.SubElement(parent, tag)
        for write_field, part in zip(self._writers, self._values(value), strict=True):
            write_field(element, part)
        return element

    def _root_prefixes(self, namespace: str) -> dict[str, str]:
        prefix = PREFIXES.get(namespace)
        return self._nsmap if prefix is None or prefix in self._nsmap else self._nsmap | {prefix: namespace}


_plans: dict[type, Plan] = {}


def plan_of(cls: type) -> Plan:
    """The plan of a message class, compiled at first use. Raises TypeError for a class or field it cannot carry."""
    plan = _plans.get(cls)
    if plan is None:
        if not is_message(cls):
            raise TypeError(f"{cls!r} is not a message")
        plan = _plans[cls] = Plan(cls)
        plan.compile()
    return plan


def _compile_fields(cls: type) -> Iterator[Field]:
    hints = get_type_hints(cls)
    # A field keeps the namespace of the class that declares it: an extension may live in another schema than its base.
    owners = {key: owner for owner in reversed(cls.__mro__) if is_message(owner) for key in owner.__annotations__}
    for field in dataclasses.fields(cls):
        mark = field.metadata.get(_MARK) or _Wire(kind=Kind.ELEMENT)
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        namespace = "" if mark.kind is Kind.ATTRIBUTE else element_name(owners[field.name]).namespace
        inner, nullable, repeated = _unwrap(hints[field.name])
        listed = repeated and (mark.listed or mark.kind in (Kind.ATTRIBUTE, Kind.TEXT))
        yield Field(
            key=field.name,
            kind=mark.kind,
            tag=QName(mark.namespace or namespace, mark.name or camel_case(field.name)).clark,
            content=_content(inner, field.name, mark, listed),
            optional=nullable or has_default,
            has_default=has_default,
            many=repeated and not listed,
            may_be_empty=nullable or has_default or (repeated and not listed),
        )


def _content(inner: Any, key: str, mark: _Wire, listed: bool) -> Content:
    if mark.kind in (Kind.ANY, Kind.SCOPE) or inner is Element:
        return Raw()
    if mark.kind is Kind.ELEMENT and inner is QName:
        return Qualified()
    if mark.kind is Kind.ELEMENT and is_message(inner):
        return Nested(plan=plan_of(inner))  # may be the plan being compiled
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        parse, write = enumeration(inner)
    elif inner in SIMPLE:
        parse, write = SIMPLE[inner]
    else:
        raise TypeError(f"a message cannot carry {inner!r} (field {key!r})")
    simple = Simple(parse=parse, format=write, is_string=inner is str)
    return Listed(item=simple) if listed else simple


def _unwrap(hint: Any) -> tuple[Any, bool, bool]:
    """The innermost type of a hint, whether None is allowed, and whether it repeats."""
    nullable = repeated = False
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
        nullable = True
    if get_origin(hint) is tuple:
        hint, ellipsis = get_args(hint)
        assert ellipsis is ...
        repeated = True
    while hasattr(hint, "__supertype__"):  # a NewType is what it stands for
        hint = hint.__supertype__
    return hint, nullable, repeated


def _namespaces(cls: type, seen: set[type]) -> set[str]:
    """Every namespace in which the elements of this message and of those inside it live."""
    seen.add(cls)
    found = {element_name(owner).namespace for owner in cls.__mro__ if is_message(owner)}
    hints = get_type_hints(cls)
    for field in dataclasses.fields(cls):
        mark = field.metadata.get(_MARK)
        if mark is not None and mark.namespace:
            found.add(mark.namespace)
        inner = _unwrap(hints[field.name])[0]
        if is_message(inner) and inner not in seen:
            found |= _namespaces(inner, seen)
    return found


def camel_case(key: str) -> str:
    """`recording_token` → `RecordingToken`; a trailing underscore (`from_`) is dropped."""
    return "".join(part[:1].upper() + part[1:] for part in key.split("_"))
