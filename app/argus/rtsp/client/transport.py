"""The Transport header: what the client asks for, and what the server's answer says.

Spec: RFC 2326 § Transport.
"""

from __future__ import annotations

from argus.base.errors import Unavailable
from argus.rtsp.protocol.transport import Pair, parse_pair


def offer_interleaved(channels: Pair) -> str:
    """Asks for media inside the connection."""
    return f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"


def offer_udp(client_ports: Pair) -> str:
    """Asks for media as datagrams to these ports of ours."""
    return f"RTP/AVP;unicast;client_port={client_ports[0]}-{client_ports[1]}"


def parse_granted_channels(header: str, offered: Pair) -> Pair:
    """The channels on which media will come; where the server does not repeat them, those `offered`.

    Raises:
        Unavailable: subject "receiver": the server chose another transport.
    """
    return parse_pair(_parameters(header, tcp=True).get("interleaved", ""), 0, 255) or offered


def parse_granted_ports(header: str) -> Pair:
    """The device's UDP ports from which media will come.

    Raises:
        Unavailable: subject "receiver": the server chose another transport, or does not tell its ports.
    """
    ports = parse_pair(_parameters(header, tcp=False).get("server_port", ""), 1, 65_535)
    if ports is None:
        raise Unavailable("receiver", "the device does not say which ports its datagrams come from")
    return ports


def _parameters(header: str, *, tcp: bool) -> dict[str, str]:
    profile, *parameters = (part.strip() for part in header.split(",")[0].split(";"))
    values = {name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in parameters)}
    inside = profile.upper().endswith("/TCP") or "interleaved" in values
    if tcp != inside or "multicast" in values:
        raise Unavailable("receiver", "the device answers with another transport than it was asked for")
    return values
