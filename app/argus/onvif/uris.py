"""The addresses a client is given, always on the host by which it reached us.

A device is reached by several addresses and names, through port forwarding and VPNs; the only one that is known to
work for a client is the one it used.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from argus.base.errors import InvalidValue
from argus.onvif.types import StreamSetup, StreamType, TransportProtocol
from argus.soap.operation import Call

HTTP_SNAPSHOT_PATH = "/onvif/snapshot/"
LIVE_PATH = "/live/"
REPLAY_PATH = "/replay/"
_STREAMED = {(StreamType.UNICAST, TransportProtocol.UDP), (StreamType.UNICAST, TransportProtocol.RTSP)}


class StreamUris:
    """Makes RTSP URIs for what the RTSP server at `rtsp_port` serves."""

    def __init__(self, rtsp_port: int) -> None:
        self._rtsp_port = rtsp_port

    def live(self, setup: StreamSetup, token: str, call: Call) -> str:
        """The live stream of a profile. Raises InvalidValue("stream setup") for a transport that is not served."""
        return self._uri(setup, LIVE_PATH, token, call)

    def replay(self, setup: StreamSetup, token: str, call: Call) -> str:
        """The footage of a recording. Raises InvalidValue("stream setup") for a transport that is not served."""
        return self._uri(setup, REPLAY_PATH, token, call)

    def _uri(self, setup: StreamSetup, path: str, token: str, call: Call) -> str:
        if (setup.stream, setup.transport.protocol) not in _STREAMED:
            asked = f"{setup.stream} over {setup.transport.protocol}"
            raise InvalidValue("stream setup", f"{asked} is not served; RTP-Unicast over UDP and over RTSP are")
        host = urlsplit(call.base_url).hostname or "localhost"
        host = f"[{host}]" if ":" in host else host
        port = "" if self._rtsp_port == 554 else f":{self._rtsp_port}"
        return f"rtsp://{host}{port}{path}{quote(token, safe='')}"
