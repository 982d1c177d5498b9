"""Requests and responses of the receiver service.

Spec: Receiver 19.06
"""

from __future__ import annotations

from argus.base.access import Access, Caller
from argus.base.tokens import ReceiverToken
from argus.onvif.types import StreamSetup, StreamType, Transport, TransportProtocol
from argus.soap.message import attribute, message
from argus.soap.namespaces import TRV, TT
from argus.store.recording import receiver as store
from argus.store.recording.receiver_rules import without_credentials


@message(TT)
class ReceiverConfiguration:
    """tt:ReceiverConfiguration. Mode is text here, since a wrong one has a fault of its own."""

    mode: str
    media_uri: str
    stream_setup: StreamSetup

    @classmethod
    def of(cls, configuration: store.ReceiverConfiguration, reader: Caller) -> ReceiverConfiguration:
        """As `reader` may see it: the user-info of the URI is for those who may configure receivers."""
        uri = configuration.media_uri
        return cls(
            mode=configuration.mode.value,
            media_uri=uri if reader.may(Access.ACTUATE) else without_credentials(uri),
            stream_setup=StreamSetup(
                stream=StreamType(configuration.stream),
                transport=Transport(protocol=TransportProtocol(configuration.protocol)),
            ),
        )

    def to_store(self) -> store.ReceiverConfiguration:
        """The store's value. Raises InvalidValue("receiver configuration") for a mode that is none."""
        return store.ReceiverConfiguration(
            mode=store.receiver_mode(self.mode),
            media_uri=self.media_uri.strip(),
            stream=self.stream_setup.stream.value,
            protocol=self.stream_setup.transport.protocol.value,
        )


@message(TT)
class Receiver:
    """tt:Receiver."""

    token: ReceiverToken
    configuration: ReceiverConfiguration

    @classmethod
    def of(cls, receiver: store.Receiver, reader: Caller) -> Receiver:
        return cls(token=receiver.token, configuration=ReceiverConfiguration.of(receiver.configuration, reader))


@message(TT)
class ReceiverStateInformation:
    """tt:ReceiverStateInformation."""

    state: store.ReceiverState
    auto_created: bool


@message(TRV)
class Capabilities:
    """trv:Capabilities. The length is in octets."""

    rtp_multicast: bool = attribute("RTP_Multicast")
    rtp_tcp: bool = attribute("RTP_TCP")
    rtp_rtsp_tcp: bool = attribute("RTP_RTSP_TCP")
    supported_receivers: int = attribute()
    maximum_rtsp_uri_length: int = attribute("MaximumRTSPURILength")


@message(TRV)
class GetServiceCapabilities:
    pass


@message(TRV)
class GetServiceCapabilitiesResponse:
    capabilities: Capabilities


@message(TRV)
class GetReceivers:
    pass


@message(TRV)
class GetReceiversResponse:
    receivers: tuple[Receiver, ...] = ()


@message(TRV)
class GetReceiver:
    receiver_token: ReceiverToken


@message(TRV)
class GetReceiverResponse:
    receiver: Receiver


@message(TRV)
class CreateReceiver:
    configuration: ReceiverConfiguration


@message(TRV)
class CreateReceiverResponse:
    receiver: Receiver


@message(TRV)
class DeleteReceiver:
    receiver_token: ReceiverToken


@message(TRV)
class DeleteReceiverResponse:
    pass


@message(TRV)
class ConfigureReceiver:
    receiver_token: ReceiverToken
    configuration: ReceiverConfiguration


@message(TRV)
class ConfigureReceiverResponse:
    pass


@message(TRV)
class SetReceiverMode:
    """Its Mode is text here, since an unknown receiver comes before a wrong mode."""

    receiver_token: ReceiverToken
    mode: str


@message(TRV)
class SetReceiverModeResponse:
    pass


@message(TRV)
class GetReceiverState:
    receiver_token: ReceiverToken


@message(TRV)
class GetReceiverStateResponse:
    receiver_state: ReceiverStateInformation
