"""Make content models that only XSD 1.1 allows acceptable to libxml2, which knows XSD 1.0.

Over a hundred official types have an optional element directly followed by `<xs:any namespace="##any">`. In XSD 1.1 the
element wins over the wildcard; in XSD 1.0 that is an error ("content model is not determinist"). The wildcard becomes
`##other`, which is stricter: undeclared elements of the type's own namespace are then refused. Where that would still
clash, because the element is a reference into another namespace, the wildcard goes.
"""

from __future__ import annotations

from lxml import etree
from tests.contract.schemas.names import XS, Element

_ANY, _ELEMENT, _CHOICE = f"{{{XS}}}any", f"{{{XS}}}element", f"{{{XS}}}choice"
_TYPE, _EXTENSION, _ANNOTATION = f"{{{XS}}}complexType", f"{{{XS}}}extension", f"{{{XS}}}annotation"


def extended_types(schema: Element) -> set[str]:
    """`{ns}name` of each base to which some xs:extension appends elements: a wildcard at its end has a rival there."""
    return {
        resolve(extension, extension.get("base", ""))
        for extension in schema.iter(_EXTENSION)
        if extension.find(f".//{_ELEMENT}") is not None or extension.find(f".//{_ANY}") is not None
    }


def narrow_wildcards(schema: Element, extended: set[str]) -> None:
    """Narrow or remove every wildcard of `schema` that stands beside an element it could also match."""
    namespace = schema.get("targetNamespace")
    for wildcard in list(schema.iter(_ANY)):
        scope = wildcard.get("namespace", "##any")
        if scope not in ("##any", "##targetNamespace"):
            continue
        rivals = _rivals(wildcard)
        owner = next(wildcard.iterancestors(_TYPE), None)
        is_extended = owner is not None and f"{{{namespace}}}{owner.get('name')}" in extended
        if not rivals and not is_extended:
            continue
        if scope == "##targetNamespace" or any(_is_foreign(rival, namespace) for rival in rivals):
            _parent(wildcard).remove(wildcard)
        else:
            wildcard.set("namespace", "##other")


def resolve(element: Element, qname: str) -> str:
    """`{ns}name` of a prefixed name as it stands in an attribute of `element`."""
    prefix, _, name = qname.rpartition(":")
    return f"{{{element.nsmap.get(prefix or None)}}}{name}"


def _rivals(wildcard: Element) -> list[Element]:
    """The element particles that may match at the same point as `wildcard`."""
    siblings = [child for child in _parent(wildcard) if isinstance(child.tag, str) and child.tag != _ANNOTATION]
    if _parent(wildcard).tag == _CHOICE:
        return [element for other in siblings if other is not wildcard for element in _particles(other)]
    position = siblings.index(wildcard)
    rivals: list[Element] = []
    for before in reversed(siblings[:position]):  # what may be skipped or still repeat
        if _is_optional(before) or before.get("maxOccurs", "1") != "1":
            rivals += _particles(before)
        if not _is_optional(before):
            break
    if wildcard.get("minOccurs") == "0" or wildcard.get("maxOccurs", "1") != "1":
        for after in siblings[position + 1 :]:
            rivals += _particles(after)
            if not _is_optional(after):
                break
    return rivals


def _particles(particle: Element) -> list[Element]:
    if particle.tag in (_ELEMENT, _ANY):
        return [particle]
    return [inner for child in particle if isinstance(child.tag, str) for inner in _particles(child)]


def _is_optional(particle: Element) -> bool:
    choices = [child for child in particle if isinstance(child.tag, str)] if particle.tag == _CHOICE else []
    return particle.get("minOccurs") == "0" or any(_is_optional(choice) for choice in choices)


def _is_foreign(rival: Element, namespace: str | None) -> bool:
    reference = rival.get("ref")
    return rival.tag == _ANY or (reference is not None and not resolve(rival, reference).startswith(f"{{{namespace}}}"))


def _parent(element: Element) -> Element:
    parent = element.getparent()
    assert isinstance(parent, etree._Element)
    return parent
