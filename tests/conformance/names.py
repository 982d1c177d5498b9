"""Namespaces, the prefix each is written with in requests, and small readers of XML."""

from __future__ import annotations

from typing import TypeAlias
from xml.sax.saxutils import escape

from lxml import etree

Element: TypeAlias = etree._Element

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "tt": "http://www.onvif.org/ver10/schema",
    "pt": "http://www.onvif.org/ver10/pacs",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trp": "http://www.onvif.org/ver10/replay/wsdl",
    "trv": "http://www.onvif.org/ver10/receiver/wsdl",
    "tsc": "http://www.onvif.org/ver10/schedule/wsdl",
    "tns1": "http://www.onvif.org/ver10/topics",
    "ter": "http://www.onvif.org/ver10/error",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "xs": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
# Topic expressions name topics by prefix, hence the declarations stand on every envelope.
DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


def clark(name: str) -> str:
    """`{namespace}name` of a name with one of our prefixes."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def child(name: str, text: object) -> str:
    """One element with escaped text."""
    return f"<{name}>{escape(str(text))}</{name}>"


def request(name: str, **children: object) -> str:
    """A request whose children, of the request's own namespace, hold text."""
    prefix = name.partition(":")[0]
    inner = "".join(child(f"{prefix}:{local}", text) for local, text in children.items())
    return f"<{name}>{inner}</{name}>"


def text(element: Element, path: str) -> str:
    """The text at a path. Raises AssertionError where there is none."""
    found = element.find(path, NAMESPACES)
    assert found is not None, f"no {path} in {show(element)}"
    return found.text or ""


def texts(element: Element, path: str) -> list[str]:
    return [found.text or "" for found in element.iterfind(path, NAMESPACES)]


def one(element: Element, path: str) -> Element:
    """The only element at a path. Raises AssertionError where there are none or several."""
    found = element.findall(path, NAMESPACES)
    assert len(found) == 1, f"{len(found)} times {path} in {show(element)}"
    return found[0]


def show(element: Element) -> str:
    """An element as XML, cut where it is long."""
    written = etree.tostring(element, encoding="unicode")
    return written if len(written) < 1500 else written[:1500] + "…"


def same_content(left: Element, right: Element) -> bool:
    """Whether two elements have the same children, attributes and texts; their own names do not count."""
    mine, theirs = ([node for node in element if isinstance(node.tag, str)] for element in (left, right))
    return (
        dict(left.attrib) == dict(right.attrib)
        and (bool(mine) or (left.text or "") == (right.text or ""))
        and [node.tag for node in mine] == [node.tag for node in theirs]
        and all(same_content(*pair) for pair in zip(mine, theirs, strict=True))
    )


def prefixed(holder: Element, value: str) -> tuple[str, str]:
    """Namespace and local name of a QName that stands as text or attribute in `holder`."""
    prefix, _, local = value.strip().rpartition(":")
    return holder.nsmap.get(prefix or None) or "", local
