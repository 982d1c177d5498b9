"""XML as text: what writing a message is made of. Names stand with our own prefixes, those of `namespaces`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from lxml import etree

from argus.soap.lexical import ILLEGAL, legal
from argus.soap.namespaces import PREFIXES, QName

DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"

_NAMESPACES = {prefix: namespace for namespace, prefix in PREFIXES.items()}
# Most text needs nothing; one search finds out. A carriage return would come back as a line feed.
_SPECIAL = re.compile(f"[&<>\r{ILLEGAL}]")
_SPECIAL_IN_ATTRIBUTE = re.compile(f'[&<>"\t\n\r{ILLEGAL}]')


def escape(text: object) -> str:
    """Text as it stands between tags; a character that XML cannot carry becomes U+FFFD."""
    plain = str(text)
    if _SPECIAL.search(plain) is None:
        return plain
    escaped = legal(plain).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")


def escape_attribute(text: object) -> str:
    """Text as it stands between the quotation marks of an attribute, which would turn line ends into blanks."""
    plain = str(text)
    if _SPECIAL_IN_ATTRIBUTE.search(plain) is None:
        return plain
    return escape(plain).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")


def prefixed(name: QName) -> str:
    """`prefix:name`, or the bare name where there is no namespace. Raises TypeError for a namespace not ours."""
    if not name.namespace:
        return name.name
    if name.namespace not in PREFIXES:
        raise TypeError(f"namespace {name.namespace!r} has no prefix")
    return f"{PREFIXES[name.namespace]}:{name.name}"


def declarations(namespaces: Mapping[str, str]) -> str:
    """Declarations of these prefixes, as attributes with a blank in front; the default namespace is left out."""
    return "".join(f' xmlns:{prefix}="{escape_attribute(uri)}"' for prefix, uri in namespaces.items() if prefix)


@cache
def declare(*namespaces: str) -> str:
    """Declarations of these namespaces with their preferred prefixes."""
    return declarations({PREFIXES[namespace]: namespace for namespace in namespaces})


def within_scope(name: str, scope: Mapping[str, str]) -> tuple[str, str]:
    """An element's name, and the declarations that put it and these prefixes into scope.

    The element takes another prefix where the scope means something else by its usual one.
    """
    prefix, _, local = name.partition(":")
    namespace = _NAMESPACES[prefix]
    while scope.get(prefix, namespace) != namespace:
        prefix += "_"
    return f"{prefix}:{local}", declarations({**scope, prefix: namespace})


def element(value: object) -> str:
    """An element of lxml with what it contains, and the declarations it needs wherever it is put."""
    assert isinstance(value, etree._Element)
    return etree.tostring(value, encoding="unicode", with_tail=False)
