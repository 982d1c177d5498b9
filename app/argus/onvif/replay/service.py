"""The replay service: where recordings are played back.

Spec: Replay 19.06
"""

from __future__ import annotations

from argus.base.access import Access
from argus.base.errors import Conflict, InvalidValue
from argus.base.units import US_PER_S
from argus.onvif.recording.faults import NoRecording
from argus.onvif.replay import messages as m
from argus.onvif.replay.configuration import LONGEST_TIMEOUT_US, SHORTEST_TIMEOUT_US, ReplayConfiguration
from argus.onvif.uris import StreamUris
from argus.soap.duration import Duration
from argus.soap.faults import Sender, fault
from argus.soap.namespaces import TRP
from argus.soap.operation import Call, Service, operation
from argus.store.recording.catalog import Catalog

InvalidStreamSetup = fault(
    Sender,
    "InvalidArgVal",
    "InvalidStreamSetup",
    "Specification of StreamType or Transport part in StreamSetup is not supported",
    answers=(InvalidValue, "stream setup"),
)
StreamConflict = fault(
    Sender,
    "OperationProhibited",
    "StreamConflict",
    "Specification of StreamType or Transport part in StreamSetup causes conflict with other streams",
    answers=(Conflict, "stream setup"),
)
ConfigModify = fault(
    Sender,
    "InvalidArgVal",
    "ConfigModify",
    "The configuration parameters cannot be set",
    answers=(InvalidValue, "replay configuration"),
)


class ReplayService(Service):
    """Hands out RTSP URIs of recordings, forward and backward, over UDP and over the RTSP connection."""

    namespace = TRP
    path = "/onvif/replay_service"
    version = (19, 6)

    def __init__(self, catalog: Catalog, configuration: ReplayConfiguration, uris: StreamUris) -> None:
        self._catalog = catalog
        self._configuration = configuration
        self._uris = uris

    def capabilities(self) -> m.Capabilities:
        """What the service can do; the same as long as the device runs."""
        return m.Capabilities(
            reverse_playback=True,
            session_timeout_range=(SHORTEST_TIMEOUT_US / US_PER_S, LONGEST_TIMEOUT_US / US_PER_S),
            rtp_rtsp_tcp=True,
        )

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, _request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """What the service can do.   Spec: Replay 19.06 § Capabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.READ_MEDIA, InvalidStreamSetup, StreamConflict, NoRecording)
    async def get_replay_uri(self, request: m.GetReplayUri, call: Call) -> m.GetReplayUriResponse:
        """Where to play a recording.   Spec: Replay 19.06 § GetReplayUri"""
        recording = self._catalog.recording(request.recording_token)
        return m.GetReplayUriResponse(uri=self._uris.replay(request.stream_setup, recording.token, call))

    @operation(Access.READ_MEDIA)
    async def get_replay_configuration(self, _request: m.GetReplayConfiguration) -> m.GetReplayConfigurationResponse:
        """How replay is configured.   Spec: Replay 19.06 § GetReplayConfiguration"""
        timeout = Duration.from_us(self._configuration.session_timeout_us)
        return m.GetReplayConfigurationResponse(configuration=m.ReplayConfiguration(session_timeout=timeout))

    @operation(Access.ACTUATE, ConfigModify)
    async def set_replay_configuration(self, request: m.SetReplayConfiguration) -> m.SetReplayConfigurationResponse:
        """Configure replay.   Spec: Replay 19.06 § SetReplayConfiguration"""
        await self._configuration.set_session_timeout(request.configuration.session_timeout.to_us())
        return m.SetReplayConfigurationResponse()
