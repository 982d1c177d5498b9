"""Whether a Probe's scope matches one of ours, by each matching rule of WS-Discovery.

Spec: WS-Discovery 2005/04 § 5.1 Matching Types and Scopes
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from argus.soap.namespaces import WSD

# The 2005/04 text names the default rule after RFC 2396; ONVIF and the later WS-Discovery 1.1 after RFC 3986.
RFC3986 = f"{WSD}/rfc3986"
RFC2396 = f"{WSD}/rfc2396"
UUID = f"{WSD}/uuid"
LDAP = f"{WSD}/ldap"
STRCMP0 = f"{WSD}/strcmp0"
NONE = f"{WSD}/none"

_UNESCAPED_COMMA = re.compile(r"(?<!\\),")


def matches(wanted: tuple[str, ...], own: tuple[str, ...], match_by: str = RFC3986) -> bool:
    """Whether each wanted scope matches at least one of our own by the rule `match_by`. No wanted scope matches all.

    Rule `none` matches an endpoint without scopes. A rule not in `RULES` matches nothing.
    """
    if match_by == NONE:
        return not own
    rule = _RULES.get(match_by)
    return rule is not None and all(any(rule(scope, candidate) for candidate in own) for scope in wanted)


def _rfc3986(wanted: str, own: str) -> bool:
    """Scheme and authority without case, path by whole segments; query and fragment do not count."""
    try:
        left, right = urlsplit(wanted), urlsplit(own)
    except ValueError:
        return False
    if left.scheme.lower() != right.scheme.lower() or left.netloc.lower() != right.netloc.lower():
        return False
    prefix, path = _segments(left.path), _segments(right.path)
    # "neither S1 nor S2 contain the "." segment or the ".." segment" -- WS-Discovery § 5.1
    if any(segment in (".", "..") for segment in (*prefix, *path)):
        return False
    return path[: len(prefix)] == prefix


def _segments(path: str) -> list[str]:
    """The segments, unescaped only after splitting: `%2F` is a character of a segment, not a boundary."""
    return [unquote(segment) for segment in path.strip("/").split("/")] if path.strip("/") else []


def _uuid(wanted: str, own: str) -> bool:
    left, right = _uuid_of(wanted), _uuid_of(own)
    return bool(left) and left == right


def _uuid_of(scope: str) -> str:
    """The UUID of `uuid:…` or `urn:uuid:…` in lower case, or ""."""
    found = re.fullmatch(r"(?:urn:)?uuid:([0-9a-f-]{36})", scope.lower())
    return found[1] if found else ""


def _ldap(wanted: str, own: str) -> bool:
    """Same server, and the wanted distinguished name is an ancestor of ours or equal."""
    try:
        left, right = urlsplit(wanted), urlsplit(own)
    except ValueError:
        return False
    if left.scheme.lower() != "ldap" or right.scheme.lower() != "ldap" or left.netloc.lower() != right.netloc.lower():
        return False
    ancestor, name = _distinguished_name(left.path), _distinguished_name(right.path)
    return len(ancestor) <= len(name) and name[len(name) - len(ancestor) :] == ancestor


def _distinguished_name(path: str) -> list[str]:
    name = unquote(path.lstrip("/")).lower()
    return [part.strip() for part in _UNESCAPED_COMMA.split(name)] if name else []


def _strcmp0(wanted: str, own: str) -> bool:
    return wanted == own


_RULES: dict[str, Callable[[str, str], bool]] = {
    RFC3986: _rfc3986,
    RFC2396: _rfc3986,
    UUID: _uuid,
    LDAP: _ldap,
    STRCMP0: _strcmp0,
}

RULES = (RFC3986, RFC2396, UUID, LDAP, STRCMP0, NONE)
