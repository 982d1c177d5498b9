"""Name servers in use, and which interfaces got their configuration by DHCP."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Protocol

# systemd-resolved's own file names the servers behind its stub 127.0.0.53; it comes first.
_RESOLV_CONF = (Path("run/systemd/resolve/resolv.conf"), Path("etc/resolv.conf"))
_LEASES = Path("run/systemd/netif/leases")
_MAX_FILE_BYTES = 65_536
# More than any resolver uses; systemd-resolved lists at most three to others.
MAX_ENTRIES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NameService:
    """`leased` holds the indexes of interfaces with a DHCPv4 lease; `from_dhcp`: a lease named the first server."""

    servers: tuple[IPv4Address | IPv6Address, ...] = ()
    search_domains: tuple[str, ...] = ()
    from_dhcp: bool = False
    leased: frozenset[int] = frozenset()


class NameServiceReader(Protocol):
    async def read(self) -> NameService: ...


class SystemNameService:
    """Reads resolv.conf and the leases of systemd-networkd, a few small files, in a thread."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    async def read(self) -> NameService:
        return await asyncio.to_thread(self._read)

    def _read(self) -> NameService:
        text = next((text for path in _RESOLV_CONF if (text := _text(self._root / path))), "")
        servers, domains = parse_resolv_conf(text)
        leases = {int(path.name): _text(path) for path in _files(self._root / _LEASES) if path.name.isdecimal()}
        offered = {word for lease in leases.values() for word in _lease_servers(lease)}
        return NameService(
            servers=servers,
            search_domains=domains,
            from_dhcp=bool(servers) and str(servers[0]) in offered,
            leased=frozenset(leases),
        )


class SimulatedNameService:
    """The twin: always what it was made with."""

    def __init__(self, name_service: NameService | None = None) -> None:
        self._name_service = name_service or NameService()

    async def read(self) -> NameService:
        return self._name_service


def parse_resolv_conf(text: str) -> tuple[tuple[IPv4Address | IPv6Address, ...], tuple[str, ...]]:
    """Name servers and search domains of a resolv.conf(5). Lines that make no sense are skipped, as resolvers do."""
    servers: list[IPv4Address | IPv6Address] = []
    domains: tuple[str, ...] = ()
    for line in text.splitlines():
        keyword, *words = line.split()[: MAX_ENTRIES + 1] or [""]
        if keyword == "nameserver" and words:
            try:
                servers.append(ip_address(words[0]))
            except ValueError:
                continue
        elif keyword in ("search", "domain"):
            domains = tuple(word for word in words if word != ".")  # the last such line counts
    return tuple(dict.fromkeys(servers))[:MAX_ENTRIES], domains


def _lease_servers(lease: str) -> list[str]:
    return [word for line in lease.splitlines() if line.startswith("DNS=") for word in line[4:].split()]


def _files(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []  # another network service than systemd-networkd


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
