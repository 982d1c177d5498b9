"""Whether the scopes of a probe match those of a device.

Spec: WS-Discovery 2005/04 § Matching rules (rfc3986, strcmp0).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import unquote

# RFC 3986 appendix B; query and fragment take no part in matching.
_URI = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)")


class ScopeRule(StrEnum):
    """The rules we know, by the URI of the MatchBy attribute. RFC3986 is the default."""

    RFC3986 = "http://schemas.xmlsoap.org/ws/2005/04/discovery/rfc3986"
    STRCMP0 = "http://schemas.xmlsoap.org/ws/2005/04/discovery/strcmp0"


def matches(probed: Iterable[str], own: Iterable[str], rule: ScopeRule = ScopeRule.RFC3986) -> bool:
    """Whether every probed scope matches at least one of our own; no probed scope matches everything."""
    ours = tuple(own)
    return all(any(scope_matches(wanted, scope, rule) for scope in ours) for wanted in probed)


def scope_matches(wanted: str, own: str, rule: ScopeRule = ScopeRule.RFC3986) -> bool:
    """Whether one probed scope matches one of ours.

    By rfc3986, scheme and authority are compared without case and the path by whole segments: `…/hardware/D1`
    matches `…/hardware/D1/x` but not `…/hardware/D1-566`. A scope with a `.` or `..` segment matches nothing.
    """
    if rule is ScopeRule.STRCMP0:
        return wanted == own
    wanted_root, wanted_path = _parts(wanted)
    own_root, own_path = _parts(own)
    if wanted_root != own_root or {".", ".."} & {*wanted_path, *own_path}:
        return False
    return own_path[: len(wanted_path)] == wanted_path


def _parts(scope: str) -> tuple[tuple[str, str | None], list[str]]:
    """Scheme and authority without case, and the path's segments, each decoded after the split."""
    found = _URI.match(scope)
    assert found is not None  # the expression matches the empty text
    scheme, authority, path = found.groups()
    segments = [unquote(segment) for segment in path.split("/")]
    while segments and not segments[-1]:
        segments.pop()  # `…/name/` and `…/name` are the same place
    return ((scheme or "").lower(), None if authority is None else unquote(authority).lower()), segments
