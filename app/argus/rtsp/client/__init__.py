"""The client of RTSP servers: other cameras as sources of media."""

from argus.rtsp.client.client import RtspClient
from argus.rtsp.client.media import ClientCounters, ClientTransport, ReceivedMedia, Sink
from argus.rtsp.client.session import ClientLimits
from argus.rtsp.client.target import TargetPolicy

__all__ = ["ClientCounters", "ClientLimits", "ClientTransport", "ReceivedMedia", "RtspClient", "Sink", "TargetPolicy"]
