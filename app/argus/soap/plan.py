"""The compiled form of a message class: which field an element belongs to, and how its value is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from operator import attrgetter

from argus.soap import markup
from argus.soap.faults import InvalidArgs, MissingAttr
from argus.soap.fields import ABSENT, Field, Kind, Refused, Values, Write, as_tuple
from argus.soap.namespaces import Element, QName, local_name

Getter = Callable[[object], tuple[object, ...]]


class Plan:
    """How one message class is read and written; empty until `fill`, so that a class may contain itself."""

    def __init__(self, cls: type, *, kept: int) -> None:
        self.cls = cls
        self.kept = kept
        self._namespaces: tuple[str, ...] = ()
        self._scope: Field | None = None
        self._template = ""
        self._is_empty = True
        self._writers: tuple[Write, ...] = ()
        self._values: Getter = _nothing
        self._by_tag: dict[object, Field] = {}
        self._by_name: dict[str, Field] = {}
        self._attributes: dict[str, Field] = {}
        self._many: tuple[str, ...] = ()
        self._required: dict[str, Field] = {}
        self._absent: dict[str, object] = {}
        self._any: Field | None = None
        self._text: Field | None = None

    def fill(self, fields: Sequence[Field], namespaces: Collection[str]) -> None:
        """Take the fields in the order of the schema, and the namespaces of all that may stand in the message."""
        self._namespaces = tuple(sorted(namespaces))
        for field in fields:
            self._index(field)
        if self._scope is not None and (self._by_tag or self._any):
            raise TypeError(f"{self.cls.__name__}: a scope goes with text and attributes only")
        attributes = [field for field in fields if field.kind is Kind.ATTRIBUTE]
        content = [field for field in fields if field.kind not in (Kind.ATTRIBUTE, Kind.SCOPE)]
        writings = [field.writing() for field in (*attributes, *content)]
        templates = [template for template, _ in writings]
        self._template = "".join(
            (*templates[: len(attributes)], ">" if content else "/>", *templates[len(attributes) :])
        )
        self._is_empty = not content
        self._writers = tuple(write for _, write in writings)
        self._values = _getter((*attributes, *content))
        self._many = tuple(field.key for field in fields if field.many)
        self._required = {field.key: field for field in fields if field.required}
        absent = [field for field in fields if not field.required and not field.has_default]
        self._absent = {field.key: None if field.optional else () for field in absent}

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

    def read(self, element: Element) -> object:
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

    def write(self, name: str, value: object, declarations: str = "") -> str:
        """The message as an element of this prefixed name; `declarations` stand among its attributes."""
        if self._scope is not None:
            name, declarations = markup.within_scope(name, getattr(value, self._scope.key))
        pairs = zip(self._writers, self._values(value), strict=True)
        inside = self._template % tuple([write(part) for write, part in pairs])
        return f"<{name}{declarations}{inside}" if self._is_empty else f"<{name}{declarations}{inside}</{name}>"

    def write_root(self, name: QName, value: object) -> str:
        """The message as an element that declares every prefix in it."""
        known = name.namespace in self._namespaces
        declared = markup.declare(*self._namespaces, *(() if known else (name.namespace,)))
        return self.write(markup.prefixed(name), value, declared)


def _nothing(_value: object) -> tuple[object, ...]:
    return ()


def _getter(fields: Sequence[Field]) -> Getter:
    """A function from a message to the values of these fields."""
    match [field.key for field in fields]:
        case []:
            return _nothing
        case [key]:
            only = attrgetter(key)
            return lambda value: (only(value),)
        case keys:
            return attrgetter(*keys)
