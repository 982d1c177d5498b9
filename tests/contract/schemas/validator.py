"""Judge SOAP messages by the official schemas, and by the rules schemas cannot express."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from lxml import etree
from tests.contract.schemas.bundle import DRIVER, Bundle
from tests.contract.schemas.names import ENV, TER, TT, WSA, WSNT, XML, Element

_FAULT = f"{{{ENV}}}Fault"
_CODES = {"VersionMismatch", "MustUnderstand", "DataEncodingUnknown", "Sender", "Receiver"}
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):(?!:)")


class _Memory(etree.Resolver):
    """Serves the bundle's documents and refuses any other address."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self._documents = documents

    def resolve(self, url, pubid, context):  # type: ignore[no-untyped-def]  # lxml's own types are not public
        if url not in self._documents:
            raise OSError(f"{url} is not in the bundle")
        return self.resolve_string(self._documents[url], context, base_url=url)


class OnvifSchemas:
    """All services of the standard, compiled once: about a second and 40 MB. An empty list of problems means valid."""

    def __init__(self) -> None:
        bundle = Bundle.load()
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(_Memory(bundle.documents))
        self._schema = etree.XMLSchema(etree.fromstring(bundle.documents[DRIVER], parser, base_url=DRIVER))
        self._elements = bundle.elements
        self.responses = bundle.responses

    def validate(self, data: bytes) -> list[str]:
        """What is wrong with an envelope."""
        try:
            root = etree.fromstring(data, etree.XMLParser(no_network=True, resolve_entities=False))
        except etree.XMLSyntaxError as error:
            return [f"not well-formed: {error}"]
        body = root.find(f"{{{ENV}}}Body")
        if root.tag != f"{{{ENV}}}Envelope" or body is None:
            return ["not a SOAP 1.2 envelope with a Body"]
        problems = ["a SOAP message has no DTD"] if root.getroottree().docinfo.internalDTD is not None else []
        if not self._schema.validate(root):
            problems += [f"line {error.line}: {error.message}" for error in self._schema.error_log]
        if len(body) != 1:
            problems.append(f"the Body has {len(body)} elements")
        for child in body:
            if child.tag == _FAULT:
                problems += _fault_problems(child)
            elif child.tag not in self._elements:
                problems.append(f"{child.tag!r} is declared by no service")
        return problems + list(_notification_problems(root))

    def validate_pair(self, request: bytes, response: bytes) -> list[str]:
        """What is wrong with a response to this request; the request may be as wrong as clients make it."""
        problems = self.validate(response)
        asked, answered = (_body_tag(data) for data in (request, response))
        expected = self.responses.get(asked)
        if answered not in (expected, _FAULT):
            problems.append(f"{asked} was answered with {answered}, not with {expected}")
        return problems


@cache
def official_schemas() -> OnvifSchemas:
    """The schemas, compiled at first use and shared by all tests of the process."""
    return OnvifSchemas()


def _body_tag(data: bytes) -> str:
    body = etree.fromstring(data).find(f"{{{ENV}}}Body/*")
    return "" if body is None else str(body.tag)


def _fault_problems(fault: Element) -> Iterator[str]:
    codes = []
    for value in fault.iterfind(f"{{{ENV}}}Code//{{{ENV}}}Value"):
        prefix, _, name = (value.text or "").strip().rpartition(":")
        codes.append((value.nsmap.get(prefix or None), name))
    if not codes or codes[0][0] != ENV or codes[0][1] not in _CODES:
        yield f"{codes[:1]} is no fault code of SOAP 1.2"
    for namespace, name in codes[1:]:
        if namespace not in (TER, WSA) and not (namespace or "").startswith("http://docs.oasis-open.org/"):
            yield f"subcode {name!r} is in namespace {namespace!r}"
    texts = fault.findall(f"{{{ENV}}}Reason/{{{ENV}}}Text")
    if not texts or any(not text.get(f"{{{XML}}}lang") for text in texts):
        yield "a reason needs a text with its language"


def _notification_problems(root: Element) -> Iterator[str]:
    for notification in root.iter(f"{{{WSNT}}}NotificationMessage"):
        tags = [str(child.tag) for child in notification.iterfind(f"{{{WSNT}}}Message/*")]
        if tags != [f"{{{TT}}}Message"]:
            yield f"a notification holds one tt:Message, not {tags}"
        if notification.find(f"{{{WSNT}}}Topic") is None:
            yield "a notification has a Topic"
    for topic in root.iter(f"{{{WSNT}}}Topic", f"{{{WSNT}}}TopicExpression"):
        for prefix in _PREFIX.findall(topic.text or ""):
            if prefix not in topic.nsmap:
                yield f"topic prefix {prefix!r} is not declared"
