"""SOAP 1.2 envelopes: bytes of strangers in, checked parts out; answers and faults as bytes.

Spec: Core § SOAP; SOAP 1.2 Part 1 § SOAP Message Construct.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from argus.base.units import to_datetime
from argus.soap.addressing import FAULT_ACTION, Addressing, write_addressing
from argus.soap.faults import Fault, FaultKind, MustUnderstand, Tag, TagMismatch, VersionMismatch, WellFormed
from argus.soap.lexical import legal, write_datetime
from argus.soap.message import encode
from argus.soap.namespaces import ENV, WSA, WSRF_BF, WSSE, XML, Element, QName, nsmap

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 10_000
MAX_ATTRIBUTES = 10_000
MAX_DECLARATIONS = 1_000

_UNDERSTOOD = (f"{{{WSA}}}", f"{{{WSSE}}}")
_ROLES_OF_OURS = ("", f"{ENV}/role/next", f"{ENV}/role/ultimateReceiver")
_TRUE = ("1", "true")

_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
_count_elements = etree.XPath("count(//*)")
_is_too_deep = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A request as it came: its header, if any, and the one element of its body."""

    header: Element | None
    body: Element
    name: QName


def read_envelope(data: bytes) -> Envelope:
    """Take a request apart.

    Raises:
        Fault: not well-formed, beyond our limits, with a DTD, not SOAP 1.2, without exactly one body element, or with
            a header block that must be understood and is not.
    """
    root = _parse(data)
    if root.tag != f"{{{ENV}}}Envelope":
        raise VersionMismatch("a SOAP 1.2 envelope is expected")
    headers, bodies = root.findall(f"{{{ENV}}}Header"), root.findall(f"{{{ENV}}}Body")
    if not bodies:
        raise Tag("the envelope has no Body")
    if len(bodies) > 1 or len(headers) > 1 or len(root) > len(bodies) + len(headers):
        raise TagMismatch("an envelope holds one Header and one Body")
    header = headers[0] if headers else None
    if header is not None:
        _check_understood(header)
    if len(bodies[0]) != 1:
        raise (TagMismatch if len(bodies[0]) else Tag)("the Body holds one element")
    element = bodies[0][0]
    return Envelope(header=header, body=element, name=QName.of(str(element.tag)))


def _parse(data: bytes) -> Element:
    # What the byte counts refuse never reaches the parser; they are exact enough because only UTF-8 passes.
    if len(data) > MAX_BYTES:
        raise WellFormed(f"longer than {MAX_BYTES} bytes")
    if data.count(b"<") > 2 * MAX_ELEMENTS or data.count(b"=") > MAX_ATTRIBUTES:
        raise WellFormed("too many elements or attributes")
    if data.count(b"xmlns") > MAX_DECLARATIONS:
        raise WellFormed("too many namespace declarations")
    try:
        data.decode("utf-8")
        root = etree.fromstring(data, _PARSER)
    except UnicodeDecodeError:
        raise WellFormed("not UTF-8") from None
    except etree.XMLSyntaxError as error:
        raise WellFormed(f"line {error.lineno}, column {error.offset}") from None
    document = root.getroottree().docinfo
    # "A SOAP message MUST NOT contain a Document Type Declaration." -- SOAP 1.2 Part 1 § SOAP Message Construct
    if document.internalDTD is not None or document.externalDTD is not None:
        raise WellFormed("a document type declaration is forbidden")
    count = _count_elements(root)
    assert isinstance(count, float)
    if count > MAX_ELEMENTS or (count > MAX_DEPTH and _is_too_deep(root)):
        raise WellFormed("too many or too deeply nested elements")
    return root


def _check_understood(header: Element) -> None:
    for block in header:
        demanded = block.get(f"{{{ENV}}}mustUnderstand") in _TRUE
        for_us = block.get(f"{{{ENV}}}role", "") in _ROLES_OF_OURS
        if demanded and for_us and not str(block.tag).startswith(_UNDERSTOOD):
            raise MustUnderstand(f"header block {block.tag}")


def write_response(message: object, addressing: Addressing | None, action: str) -> bytes:
    """An envelope with this message as its body; addressing headers only where the request had some."""
    root, body = _new_envelope(addressing, action)
    encode(message, parent=body)
    return _to_bytes(root)


def write_fault(fault: Fault, addressing: Addressing | None, utc_us: int) -> bytes:
    """An envelope with a fault; `utc_us` is when it happened, told by faults that carry a time."""
    root, body = _new_envelope(addressing, FAULT_ACTION)
    element = etree.SubElement(body, f"{{{ENV}}}Fault")
    code = _add(element, "Code")
    _add(code, "Value").text = f"env:{fault.kind.code.value}"
    for subcode in fault.kind.subcodes:
        code = _add(code, "Subcode")
        value = etree.SubElement(code, f"{{{ENV}}}Value", nsmap={subcode.prefix: subcode.namespace})
        value.text = f"{subcode.prefix}:{subcode.name}"
    text = _add(_add(element, "Reason"), "Text")
    text.set(f"{{{XML}}}lang", "en")
    text.text = legal(fault.kind.reason)
    detail = list(_detail(fault, fault.kind, utc_us))
    if detail:
        _add(element, "Detail").extend(detail)
    return _to_bytes(root)


def _detail(fault: Fault, kind: FaultKind, utc_us: int) -> Iterator[Element]:
    if kind.base_fault is not None:
        base = etree.Element(kind.base_fault.clark, nsmap=nsmap(kind.base_fault.namespace, WSRF_BF))
        etree.SubElement(base, f"{{{WSRF_BF}}}Timestamp").text = write_datetime(to_datetime(utc_us))
        description = etree.SubElement(base, f"{{{WSRF_BF}}}Description")
        description.set(f"{{{XML}}}lang", "en")
        description.text = legal(fault.explanation or kind.reason)
        base.extend(fault.content)
        yield base
        return
    if fault.explanation:
        text = etree.Element(f"{{{ENV}}}Text", nsmap=nsmap(ENV))
        text.set(f"{{{XML}}}lang", "en")
        text.text = legal(fault.explanation)
        yield text
    yield from fault.content


def _new_envelope(addressing: Addressing | None, action: str) -> tuple[Element, Element]:
    root = etree.Element(f"{{{ENV}}}Envelope", nsmap=nsmap(ENV) if addressing is None else nsmap(ENV, WSA))
    if addressing is not None:
        write_addressing(_add(root, "Header"), addressing, action)
    return root, _add(root, "Body")


def _add(parent: Element, name: str) -> Element:
    return etree.SubElement(parent, f"{{{ENV}}}{name}")


def _to_bytes(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
