"""What a receiver's configuration may say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from argus.base.errors import ArgusError, InvalidValue
from argus.store.recording.receiver import ReceiverConfiguration

SUBJECT = "receiver configuration"
# Octets. "Minimum and default value is 128 octet" -- Receiver 19.06 § Capabilities
MAX_URI_LENGTH = 256
SCHEMES = ("rtsp", "rtsps", "http", "https")
UNICAST = "RTP-Unicast"
# "RTP/UDP" and "RTP/RTSP/HTTP/TCP" are what every receiver must take; RTSP is RTP inside the RTSP connection.
PROTOCOLS = ("UDP", "RTSP", "HTTP")
# Everything a URI is written with, and a little more: cameras are careless with braces and bars.
_PRINTABLE = re.compile(r"[!-~]+")

UriCheck = Callable[[str], None]


def check_configuration(configuration: ReceiverConfiguration, check_uri: UriCheck) -> None:
    """Return if the device can work with the configuration.

    `check_uri` raises an ArgusError for an address that may not be connected to, as far as the URI alone tells.

    Raises:
        InvalidValue("receiver configuration"): it breaks a rule.

    Spec: Receiver 19.06 § ConfigureReceiver
    """
    if configuration.stream != UNICAST:
        _refuse(f"a stream of type {configuration.stream[:64]!r} cannot be received, only {UNICAST}")
    if configuration.protocol not in PROTOCOLS:
        _refuse(f"{configuration.protocol[:64]!r} is none of the transports {', '.join(PROTOCOLS)}")
    if configuration.media_uri:
        _check_uri(configuration.media_uri)
        try:
            check_uri(configuration.media_uri)
        except ArgusError as error:
            raise InvalidValue(SUBJECT, str(error)) from error


def without_credentials(uri: str) -> str:
    """A checked URI without its user-info, for whoever need not know it: logs, events, users who only look."""
    scheme, separator, rest = uri.partition("://")
    end = re.search(r"[/?#]", rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{tail}"


def _check_uri(uri: str) -> None:
    # The URI may hold a password: no refusal repeats it.
    if len(uri.encode(errors="surrogatepass")) > MAX_URI_LENGTH:
        _refuse(f"a media URI has at most {MAX_URI_LENGTH} octets")
    if not _PRINTABLE.fullmatch(uri):
        _refuse("a media URI has a space, a control character or one beyond ASCII in it")
    parts = _split(uri)
    if parts.scheme not in SCHEMES:
        _refuse(f"a media URI begins with one of {', '.join(SCHEMES)}")
    if not uri[len(parts.scheme) :].startswith("://") or not parts.hostname:
        _refuse("a media URI names no host")
    if not unquote(f"{parts.username or ''}{parts.password or ''}").isprintable():
        _refuse("the user-info of a media URI has a control character in it")


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        _refuse("a media URI has a malformed host or port")
    if port == 0:
        _refuse("a media URI has port 0")
    return parts


def _refuse(reason: str) -> NoReturn:
    raise InvalidValue(SUBJECT, reason)
