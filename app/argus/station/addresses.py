"""Where people find the station: URLs for the banner, the page and `argus-station status`."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from argus.linux.netlink import Netlink
from argus.onvif.device.paths import DEVICE_PATH
from argus.station.status import Address

_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound


class Addresses:
    """Knows the listeners and the addresses of the box; `refresh` reads the latter anew."""

    def __init__(self, http: tuple[str, int], rtsp: tuple[str, int], netlink: Netlink) -> None:
        self._http = http
        self._rtsp = rtsp
        self._netlink = netlink
        self._host = "localhost" if http[0] in _WILDCARDS else http[0]

    async def refresh(self) -> None:
        """Choose the address to show: the first IPv4 address others can reach, else an IPv6 one, else localhost."""
        if self._http[0] not in _WILDCARDS:
            return
        found = [
            address.ip for one in await self._netlink.interfaces() for address in one.addresses if not one.loopback
        ]
        usable = sorted((ip for ip in found if not ip.is_link_local), key=lambda ip: ip.version)
        self._host = str(usable[0]) if usable else "localhost"

    def listing(self, base_url: str = "") -> list[Address]:
        """Every address by name; `base_url` is how the asker came, which is then known to work."""
        host = urlsplit(base_url).hostname or self._host
        http = base_url or f"http://{_authority(host, self._http[1], 80)}"
        rtsp = f"rtsp://{_authority(host, self._rtsp[1], 554)}"
        return [
            Address(name="device service", value=f"{http}{DEVICE_PATH}"),
            Address(name="RTSP", value=f"{rtsp}/"),
            Address(name="page", value=f"{http}/"),
        ]


def _authority(host: str, port: int, usual: int) -> str:
    try:
        shown = f"[{host}]" if ip_address(host).version == 6 else host
    except ValueError:
        shown = host
    return shown if port == usual else f"{shown}:{port}"
