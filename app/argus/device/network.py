"""The box on the network: its name, interfaces, name servers, protocols, and whether it may be discovered.

Spec: Core § GetHostname, SetHostname, GetDNS, GetNetworkInterfaces, GetNetworkProtocols, Get/SetDiscoveryMode.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from argus.base.errors import InvalidValue
from argus.device.settings import Settings
from argus.linux.name_service import NameService, NameServiceReader
from argus.linux.netlink import NetworkInterface

# Linux: HOST_NAME_MAX.
MAX_HOSTNAME_LENGTH = 64

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DISCOVERABLE = "discovery.discoverable"


class ProtocolName(StrEnum):
    """tt:NetworkProtocolType."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    RTSP = "RTSP"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProtocol:
    """A protocol we serve and the ports it listens on now."""

    name: ProtocolName
    enabled: bool
    ports: tuple[int, ...]


class HostnameActions(Protocol):
    def hostname(self) -> str: ...
    async def set_hostname(self, hostname: str) -> None: ...


class Interfaces(Protocol):
    async def interfaces(self) -> tuple[NetworkInterface, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceState:
    """An interface with where its IPv4 address comes from."""

    interface: NetworkInterface
    dhcp: bool


class Network:
    """Reads the network as it is now; changes the host name and the discovery mode.

    `protocols` tells the ports in use, which only the listeners know.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        actions: HostnameActions,
        interfaces: Interfaces,
        name_service: NameServiceReader,
        protocols: Callable[[], tuple[NetworkProtocol, ...]],
    ) -> None:
        self._settings = settings
        self._actions = actions
        self._interfaces = interfaces
        self._name_service = name_service
        self._protocols = protocols
        self._listeners: list[Callable[[], None]] = []

    def hostname(self) -> str:
        return self._actions.hostname()

    async def set_hostname(self, hostname: str) -> None:
        """Name the box, now and for every later start.

        Raises:
            InvalidValue: `hostname`: not labels of letters, digits and inner hyphens joined by dots.
            Unavailable: `system`: the operating system refused.
        """
        if len(hostname) > MAX_HOSTNAME_LENGTH or not _HOSTNAME.fullmatch(hostname):
            raise InvalidValue(
                "hostname", f"not a host name of at most {MAX_HOSTNAME_LENGTH} characters: {hostname!r:.80}"
            )
        await self._actions.set_hostname(hostname)

    async def interfaces(self) -> tuple[InterfaceState, ...]:
        """Every interface that leads to others, by index; the loopback where there is no other."""
        leased = (await self._name_service.read()).leased
        found = await self._interfaces.interfaces()
        shown = [one for one in found if not one.loopback] or found
        return tuple(InterfaceState(interface=one, dhcp=one.index in leased) for one in shown)

    async def name_service(self) -> NameService:
        return await self._name_service.read()

    def protocols(self) -> tuple[NetworkProtocol, ...]:
        return self._protocols()

    @property
    def discoverable(self) -> bool:
        """tt:DiscoveryMode: whether discovery may answer and announce."""
        return self._settings.get(_DISCOVERABLE, "1") == "1"

    async def set_discoverable(self, discoverable: bool) -> None:
        """Set the discovery mode; it outlasts a restart."""

        def tell() -> None:
            for listener in tuple(self._listeners):
                listener()

        if discoverable != self.discoverable:
            await self._settings.put({_DISCOVERABLE: "1" if discoverable else "0"}, tell)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after the discovery mode changed; it must only queue."""
        self._listeners.append(listener)
