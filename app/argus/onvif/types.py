"""Message types of the namespace tt: that several services share."""

from __future__ import annotations

from enum import StrEnum

from argus.soap.duration import Duration
from argus.soap.message import message, wire
from argus.soap.namespaces import TT


class StreamType(StrEnum):
    """tt:StreamType."""

    UNICAST = "RTP-Unicast"
    MULTICAST = "RTP-Multicast"


class TransportProtocol(StrEnum):
    """tt:TransportProtocol."""

    UDP = "UDP"
    TCP = "TCP"
    RTSP = "RTSP"
    HTTP = "HTTP"


@message(TT)
class Transport:
    """tt:Transport; `tunnel` was for tunnels in tunnels and is read only."""

    protocol: TransportProtocol
    tunnel: Transport | None = None


@message(TT)
class StreamSetup:
    """tt:StreamSetup: how a client wants a stream."""

    stream: StreamType
    transport: Transport


@message(TT)
class MediaUri:
    """tt:MediaUri: where a stream or a picture is found, and for how long."""

    uri: str
    invalid_after_connect: bool
    invalid_after_reboot: bool
    timeout: Duration


@message(TT)
class IPAddress:
    """tt:IPAddress: `type` is IPv4 or IPv6 and says which of the two addresses is given."""

    type: str
    ipv4_address: str | None = wire("IPv4Address", default=None)
    ipv6_address: str | None = wire("IPv6Address", default=None)
