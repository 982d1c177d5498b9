"""The Transport header: what the client asks for, and what the server's answer says.

Spec: RFC 2326 § Transport.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from argus.base.errors import Unavailable
from argus.rtsp.protocol.transport import Pair

_PAIR = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedTransport:
    """Where media will come from: `channels` inside the connection, or the device's UDP ports."""

    channels: Pair | None = None
    server_ports: Pair | None = None


def offer_interleaved(channels: Pair) -> str:
    return f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"


def offer_udp(client_ports: Pair) -> str:
    return f"RTP/AVP;unicast;client_port={client_ports[0]}-{client_ports[1]}"


def parse_granted(header: str, *, tcp: bool, offered: Pair) -> GrantedTransport:
    """What the server chose; channels it does not repeat are those `offered`.

    Raises:
        Unavailable: subject "receiver": it is not what was asked for.
    """
    profile, *parameters = (part.strip() for part in header.split(",")[0].split(";"))
    values = {name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in parameters)}
    inside = profile.upper().endswith("/TCP") or "interleaved" in values
    if tcp != inside or "multicast" in values:
        raise Unavailable("receiver", "the device answers with another transport than it was asked for")
    if tcp:
        return GrantedTransport(channels=_pair(values.get("interleaved", ""), 255) or offered)
    server_ports = _pair(values.get("server_port", ""), 65_535)
    if server_ports is None or 0 in server_ports:
        raise Unavailable("receiver", "the device does not say which ports its datagrams come from")
    return GrantedTransport(server_ports=server_ports)


def _pair(text: str, highest: int) -> Pair | None:
    match = _PAIR.fullmatch(text)
    if match is None:
        return None
    first = int(match[1])
    second = int(match[2]) if match[2] else first + 1
    return (first, second) if first <= highest and second <= highest and first != second else None
