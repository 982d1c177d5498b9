"""The compiled form of a message class: which field an element belongs to, and how its value is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from lxml import etree

from argus.soap.faults import InvalidArgs, MissingAttr
from argus.soap.fields import ABSENT, Field, Kind, Refused, Values, as_tuple
from argus.soap.namespaces import PREFIXES, Element, local_name


class Plan:
    """How one message class is read and written; empty until `fill`, so that a class may contain itself."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self._nsmap: dict[str, str] = {}
        self._scope: Field | None = None
        self._writers: tuple[Callable[[Element, object], None], ...] = ()
        self._values: Callable[[object], tuple[object, ...]] = lambda value: ()
        self._by_tag: dict[object, Field] = {}
        self._by_name: dict[str, Field] = {}
        self._attributes: dict[str, Field] = {}
        self._many: tuple[str, ...] = ()
        self._required: dict[str, Field] = {}
        self._absent: dict[str, object] = {}
        self._any: Field | None = None
        self._text: Field | None = None

    def fill(self, fields: Sequence[Field], nsmap: dict[str, str]) -> None:
        """Take the fields in the order of the schema, and the prefixes a root element declares."""
        self._nsmap = nsmap
        self._writers = tuple(field.writer() for field in fields)
        keys = [field.key for field in fields]
        if len(keys) == 1:
            only = attrgetter(keys[0])
            self._values = lambda value: (only(value),)
        elif keys:
            self._values = attrgetter(*keys)
        for field in fields:
            self._index(field)
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
