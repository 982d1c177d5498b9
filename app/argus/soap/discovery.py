"""WS-Discovery messages: datagrams decoded to values, values encoded to datagrams. No I/O.

Spec: WS-Discovery 2005/04 § 4 Hello and Bye, § 5 Probe and Probe Match, § 6 Resolve and Resolve Match;
ONVIF Core § Device discovery
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from argus.soap.namespaces import DN, ENV, TDS, WSA, WSA_2004, WSD, XML, Element, QName

PORT = 3702
GROUP_V4 = "239.255.255.250"
GROUP_V6 = "ff02::c"

# A Probe of any client seen is below 1.5 kB; a datagram above this is not read further.
MAX_DATAGRAM_BYTES = 8_192
MAX_ELEMENTS = 128
MAX_DEPTH = 12
MAX_LIST_ITEMS = 32
MAX_URI_LENGTH = 512

TYPES = (QName(TDS, "Device"), QName(DN, "NetworkVideoTransmitter"))

_ANONYMOUS = f"{WSA_2004}/role/anonymous"
_EVERYONE = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
_NSMAP = {"s": ENV, "a": WSA_2004, "d": WSD, "tds": TDS, "dn": DN}
_PREFIXES = {namespace: prefix for prefix, namespace in _NSMAP.items()}
# Reads nothing but the bytes given: no DTD, no entities, no network, libxml2's own limits on.
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
)
# What may not stand in a list of URIs, or in XML at all.
_NOT_URI = re.compile("[\\s\x00-\x20\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Who is there, of all these types and in all these scopes? An empty tuple matches every endpoint.

    `match_by` is the URI of the rule by which scopes are compared, "" where the default is meant.
    """

    message_id: str
    types: tuple[QName, ...] = ()
    scopes: tuple[str, ...] = ()
    match_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Where is this endpoint?"""

    message_id: str
    endpoint: str


Question: TypeAlias = Probe | Resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What makes a message ours and orders it: d:AppSequence and wsa:MessageID."""

    message_id: str
    instance_id: int
    message_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What we say of ourselves in Hello, ProbeMatches and ResolveMatches. `endpoint` is `urn:uuid:…`."""

    endpoint: str
    scopes: tuple[str, ...]
    xaddrs: tuple[str, ...]
    metadata_version: int
    types: tuple[QName, ...] = TYPES


def decode(datagram: bytes) -> Question | None:
    """The Probe or Resolve in a datagram; None for anything else, whatever the bytes are."""
    if len(datagram) > MAX_DATAGRAM_BYTES:
        return None
    try:
        root = etree.fromstring(datagram, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or root.tag != f"{{{ENV}}}Envelope" or not _is_modest(root):
        return None
    message_id, body = _message_id(root), root.find(f"{{{ENV}}}Body")
    if not message_id or body is None or len(body) != 1:
        return None
    if body[0].tag == f"{{{WSD}}}Probe":
        return _probe(message_id, body[0])
    if body[0].tag == f"{{{WSD}}}Resolve":
        return _resolve(message_id, body[0])
    return None


def _is_modest(root: Element) -> bool:
    """Whether the document has no DTD and is small in elements and depth."""
    if root.getroottree().docinfo.internalDTD is not None:
        return False
    level = [root]
    elements = depth = 0
    while level:
        elements, depth = elements + len(level), depth + 1
        if elements > MAX_ELEMENTS or depth > MAX_DEPTH:
            return False
        level = [child for parent in level for child in parent]
    return True


def _message_id(root: Element) -> str:
    """wsa:MessageID of either addressing namespace; "" where it is missing or not a plausible URI."""
    for namespace in (WSA_2004, WSA):
        found = root.find(f"{{{ENV}}}Header/{{{namespace}}}MessageID")
        if found is not None:
            return _uri(found)
    return ""


def _uri(element: Element) -> str:
    text = (element.text or "").strip()
    return text if len(text) <= MAX_URI_LENGTH and not _NOT_URI.search(text) else ""


def _probe(message_id: str, element: Element) -> Probe | None:
    types, scopes = element.find(f"{{{WSD}}}Types"), element.find(f"{{{WSD}}}Scopes")
    type_names = _items(types)
    scope_names = _items(scopes)
    if len(type_names) > MAX_LIST_ITEMS or len(scope_names) > MAX_LIST_ITEMS:
        return None
    return Probe(
        message_id=message_id,
        types=() if types is None else tuple(_qualified(name, types) for name in type_names),
        scopes=scope_names,
        match_by="" if scopes is None else (scopes.get("MatchBy") or "").strip(),
    )


def _items(element: Element | None) -> tuple[str, ...]:
    return () if element is None else tuple((element.text or "").split())


def _qualified(name: str, element: Element) -> QName:
    """The QName by the declarations in scope. An undeclared prefix gives a name that matches nothing."""
    prefix, colon, local = name.rpartition(":")
    namespace = element.nsmap.get(prefix if colon else None)
    return QName(namespace or "", local)


def _resolve(message_id: str, element: Element) -> Resolve | None:
    for namespace in (WSA_2004, WSA):
        address = element.find(f"{{{namespace}}}EndpointReference/{{{namespace}}}Address")
        if address is not None and (endpoint := _uri(address)):
            return Resolve(message_id=message_id, endpoint=endpoint)
    return None


def encode_hello(announcement: Announcement, stamp: Stamp) -> bytes:
    """Hello: we joined the network, or something about us changed."""
    body = etree.Element(f"{{{WSD}}}Hello", nsmap=_NSMAP)
    _announce(body, announcement)
    return _envelope("Hello", body, stamp, to=_EVERYONE)


def encode_bye(endpoint: str, stamp: Stamp) -> bytes:
    """Bye: we leave the network."""
    body = etree.Element(f"{{{WSD}}}Bye", nsmap=_NSMAP)
    _endpoint_reference(body, endpoint)
    return _envelope("Bye", body, stamp, to=_EVERYONE)


def encode_probe_matches(announcement: Announcement, stamp: Stamp, relates_to: str) -> bytes:
    """The answer to a Probe that matches."""
    body = etree.Element(f"{{{WSD}}}ProbeMatches", nsmap=_NSMAP)
    _announce(etree.SubElement(body, f"{{{WSD}}}ProbeMatch"), announcement)
    return _envelope("ProbeMatches", body, stamp, to=_ANONYMOUS, relates_to=relates_to)


def encode_resolve_matches(announcement: Announcement, stamp: Stamp, relates_to: str) -> bytes:
    """The answer to a Resolve for our own endpoint."""
    body = etree.Element(f"{{{WSD}}}ResolveMatches", nsmap=_NSMAP)
    _announce(etree.SubElement(body, f"{{{WSD}}}ResolveMatch"), announcement)
    return _envelope("ResolveMatches", body, stamp, to=_ANONYMOUS, relates_to=relates_to)


def encode_matching_rule_not_supported(rules: Sequence[str], stamp: Stamp, relates_to: str) -> bytes:
    """The fault that answers a unicast Probe with a matching rule we do not know; `rules` are those we do."""
    fault = etree.Element(f"{{{ENV}}}Fault", nsmap=_NSMAP)
    code = etree.SubElement(fault, f"{{{ENV}}}Code")
    _text(code, ENV, "Value", "s:Sender")
    _text(etree.SubElement(code, f"{{{ENV}}}Subcode"), ENV, "Value", "d:MatchingRuleNotSupported")
    reason = _text(etree.SubElement(fault, f"{{{ENV}}}Reason"), ENV, "Text", "the matching rule is not supported")
    reason.set(f"{{{XML}}}lang", "en")
    _text(etree.SubElement(fault, f"{{{ENV}}}Detail"), WSD, "SupportedMatchingRules", " ".join(rules))
    return _envelope("fault", fault, stamp, to=_ANONYMOUS, relates_to=relates_to)


def _envelope(action: str, body: Element, stamp: Stamp, *, to: str, relates_to: str = "") -> bytes:
    envelope = etree.Element(f"{{{ENV}}}Envelope", nsmap=_NSMAP)
    header = etree.SubElement(envelope, f"{{{ENV}}}Header")
    _text(header, WSA_2004, "Action", f"{WSD}/{action}")
    _text(header, WSA_2004, "MessageID", stamp.message_id)
    if relates_to:
        _text(header, WSA_2004, "RelatesTo", relates_to)
    _text(header, WSA_2004, "To", to)
    sequence = etree.SubElement(header, f"{{{WSD}}}AppSequence")
    sequence.set("InstanceId", str(stamp.instance_id))
    sequence.set("MessageNumber", str(stamp.message_number))
    etree.SubElement(envelope, f"{{{ENV}}}Body").append(body)
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)


def _announce(parent: Element, announcement: Announcement) -> None:
    _endpoint_reference(parent, announcement.endpoint)
    _text(parent, WSD, "Types", " ".join(f"{_PREFIXES[name.namespace]}:{name.name}" for name in announcement.types))
    _text(parent, WSD, "Scopes", " ".join(_escaped(scope) for scope in announcement.scopes))
    if announcement.xaddrs:
        _text(parent, WSD, "XAddrs", " ".join(announcement.xaddrs))
    _text(parent, WSD, "MetadataVersion", str(announcement.metadata_version))


def _endpoint_reference(parent: Element, endpoint: str) -> None:
    _text(etree.SubElement(parent, f"{{{WSA_2004}}}EndpointReference"), WSA_2004, "Address", endpoint)


def _escaped(scope: str) -> str:
    """The scope with what would end it, or the document, percent-encoded."""
    return _NOT_URI.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), scope
    )


def _text(parent: Element, namespace: str, name: str, text: str) -> Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    child.text = text
    return child
