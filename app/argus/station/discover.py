"""The technician's side of discovery: which ONVIF devices are on the LAN."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote

from wsdiscovery import QName as SoughtType
from wsdiscovery.actions import NS_ACTION_HELLO, NS_ACTION_PROBE_MATCH, NS_ACTION_RESOLVE_MATCH
from wsdiscovery.actions.probematch import ProbeResolveMatch
from wsdiscovery.discovery import ThreadedWSDiscovery
from wsdiscovery.envelope import SoapEnvelope

from argus.base.errors import NotFound
from argus.linux.netlink import read_interfaces
from argus.soap.discovery import TYPES
from argus.soap.namespaces import QName

logger = logging.getLogger(__name__)

_SCOPE = "onvif://www.onvif.org/"
# A crowded site has some hundred devices; a hostile one as many as it likes.
_MAX_DEVICES = 2_000
_MAX_ITEMS = 64
_MAX_LENGTH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDevice:
    """What a device said of itself, as printable text. `name`, `hardware` and `location` are "" where it said none."""

    endpoint: str
    types: tuple[QName, ...]
    scopes: tuple[str, ...]
    xaddrs: tuple[str, ...]

    @property
    def name(self) -> str:
        return self._scope("name")

    @property
    def hardware(self) -> str:
        return self._scope("hardware")

    @property
    def location(self) -> str:
        return self._scope("location")

    def _scope(self, category: str) -> str:
        """The values of a scope category, unescaped, joined by ", "."""
        prefix = f"{_SCOPE}{category}/"
        values = (scope[len(prefix) :] for scope in self.scopes if scope.lower().startswith(prefix))
        return ", ".join(_printable(unquote(value)) for value in values if value)


def discover(timeout_s: float, interfaces: Sequence[str] = ()) -> list[FoundDevice]:
    """The ONVIF devices that answer within `timeout_s`, ordered by their first address. Blocks that long.

    `interfaces` are names to search on; none means every interface but loopback.

    Raises:
        NotFound: there is no interface of that name ("interface").
    """
    search = _Search(_addresses_of(interfaces) if interfaces else None)
    search.start()
    try:
        # Some cameras answer only to a Probe for their own type, others only to one without types.
        search.searchServices(types=[SoughtType(*TYPES[1])], timeout=timeout_s / 2)
        search.searchServices(timeout=timeout_s / 2)
        if not search.is_complete():
            logger.warning("a malformed message ended the search early: the list may lack devices")
    finally:
        search.stop()
    found = [device for device in search.found.values() if _speaks_onvif(device)]
    return sorted(found, key=lambda device: (device.xaddrs[:1], device.endpoint))


class _Search(ThreadedWSDiscovery):  # type: ignore[misc]  # the package is untyped
    """A WS-Discovery client that probes from the given addresses only, and keeps what it hears as it was said.

    The package's own list of services cannot be used: it expands `{ip}` in an XAddr by `str.format`, so that a
    stranger chooses the width.
    """

    def __init__(self, addresses: frozenset[IPv4Address | IPv6Address] | None) -> None:
        self.found: dict[str, FoundDevice] = {}
        self._allowed = addresses
        super().__init__()

    def is_complete(self) -> bool:
        """Whether it still listens. The package's thread ends at the first AppSequence that is not a number."""
        return bool(self._networkingThread_v4.is_alive())

    def envReceived(self, env: SoapEnvelope, addr: tuple[str, int]) -> None:  # noqa: N802 - overrides the package's
        action = env.getAction()
        if action == NS_ACTION_HELLO:
            self._keep(env)
        elif action in (NS_ACTION_PROBE_MATCH, NS_ACTION_RESOLVE_MATCH):
            for match in env.getProbeResolveMatches():
                self._keep(match)
            super().envReceived(env, addr)  # asks again (Resolve) where a match came without XAddrs

    def _keep(self, match: ProbeResolveMatch | SoapEnvelope) -> None:
        """Remember a device; one that answers by several interfaces has the addresses of all its answers."""
        device = _device(match)
        known = self.found.get(device.endpoint)
        if known is not None:
            xaddrs = tuple(dict.fromkeys((*known.xaddrs, *device.xaddrs)))[:_MAX_ITEMS]
            self.found[device.endpoint] = replace(device, xaddrs=xaddrs)
        elif len(self.found) < _MAX_DEVICES:
            self.found[device.endpoint] = device

    def addSourceAddr(self, addr: IPv4Address | IPv6Address) -> None:  # noqa: N802 - overrides the package's
        if self._allows(addr):
            super().addSourceAddr(addr)

    def removeSourceAddr(self, addr: IPv4Address | IPv6Address) -> None:  # noqa: N802 - overrides the package's
        if self._allows(addr):
            super().removeSourceAddr(addr)

    def _allows(self, addr: IPv4Address | IPv6Address) -> bool:
        # The package writes IPv6 addresses with a scope; the kernel's list has none.
        return self._allowed is None or type(addr)(str(addr).partition("%")[0]) in self._allowed


def _addresses_of(names: Sequence[str]) -> frozenset[IPv4Address | IPv6Address]:
    by_name = {interface.name: interface for interface in read_interfaces()}
    for name in names:
        if name not in by_name:
            raise NotFound("interface", name)
    return frozenset(address.ip for name in names for address in by_name[name].addresses)


def _device(match: ProbeResolveMatch | SoapEnvelope) -> FoundDevice:
    return FoundDevice(
        endpoint=_printable(match.getEPR()),
        types=tuple(
            QName(_printable(name.getNamespace()), _printable(name.getLocalname()))
            for name in match.getTypes()[:_MAX_ITEMS]
        ),
        scopes=tuple(_printable(scope.getQuotedValue()) for scope in match.getScopes()[:_MAX_ITEMS]),
        xaddrs=tuple(_printable(xaddr) for xaddr in match.getXAddrs()[:_MAX_ITEMS]),
    )


def _printable(text: str) -> str:
    """The text without control characters: a device's name may not write to the technician's terminal."""
    return "".join(character for character in text[:_MAX_LENGTH] if character.isprintable())


def _speaks_onvif(device: FoundDevice) -> bool:
    return bool(set(device.types) & set(TYPES)) or any(scope.lower().startswith(_SCOPE) for scope in device.scopes)
