"""The address of a device to receive from, and which addresses may be contacted at all."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from argus.base.errors import InvalidValue
from argus.rtsp.link import Address

SUBJECT = "receiver uri"
MAX_URI_LENGTH = 2048
# Scheme: (TLS, inside HTTP, port)
_SCHEMES = {
    "rtsp": (False, False, 554),
    "rtsps": (True, False, 322),
    "http": (False, True, 80),
    "https": (True, True, 443),
}
# Where clouds hand out credentials to whoever runs inside. The rest of the link-local range is where cameras without
# DHCP are.
_METADATA_SERVICES = frozenset(
    ipaddress.ip_address(text) for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254")
)
_BROADCAST = ipaddress.IPv4Address("255.255.255.255")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Name and password of an account on the device."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to connect to and what to ask for there. `uri` names the presentation, without any credentials.

    `tunnelled`: the RTSP connection runs inside HTTP, whose requests are for `path`.
    """

    host: str
    port: int
    tls: bool
    tunnelled: bool
    uri: str
    path: str
    credentials: Credentials | None = None

    @property
    def authority(self) -> str:
        """Host and port as written in a URI; fit for logs."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def redirected(self, location: str) -> Target:
        """The target of a redirection. The credentials stay behind where it leads to another host or port.

        Raises:
            InvalidValue: subject "receiver uri".
        """
        try:
            absolute = urljoin(self.uri, location) if "://" not in location else location
        except ValueError:
            _refuse("the device sends its clients to a malformed one")
        target = parse_target(absolute)
        # A server that gives up TLS, or HTTP, does not get the password again in the clear.
        same = (target.host, target.port, target.tls) == (self.host, self.port, self.tls)
        target = replace(target, tunnelled=target.tunnelled or (self.tunnelled and same))
        return replace(target, credentials=self.credentials) if same and target.credentials is None else target


def parse_target(uri: str, *, tunnelled: bool = False) -> Target:
    """The target that a URI names; `tunnelled` asks for HTTP where the scheme leaves it open.

    Raises:
        InvalidValue: subject "receiver uri"; the message never repeats the URI, which may hold a password.
    """
    parts = _split(uri)
    tls, inside_http, default_port = _SCHEMES[parts.scheme.lower()]
    if tunnelled and not inside_http:
        inside_http, default_port = True, 443 if tls else 80
    host, port = (parts.hostname or "").rstrip("."), parts.port or default_port
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # The inner connection is RTSP whatever surrounds it; every server understands the inner scheme.
    scheme = "rtsps" if tls and not inside_http else "rtsp"
    credentials = None
    if parts.username:
        credentials = Credentials(username=unquote(parts.username), password=unquote(parts.password or ""))
        if not (credentials.username + credentials.password).isprintable():
            _refuse("its user name or password has a control character in it")
    shown = parts.path + (f"?{parts.query}" if parts.query else "")
    return Target(
        host=host,
        port=port,
        tls=tls,
        tunnelled=inside_http,
        uri=f"{scheme}://{authority}{shown}",
        path=path,
        credentials=credentials,
    )


def _split(uri: str) -> SplitResult:
    if len(uri) > MAX_URI_LENGTH or not uri.isascii() or not uri.isprintable() or " " in uri:
        _refuse("it is too long, or has a space or a character beyond ASCII in it")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        _refuse("its host or port is malformed")
    if parts.scheme.lower() not in _SCHEMES:
        _refuse(f"it begins with none of {', '.join(_SCHEMES)}")
    if not (parts.hostname or "").strip(".") or port == 0:
        _refuse("it names no host, or port 0")
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPolicy:
    """Which devices may be contacted. Addresses of private networks may, that is where cameras are.

    Not contacted are multicast, unspecified and broadcast addresses, the credential services of clouds and, without
    `allow_loopback`, this machine itself under whichever address. What counts is the address that is connected to,
    so that a name cannot lead elsewhere between the check and the connection.

    Cameras sign their certificates themselves. Without `verify_certificates` TLS keeps out whoever only listens, not
    whoever can take the camera's place; with it, the certificate must be valid for the host by the system's roots.
    """

    allow_loopback: bool = False
    verify_certificates: bool = False

    def check_uri(self, uri: str) -> None:
        """Return where nothing in the URI itself speaks against it; names are resolved when it is connected.

        Raises:
            InvalidValue: subject "receiver uri".
        """
        host = parse_target(uri).host
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            if (host == "localhost" or host.endswith(".localhost")) and not self.allow_loopback:
                _refuse("it leads to this station itself")
            return
        self.check_address(address, own=False)

    def permitted(self, addresses: list[tuple[Address, bool]]) -> list[Address]:
        """Those that may be connected to; each comes with whether it is an address of this machine.

        Raises:
            InvalidValue: subject "receiver uri": none is left.
        """
        permitted, refusal = [], None
        for address, own in addresses:
            try:
                self.check_address(ipaddress.ip_address(address.host.partition("%")[0]), own=own)
                permitted.append(address)
            except InvalidValue as error:
                refusal = error
        if refusal is not None and not permitted:
            raise refusal
        return permitted

    def check_address(self, address: IpAddress, *, own: bool) -> None:
        """Return where the address may be connected to.

        Raises:
            InvalidValue: subject "receiver uri".
        """
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address in _METADATA_SERVICES:
            _refuse(f"{address} is no camera")
        if address.is_multicast or address.is_unspecified or address == _BROADCAST or address in _THIS_NETWORK:
            _refuse(f"{address} is not the address of one device")
        if (own or address.is_loopback) and not self.allow_loopback:
            _refuse("it leads to this station itself")


def _refuse(reason: str) -> NoReturn:
    raise InvalidValue(SUBJECT, f"the address cannot be received from: {reason}")
