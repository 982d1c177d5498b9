"""The Authorization header of HTTP and RTSP Digest, from text to a checked value.

Spec: RFC 7616 § The Authorization Header Field; RFC 9110 § Authentication Parameters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

MAX_HEADER_LENGTH = 4096
MAX_PARAMETERS = 32

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - the grammar's word for a word
_SCHEME = re.compile(r"[ \t]*digest[ \t]+", re.IGNORECASE)
_PARAMETER = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))[ \t]*')
_SEPARATOR = re.compile(r"[ \t]*,[ \t,]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ESCAPE = re.compile(r"\\(.)")
_COUNT = re.compile(r"[0-9a-fA-F]{1,8}")
_RESPONSE = re.compile(r"[0-9a-fA-F]{32,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestCredentials:
    """What a client claims, syntactically right and otherwise unchecked. `response` is lower-case hexadecimal."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str = field(repr=False)
    algorithm: str = "MD5"
    qop: str | None = None
    count: str = ""  # nc, eight hexadecimal digits as sent
    cnonce: str = ""

    @property
    def nonce_count(self) -> int:
        return int(self.count, 16)


def parse_digest(header: str) -> DigestCredentials | None:
    """The credentials in an Authorization header, or None where it is another scheme or malformed.

    Bytes that are not UTF-8 may arrive as surrogate escapes; a user name of such bytes is read as ISO-8859-1.
    """
    if len(header) > MAX_HEADER_LENGTH or _CONTROL.search(header):
        return None
    parameters = _parameters(header)
    if parameters is None or not {"realm", "nonce", "uri", "response"} <= parameters.keys():
        return None
    username = _username(parameters)
    if username is None or parameters.get("userhash", "false").lower() != "false":
        return None
    qop = parameters.get("qop")
    count, cnonce = parameters.get("nc", ""), parameters.get("cnonce", "")
    counted = bool(_COUNT.fullmatch(count)) and bool(cnonce)
    if not _RESPONSE.fullmatch(parameters["response"]) or (qop is not None and not (qop.lower() == "auth" and counted)):
        return None
    return DigestCredentials(
        username=username,
        realm=parameters["realm"],
        nonce=parameters["nonce"],
        uri=parameters["uri"],
        response=parameters["response"].lower(),
        algorithm=parameters.get("algorithm", "MD5"),
        qop=qop,
        count=count,
        cnonce=cnonce,
    )


def _parameters(header: str) -> dict[str, str] | None:
    """All auth-params by lower-case name; None on anything else than a list of distinct ones."""
    start = _SCHEME.match(header)
    if start is None:
        return None
    parameters: dict[str, str] = {}
    position = start.end()
    while position < len(header):
        found = _PARAMETER.match(header, position)
        if found is None:
            return None
        name, quoted, plain = found.group(1).lower(), found.group(2), found.group(3)
        if name in parameters or len(parameters) == MAX_PARAMETERS:
            return None
        parameters[name] = _ESCAPE.sub(r"\1", quoted) if quoted is not None else plain
        position = found.end()
        separator = _SEPARATOR.match(header, position)
        if position < len(header) and separator is None:
            return None
        position = separator.end() if separator else position
    return parameters


def _username(parameters: dict[str, str]) -> str | None:
    plain, extended = parameters.get("username"), parameters.get("username*")
    if (plain is None) == (extended is None):
        return None
    try:
        if extended is not None:
            charset, _, rest = extended.partition("'")
            value = rest.partition("'")[2]
            return unquote_to_bytes(value).decode("utf-8") if charset.lower() == "utf-8" else None
        raw = (plain or "").encode("utf-8", "surrogateescape")
    except UnicodeError:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1")
