"""Requests and responses of the replay service.

Spec: Replay 19.06
"""

from __future__ import annotations

from argus.base.tokens import RecordingToken
from argus.onvif.types import StreamSetup
from argus.soap.duration import Duration
from argus.soap.message import attribute, message
from argus.soap.namespaces import TRP, TT


@message(TRP)
class Capabilities:
    """trp:Capabilities. The range of session timeouts is its two ends in seconds."""

    reverse_playback: bool = attribute()
    session_timeout_range: tuple[float, ...] = attribute()
    rtp_rtsp_tcp: bool = attribute("RTP_RTSP_TCP")


@message(TRP)
class GetServiceCapabilities:
    pass


@message(TRP)
class GetServiceCapabilitiesResponse:
    capabilities: Capabilities


@message(TRP)
class GetReplayUri:
    stream_setup: StreamSetup
    recording_token: RecordingToken


@message(TRP)
class GetReplayUriResponse:
    uri: str


@message(TT)
class ReplayConfiguration:
    """tt:ReplayConfiguration."""

    session_timeout: Duration


@message(TRP)
class GetReplayConfiguration:
    pass


@message(TRP)
class GetReplayConfigurationResponse:
    configuration: ReplayConfiguration


@message(TRP)
class SetReplayConfiguration:
    configuration: ReplayConfiguration


@message(TRP)
class SetReplayConfigurationResponse:
    pass
