"""The address of a presentation: `rtsp://host:port/live/<profile>` or `/replay/<recording>`, and of a track in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit

from argus.base.tokens import MAX_TOKEN_LENGTH
from argus.rtsp.protocol.status import ProtocolError, Status

# An RTSP connection inside HTTP or a WebSocket may spell its URIs with the outer scheme.
_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https", "ws", "wss"})
_TRACK = re.compile(r"track([1-9][0-9]{0,2})")


class Service(StrEnum):
    """First part of the path: what kind of presentation it is."""

    LIVE = "live"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaUri:
    """`token` names the profile or recording; `track` is the number of a track from 1, None for the aggregate.

    `base` is the address of the aggregate as the client spelled it, without a slash at its end.
    """

    service: Service
    token: str
    track: int | None
    base: str


def media_path(service: Service, token: str) -> str:
    """The path of a presentation, percent-encoded."""
    return f"/{service}/{quote(token, safe='')}"


def control(track: int) -> str:
    """The last path segment of a track's address."""
    return f"track{track}"


def parse_media_uri(uri: str) -> MediaUri:
    """The presentation or track that `uri` names.

    Raises:
        ProtocolError: 400 for what is no absolute RTSP URI, 404 for a path no presentation can have.
    """
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise ProtocolError(Status.BAD_REQUEST, "the request URI is malformed") from error
    if parts.scheme.lower() not in _SCHEMES or not parts.hostname or port == 0:
        raise ProtocolError(Status.BAD_REQUEST, "the request URI is not an absolute RTSP URI")
    segments = parts.path.strip("/").split("/")
    track = _TRACK.fullmatch(segments[-1])
    if len(segments) not in (2, 3) or (len(segments) == 3 and track is None):
        raise ProtocolError(Status.NOT_FOUND, "there is no such path")
    token = unquote(segments[1])
    if segments[0] not in tuple(Service) or not token.isprintable() or not 0 < len(token) <= MAX_TOKEN_LENGTH:
        raise ProtocolError(Status.NOT_FOUND, "there is no such path")
    number = int(track[1]) if track is not None and len(segments) == 3 else None
    base = f"{parts.scheme}://{parts.netloc}/{segments[0]}/{segments[1]}"
    return MediaUri(service=Service(segments[0]), token=token, track=number, base=base)
