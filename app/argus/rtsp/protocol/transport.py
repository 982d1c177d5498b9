"""The Transport header: what the client offers, and what the server chose.

Spec: RFC 2326 § Transport.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from argus.rtsp.protocol.status import ProtocolError, Status

MAX_ALTERNATIVES = 16
# Ports below belong to system services; RTP is never aimed there.
LOWEST_CLIENT_PORT = 1024

Pair = tuple[int, int]

_PROFILES = {"RTP/AVP": False, "RTP/AVP/UDP": False, "RTP/AVP/TCP": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportOffer:
    """One alternative of the client. `tcp` means interleaved in the RTSP connection, otherwise UDP unicast.

    The pairs are (RTP, RTCP) UDP ports of the client, or channels; None where the client leaves the choice to us.
    """

    tcp: bool
    client_ports: Pair | None = None
    channels: Pair | None = None


def parse_transport(header: str | None, peer_host: str) -> tuple[TransportOffer, ...]:
    """The acceptable alternatives in the client's order of preference.

    Raises:
        ProtocolError: 461 where none is left: multicast, secure profiles, recording, UDP to someone else than the
            peer or to a system port.
    """
    alternatives = (header or "").split(",")[:MAX_ALTERNATIVES]
    offers = tuple(offer for text in alternatives if (offer := _parse_alternative(text, peer_host)) is not None)
    if not offers:
        raise ProtocolError(Status.UNSUPPORTED_TRANSPORT, "no offered transport is supported")
    return offers


def _parse_alternative(text: str, peer_host: str) -> TransportOffer | None:
    profile, *parameters = (part.strip() for part in text.split(";"))
    tcp = _PROFILES.get(profile.upper())
    values = {name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in parameters)}
    if tcp is None or "multicast" in values or values.get("mode", "play").strip('"').lower() != "play":
        return None
    if "destination" in values and not _same_host(values["destination"], peer_host):
        return None
    if tcp:
        channels = parse_pair(values["interleaved"], 0, 255) if "interleaved" in values else None
        return None if "interleaved" in values and channels is None else TransportOffer(tcp=True, channels=channels)
    ports = parse_pair(values.get("client_port", ""), LOWEST_CLIENT_PORT, 65_535)
    return None if ports is None else TransportOffer(tcp=False, client_ports=ports)


def parse_pair(text: str, lowest: int, highest: int) -> Pair | None:
    """Two different ports or channels as "6000-6001", or "6000" for it and the next; None where it is neither."""
    match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", text)
    if match is None:
        return None
    first = int(match[1])
    second = int(match[2]) if match[2] else first + 1
    return (first, second) if lowest <= first <= highest and lowest <= second <= highest and first != second else None


def _same_host(text: str, peer_host: str) -> bool:
    try:
        return ipaddress.ip_address(text.strip("[]")) == ipaddress.ip_address(peer_host.partition("%")[0])
    except ValueError:
        return False


def encode_interleaved(channels: Pair, ssrc: int) -> str:
    """The Transport header of the answer for TCP."""
    return f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]};ssrc={ssrc:08X}"


def encode_udp(client_ports: Pair, server_ports: Pair, ssrc: int) -> str:
    """The Transport header of the answer for UDP unicast."""
    client, server = ("-".join(map(str, pair)) for pair in (client_ports, server_ports))
    return f"RTP/AVP;unicast;client_port={client};server_port={server};ssrc={ssrc:08X}"
