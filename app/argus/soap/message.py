"""Messages: frozen typed dataclasses that are XML elements, declared once and compiled once.

    @message(TRC)
    class CreateRecordingJob:
        job_configuration: RecordingJobConfiguration

    @message(TT)
    class RecordingJobSource:
        source_token: SourceReference | None = None             # minOccurs 0
        auto_create_receiver: bool | None = None
        tracks: tuple[RecordingJobTrack, ...] = ()              # repeated; without the default at least one
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
from typing import Any, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

from lxml import etree

from argus.soap import markup
from argus.soap.fields import Content, Field, Kind, Listed, Nested, Qualified, Raw, Refused, Simple
from argus.soap.lexical import SIMPLE, enumeration, read_string
from argus.soap.namespaces import Element, QName, local_name
from argus.soap.plan import Plan

T = TypeVar("T")
_MARK = "wire"
_NAME = "__xml_name__"
_KEPT = "__xml_kept__"


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
def message(namespace: str, name: str = "", *, kept: int = 0) -> Callable[[type[T]], type[T]]:
    """Make a class a message whose children live in `namespace`; `name` is its element's where the class's differs.

    What is written of the last `kept` objects inside other messages is remembered: for those that are sent often.
    """

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        setattr(made, _NAME, QName(namespace, name or cls.__name__))
        setattr(made, _KEPT, kept)
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
        value = plan_of(cls).read(element)
        assert isinstance(value, cls)
        return value
    except Refused as refused:
        path = "/".join((local_name(str(element.tag)), *reversed(refused.path)))
        raise refused.kind(f"{path}: {refused.why}") from None


def encode(value: object, *, name: QName | None = None) -> Element:
    """Write a message as an element; `name` replaces the class's element name."""
    return etree.fromstring(write_markup(value, name=name))


def write_markup(value: object, *, name: QName | None = None) -> str:
    """Write a message as text that declares every prefix in it."""
    return plan_of(type(value)).write_root(name or element_name(type(value)), value)


_plans: dict[type, Plan] = {}


def plan_of(cls: type) -> Plan:
    """The plan of a message class, compiled at first use. Raises TypeError for a class or field it cannot carry."""
    plan = _plans.get(cls)
    if plan is None:
        if not is_message(cls):
            raise TypeError(f"{cls!r} is not a message")
        plan = _plans[cls] = Plan(cls, kept=cls.__dict__[_KEPT])
        namespaces = _namespaces(cls, set())
        plan.fill(tuple(_compile_fields(cls)), namespaces)
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
        qname = QName(mark.namespace or namespace, mark.name or camel_case(field.name))
        yield Field(
            key=field.name,
            kind=mark.kind,
            tag=qname.clark,
            name=markup.prefixed(qname),
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
    simple = _simple(inner)
    if simple is None:
        raise TypeError(f"a message cannot carry {inner!r} (field {key!r})")
    return Listed(item=simple) if listed else simple


def _simple(inner: Any) -> Simple | None:
    escape, escape_attribute = markup.escape, markup.escape_attribute
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return Simple(parse=enumeration(inner), text=escape, attribute=escape_attribute, is_string=False)
    if inner is str:
        return Simple(parse=read_string, text=escape, attribute=escape_attribute, is_string=True)
    if inner in SIMPLE:
        parse, write = SIMPLE[inner]  # no other type writes a character that XML knows
        return Simple(parse=parse, text=write, attribute=write, is_string=False)
    return None


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
