"""Who may ask for media: Digest at the RTSP level, on every request.

Spec: Core § Authentication; Streaming § RTSP authentication.
"""

from __future__ import annotations

from typing import Protocol

from argus.base.access import Access, Caller
from argus.device.access import Challenge
from argus.rtsp.link import Address
from argus.rtsp.protocol.message import Request
from argus.rtsp.protocol.status import ProtocolError, Status


class Authenticator(Protocol):
    """Turns an Authorization header into a caller, or into the challenge to answer with."""

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str = "") -> Caller | Challenge: ...


def authorize(authenticator: Authenticator, request: Request, peer: Address) -> Caller:
    """The caller, who may read media.

    Raises:
        ProtocolError: 401 with the challenges, 403 for a user who may not.
    """
    caller = authenticator.http(request.method, request.uri, request.header("authorization"), peer=peer.host)
    if isinstance(caller, Challenge):
        headers = tuple(("WWW-Authenticate", challenge) for challenge in caller.headers)
        raise ProtocolError(Status.UNAUTHORIZED, "credentials are missing or wrong", headers)
    if not caller.may(Access.READ_MEDIA):
        raise ProtocolError(Status.FORBIDDEN, f"{caller.username} may not read media")
    return caller
