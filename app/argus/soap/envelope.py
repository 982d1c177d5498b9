"""SOAP 1.2 envelopes: bytes of strangers in, checked parts out; answers and faults as bytes.

Spec: Core § SOAP; SOAP 1.2 Part 1 § SOAP Message Construct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from argus.base.units import to_datetime
from argus.soap import markup
from argus.soap.addressing import FAULT_ACTION, Addressing, write_addressing
from argus.soap.faults import Fault, MustUnderstand, Tag, TagMismatch, VersionMismatch, WellFormed
from argus.soap.lexical import write_datetime
from argus.soap.markup import escape
from argus.soap.message import write_markup
from argus.soap.namespaces import ENV, WSA, WSRF_BF, WSSE, Element, QName

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 10_000
MAX_ATTRIBUTES = 10_000
MAX_DECLARATIONS = 1_000

_HEADER, _BODY = f"{{{ENV}}}Header", f"{{{ENV}}}Body"
_MUST_UNDERSTAND, _ROLE = f"{{{ENV}}}mustUnderstand", f"{{{ENV}}}role"
_UNDERSTOOD = (f"{{{WSA}}}", f"{{{WSSE}}}")
_ROLES_OF_OURS = ("", f"{ENV}/role/next", f"{ENV}/role/ultimateReceiver")
_TRUE = ("1", "true")
_OPENING = f"{markup.DECLARATION}<env:Envelope{markup.declare(ENV)}"
_ADDRESSING = markup.declare(WSA)
_CLOSING = "</env:Body></env:Envelope>"

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
    header, body = _parts(root)
    if header is not None:
        _check_understood(header)
    if len(body) != 1:
        raise (TagMismatch if len(body) else Tag)("the Body holds one element")
    element = body[0]
    return Envelope(header=header, body=element, name=QName.of(str(element.tag)))


def _parts(root: Element) -> tuple[Element | None, Element]:
    """The Header, if any, and the Body."""
    parts = {part.tag: part for part in root}
    body = parts.pop(_BODY, None)
    if body is None:
        raise Tag("the envelope has no Body")
    header = parts.pop(_HEADER, None)
    if parts or len(root) > (1 if header is None else 2):
        raise TagMismatch("an envelope holds one Header and one Body")
    return header, body


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
        demanded = block.get(_MUST_UNDERSTAND) in _TRUE
        if demanded and block.get(_ROLE, "") in _ROLES_OF_OURS and not str(block.tag).startswith(_UNDERSTOOD):
            raise MustUnderstand(f"header block {block.tag}")


def write_response(message: object, addressing: Addressing | None, action: str) -> bytes:
    """An envelope with this message as its body; addressing headers only where the request had some."""
    return _envelope(write_markup(message), addressing, action)


def write_fault(fault: Fault, addressing: Addressing | None, utc_us: int) -> bytes:
    """An envelope with a fault; `utc_us` is when it happened, told by faults that carry a time."""
    detail = _detail(fault, utc_us)
    body = (
        f"<env:Fault><env:Code><env:Value>env:{fault.kind.code.value}</env:Value>{_subcodes(fault.kind.subcodes)}"
        f'</env:Code><env:Reason><env:Text xml:lang="en">{escape(fault.kind.reason)}</env:Text></env:Reason>'
        f"{detail and f'<env:Detail>{detail}</env:Detail>'}</env:Fault>"
    )
    return _envelope(body, addressing, FAULT_ACTION)


def _subcodes(names: Sequence[QName]) -> str:
    if not names:
        return ""
    outer, *inner = names
    return (
        f"<env:Subcode><env:Value{markup.declare(outer.namespace)}>{markup.prefixed(outer)}</env:Value>"
        f"{_subcodes(inner)}</env:Subcode>"
    )


def _detail(fault: Fault, utc_us: int) -> str:
    explanation, content = escape(fault.explanation), "".join(map(markup.element, fault.content))
    base = fault.kind.base_fault
    if base is not None:
        name = markup.prefixed(base)
        return (
            f"<{name}{markup.declare(base.namespace, WSRF_BF)}>"
            f"<wsrf-bf:Timestamp>{write_datetime(to_datetime(utc_us))}</wsrf-bf:Timestamp>"
            f'<wsrf-bf:Description xml:lang="en">{explanation or escape(fault.kind.reason)}</wsrf-bf:Description>'
            f"{content}</{name}>"
        )
    return f'<env:Text xml:lang="en">{explanation}</env:Text>{content}' if explanation else content


def _envelope(body: str, addressing: Addressing | None, action: str) -> bytes:
    if addressing is None:
        return f"{_OPENING}><env:Body>{body}{_CLOSING}".encode()
    return f"{_OPENING}{_ADDRESSING}>{write_addressing(addressing, action)}<env:Body>{body}{_CLOSING}".encode()
