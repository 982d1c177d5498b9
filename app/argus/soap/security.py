"""The WS-Security UsernameToken of a request, read but not verified.

Spec: Web Services Security UsernameToken Profile 1.0; Core § WS-UsernameToken authentication.
"""

from __future__ import annotations

from argus.base.access import UsernameToken
from argus.soap.faults import NotAuthorized
from argus.soap.namespaces import WSSE, WSU, Element, local_name

MAX_LENGTH = 256


def read_username_token(header: Element | None) -> UsernameToken | None:
    """The first UsernameToken in the header, or None.

    Raises:
        Fault: Sender/NotAuthorized for a token with a part longer than 256 characters.
    """
    security = None if header is None else header.find(f"{{{WSSE}}}Security")
    token = None if security is None else security.find(f"{{{WSSE}}}UsernameToken")
    if token is None:
        return None
    password = token.find(f"{{{WSSE}}}Password")
    return UsernameToken(
        username=_text(token, f"{{{WSSE}}}Username"),
        password=_text(token, f"{{{WSSE}}}Password"),
        password_type="" if password is None else _type(password),
        nonce=_text(token, f"{{{WSSE}}}Nonce"),
        created=_text(token, f"{{{WSU}}}Created"),
    )


def _type(password: Element) -> str:
    # The profile says the attribute has no namespace; some clients put it into wsse:.
    return next((_bounded(str(text)) for name, text in password.items() if local_name(str(name)) == "Type"), "")


def _text(token: Element, tag: str) -> str:
    return _bounded(token.findtext(tag) or "")


def _bounded(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise NotAuthorized("a part of the UsernameToken is too long")
    return text
