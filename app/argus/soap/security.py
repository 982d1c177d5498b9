"""The WS-Security UsernameToken of a request, read but not verified.

Spec: Web Services Security UsernameToken Profile 1.0; Core § WS-UsernameToken authentication.
"""

from __future__ import annotations

from argus.base.access import UsernameToken
from argus.soap.faults import NotAuthorized
from argus.soap.namespaces import WSSE, WSU, Element, local_name

MAX_LENGTH = 256

_SECURITY, _TOKEN = f"{{{WSSE}}}Security", f"{{{WSSE}}}UsernameToken"
_USERNAME, _PASSWORD, _NONCE = f"{{{WSSE}}}Username", f"{{{WSSE}}}Password", f"{{{WSSE}}}Nonce"
_CREATED = f"{{{WSU}}}Created"


def read_username_token(header: Element | None) -> UsernameToken | None:
    """The first UsernameToken in the header, or None.

    Raises:
        Fault: Sender/NotAuthorized for a token with a part longer than 256 characters.
    """
    security = None if header is None else _first(header, _SECURITY)
    token = None if security is None else _first(security, _TOKEN)
    if token is None:
        return None
    parts = {part.tag: part for part in reversed(token)}  # reversed: the first of a name counts
    password = parts.get(_PASSWORD)
    return UsernameToken(
        username=_text(parts.get(_USERNAME)),
        password=_text(password),
        password_type="" if password is None else _type(password),
        nonce=_text(parts.get(_NONCE)),
        created=_text(parts.get(_CREATED)),
    )


def _first(parent: Element, tag: str) -> Element | None:
    return next(parent.iterchildren(tag), None)


def _type(password: Element) -> str:
    # The profile says the attribute has no namespace; some clients put it into wsse:.
    return next((_bounded(str(text)) for name, text in password.items() if local_name(str(name)) == "Type"), "")


def _text(part: Element | None) -> str:
    return "" if part is None else _bounded(part.text or "")


def _bounded(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise NotAuthorized("a part of the UsernameToken is too long")
    return text
