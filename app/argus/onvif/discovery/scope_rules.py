"""Every matching rule of WS-Discovery by its URI: how the scopes of a Probe are compared with ours.

Spec: WS-Discovery 2005/04 § 5.1 Matching Types and Scopes
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import unquote

from argus.device.scope_matching import ScopeRule, scope_matches
from argus.soap.namespaces import WSD

_LDAP_URL = re.compile(r"ldap://([^/]*)/?([^?#]*)", re.IGNORECASE)
_UUID_URI = re.compile(r"(?:urn:)?uuid:([0-9a-f-]{36})", re.IGNORECASE)
_UNESCAPED_COMMA = re.compile(r"(?<!\\),")

# An endpoint without scopes is matched by this one alone.
NONE = f"{WSD}/none"


def matches(wanted: Sequence[str], own: Sequence[str], match_by: str) -> bool:
    """Whether each wanted scope matches at least one of our own. No wanted scope matches all.

    `match_by` is the URI of a rule, "" of the default; a rule not in `RULES` matches nothing.
    """
    if match_by == NONE:
        return not own
    rule = _RULES.get(match_by or ScopeRule.RFC3986)
    return rule is not None and all(any(rule(scope, candidate) for candidate in own) for scope in wanted)


def is_known(match_by: str) -> bool:
    """Whether this is one of `RULES`, or "", which stands for the default."""
    return not match_by or match_by in RULES


def _same_uuid(wanted: str, own: str) -> bool:
    left, right = _UUID_URI.fullmatch(wanted), _UUID_URI.fullmatch(own)
    return left is not None and right is not None and left[1].lower() == right[1].lower()


def _ldap_ancestor(wanted: str, own: str) -> bool:
    """Same server, and the wanted distinguished name is an ancestor of ours or equal."""
    left, right = _LDAP_URL.match(wanted), _LDAP_URL.match(own)
    if left is None or right is None or left[1].lower() != right[1].lower():
        return False
    ancestor, name = _distinguished_name(left[2]), _distinguished_name(right[2])
    return len(ancestor) <= len(name) and name[len(name) - len(ancestor) :] == ancestor


def _distinguished_name(path: str) -> list[str]:
    """The relative names, the nearest first."""
    name = unquote(path).lower()
    return [part.strip() for part in _UNESCAPED_COMMA.split(name)] if name else []


_RULES: dict[str, Callable[[str, str], bool]] = {
    ScopeRule.RFC3986: scope_matches,
    # The 2005/04 text names the default rule after RFC 2396; ONVIF and WS-Discovery 1.1 after its successor.
    f"{WSD}/rfc2396": scope_matches,
    ScopeRule.STRCMP0: partial(scope_matches, rule=ScopeRule.STRCMP0),
    f"{WSD}/uuid": _same_uuid,
    f"{WSD}/ldap": _ldap_ancestor,
}

RULES = (*(str(rule) for rule in _RULES), NONE)
