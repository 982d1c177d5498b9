"""The tracks a client has set up, each with its transport.

Spec: RFC 2326 § SETUP, § Transport.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from argus.base.clock import Clock
from argus.rtsp import rtcp
from argus.rtsp.link import Address, Link
from argus.rtsp.outlet import InterleavedOutlet, Outlet, UdpOutlet
from argus.rtsp.payload import payload_format
from argus.rtsp.presentation import Presentation, PresentedTrack
from argus.rtsp.protocol.status import ProtocolError, Status
from argus.rtsp.protocol.transport import Pair, TransportOffer, parse_transport
from argus.rtsp.rtp import RtpStream
from argus.rtsp.udp import DatagramPair


class DatagramPorts(Protocol):
    """Where pairs of UDP ports come from."""

    def open(self, local: Address, peer: Address, client_ports: Pair, on_rtcp: Callable[[bytes], None]) -> DatagramPair:
        """Raises Unavailable "UDP ports"."""


class TrackSetup:
    """The outlets of one session by track number."""

    def __init__(self, link: Link, ports: DatagramPorts, clock: Clock) -> None:
        self.outlets: dict[int, Outlet] = {}
        self._channels: dict[int, Pair] = {}
        self._link = link
        self._ports = ports
        self._clock = clock

    def add(
        self, presentation: Presentation, number: int | None, transport: str | None, on_report: Callable[[], None]
    ) -> Outlet:
        """Set up one track, or set it up anew. Without a number it is the only track.

        Raises:
            ProtocolError: 404 unknown track, 459 no track named among several, 461 no transport.
            Unavailable: subject "UDP ports".
        """
        track = _choose(presentation, number)
        offers = parse_transport(transport, self._link.peer.host)
        self._remove(track.number)
        payload = payload_format(track.format)
        stream = RtpStream(payload.payload_type, track.format.clock_hz, marked=payload.marked)
        offer = next((offer for offer in offers if not offer.tcp or self._free(offer.channels)), None)
        if offer is None:
            raise ProtocolError(Status.UNSUPPORTED_TRANSPORT, "the channels are in use by another track")
        outlet: Outlet
        if offer.tcp:
            channels = offer.channels or self._next_channels()
            self._channels[track.number] = channels
            outlet = InterleavedOutlet(self._link, stream, payload.packetize, channels)
        else:
            pair = self._open(offer, on_report)
            outlet = UdpOutlet(pair, stream, payload.packetize, offer.client_ports or (0, 0), self._clock)
        self.outlets[track.number] = outlet
        return outlet

    def is_report(self, channel: int, payload: bytes) -> bool:
        """Whether an interleaved frame is a receiver report of one of the tracks."""
        return any(channel == channels[1] for channels in self._channels.values()) and _is_report(payload)

    def say_goodbye(self) -> None:
        """Tell that the streams end."""
        for outlet in self.outlets.values():
            outlet.send_rtcp(rtcp.encode_goodbye(ssrc=outlet.stream.ssrc, cname=rtcp.CNAME))

    def clear(self) -> None:
        """Release every transport."""
        for number in tuple(self.outlets):
            self._remove(number)

    def _open(self, offer: TransportOffer, on_report: Callable[[], None]) -> DatagramPair:
        assert offer.client_ports is not None  # a UDP offer without ports is no offer

        def receive(data: bytes) -> None:
            if _is_report(data):
                on_report()

        return self._ports.open(self._link.local, self._link.peer, offer.client_ports, receive)

    def _remove(self, number: int) -> None:
        self._channels.pop(number, None)
        outlet = self.outlets.pop(number, None)
        if outlet is not None:
            outlet.close()

    def _free(self, channels: Pair | None) -> bool:
        used = {channel for pair in self._channels.values() for channel in pair}
        return channels is None or used.isdisjoint(channels)

    def _next_channels(self) -> Pair:
        first = next(first for first in range(0, 256, 2) if self._free((first, first + 1)))
        return first, first + 1


def _choose(presentation: Presentation, number: int | None) -> PresentedTrack:
    tracks = presentation.tracks
    if number is None and len(tracks) > 1:
        raise ProtocolError(Status.AGGREGATE_OPERATION_NOT_ALLOWED, "name one of the tracks")
    for track in tracks:
        if number is None or track.number == number:
            return track
    raise ProtocolError(Status.NOT_FOUND, "there is no such track")


def _is_report(data: bytes) -> bool:
    try:
        return bool(rtcp.decode_receiver_reports(data))
    except ValueError:
        return False
