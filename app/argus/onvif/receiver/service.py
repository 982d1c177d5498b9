"""The receiver service: other cameras as sources of recordings.

Spec: Receiver 19.06
"""

from __future__ import annotations

from argus.base.access import Access
from argus.onvif.receiver import messages as m
from argus.onvif.receiver.faults import BadConfiguration, CannotDeleteReceiver, MaxReceivers, UnknownToken
from argus.soap.namespaces import TRV
from argus.soap.operation import Call, Service, operation
from argus.store.recording.receiver import receiver_mode
from argus.store.recording.receiver_rules import MAX_URI_LENGTH
from argus.store.recording.receivers import Receivers


class ReceiverService(Service):
    """Receivers by unicast over UDP, over the RTSP connection and over HTTP."""

    namespace = TRV
    path = "/onvif/receiver_service"
    version = (19, 6)

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers

    def capabilities(self) -> m.Capabilities:
        """What the service can do; the same as long as the device runs."""
        return m.Capabilities(
            rtp_multicast=False,
            rtp_tcp=False,
            rtp_rtsp_tcp=True,
            supported_receivers=self._receivers.max_receivers,
            maximum_rtsp_uri_length=MAX_URI_LENGTH,
        )

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, _request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """What the service can do.   Spec: Receiver 19.06 § Capabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.READ_MEDIA)
    async def get_receivers(self, _request: m.GetReceivers, call: Call) -> m.GetReceiversResponse:
        """List receivers.   Spec: Receiver 19.06 § GetReceivers"""
        receivers = self._receivers.all()
        return m.GetReceiversResponse(receivers=tuple(m.Receiver.of(one, call.caller) for one in receivers))

    @operation(Access.READ_MEDIA, UnknownToken)
    async def get_receiver(self, request: m.GetReceiver, call: Call) -> m.GetReceiverResponse:
        """Tell one receiver.   Spec: Receiver 19.06 § GetReceiver"""
        receiver = self._receivers.receiver(request.receiver_token)
        return m.GetReceiverResponse(receiver=m.Receiver.of(receiver, call.caller))

    @operation(Access.ACTUATE, BadConfiguration, MaxReceivers)
    async def create_receiver(self, request: m.CreateReceiver, call: Call) -> m.CreateReceiverResponse:
        """Create a receiver.   Spec: Receiver 19.06 § CreateReceiver"""
        receiver = await self._receivers.create(request.configuration.to_store())
        return m.CreateReceiverResponse(receiver=m.Receiver.of(receiver, call.caller))

    @operation(Access.ACTUATE, UnknownToken, CannotDeleteReceiver)
    async def delete_receiver(self, request: m.DeleteReceiver) -> m.DeleteReceiverResponse:
        """Delete a receiver that no job uses.   Spec: Receiver 19.06 § DeleteReceiver"""
        await self._receivers.delete(request.receiver_token)
        return m.DeleteReceiverResponse()

    @operation(Access.ACTUATE, UnknownToken, BadConfiguration)
    async def configure_receiver(self, request: m.ConfigureReceiver) -> m.ConfigureReceiverResponse:
        """Replace a receiver's configuration.   Spec: Receiver 19.06 § ConfigureReceiver"""
        token = self._receivers.receiver(request.receiver_token).token
        await self._receivers.configure(token, request.configuration.to_store())
        return m.ConfigureReceiverResponse()

    @operation(Access.ACTUATE, UnknownToken)
    async def set_receiver_mode(self, request: m.SetReceiverMode) -> m.SetReceiverModeResponse:
        """Set a receiver's mode alone.   Spec: Receiver 19.06 § SetReceiverMode"""
        token = self._receivers.receiver(request.receiver_token).token
        await self._receivers.set_mode(token, receiver_mode(request.mode, "receiver mode"))
        return m.SetReceiverModeResponse()

    @operation(Access.READ_MEDIA, UnknownToken)
    async def get_receiver_state(self, request: m.GetReceiverState) -> m.GetReceiverStateResponse:
        """Tell whether a receiver is connected.   Spec: Receiver 19.06 § GetReceiverState"""
        receiver = self._receivers.receiver(request.receiver_token)
        state = self._receivers.state(receiver.token)
        information = m.ReceiverStateInformation(state=state, auto_created=receiver.auto_created)
        return m.GetReceiverStateResponse(receiver_state=information)
