"""Whether the `uri` a client hashed names the thing it asked for."""

from __future__ import annotations

import re
from urllib.parse import unquote

_ORIGIN = re.compile(r"([a-z][a-z0-9+.\-]*):/{2}[^/?#]*", re.IGNORECASE)
_RTSP_SCHEMES = ("rtsp", "rtsps", "rtspu")


def is_rtsp(target: str) -> bool:
    found = _ORIGIN.match(target)
    return found is not None and found.group(1).lower() in _RTSP_SCHEMES


def same_target(claimed: str, asked: str) -> bool:
    """Whether `claimed` (the uri in the credentials) covers `asked` (the target in the request line).

    Scheme, host and port are not compared: clients behind address translation and clients that write the absolute
    form disagree with us about them, and a nonce is good for this device only. Path and query must be equal after
    percent-decoding. RTSP clients also hash the presentation's address while they ask for one of its tracks, with
    or without a trailing slash: there the asked path may have one segment more.
    """
    if claimed == asked:
        return True
    claimed_path, claimed_query = _parts(claimed)
    asked_path, asked_query = _parts(asked)
    if claimed_query != asked_query:
        return False
    if not is_rtsp(asked):
        return claimed_path == asked_path
    claimed_path, asked_path = claimed_path.rstrip("/"), asked_path.rstrip("/")
    return claimed_path in (asked_path, asked_path.rpartition("/")[0])


def _parts(target: str) -> tuple[str, str]:
    found = _ORIGIN.match(target)
    path, _, query = target[found.end() if found else 0 :].partition("?")
    return unquote(path) or "/", unquote(query)
