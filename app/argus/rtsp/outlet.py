"""Where the access units of one track leave: inside the RTSP connection, or as datagrams."""

from __future__ import annotations

from typing import Protocol

from argus.base.access_unit import AccessUnit
from argus.base.clock import Clock
from argus.base.units import utc_us_to_ntp
from argus.rtsp import rtcp
from argus.rtsp.link import Link
from argus.rtsp.payload import Packetize
from argus.rtsp.protocol.transport import Pair, encode_interleaved, encode_udp
from argus.rtsp.rtp import RtpStream
from argus.rtsp.udp import DatagramPair

# Payload of one packet: fits an Ethernet frame with every header, and inside TCP is what clients have always seen.
PAYLOAD_BYTES = 1_400
# Inside TCP nothing limits a packet but its 16-bit length, and each one costs; players reserve 8 KiB at least.
BULK_PAYLOAD_BYTES = 8_000
# Datagrams know no back-pressure: what goes "as fast as the transport allows" is held to this.
UDP_BITS_PER_S = 100_000_000
UDP_BURST_NS = 20_000_000
REPORT_INTERVAL_NS = 5_000_000_000


class Outlet(Protocol):
    """One track on its way to one client."""

    @property
    def stream(self) -> RtpStream: ...

    @property
    def transport_header(self) -> str:
        """The Transport header of the answer to SETUP."""

    def send(self, unit: AccessUnit, rtp_timestamp: int, extension: bytes = b"", *, bulk: bool = False) -> None:
        """Queue one access unit; in `bulk` packets are as large as the way allows, for footage without a pace.

        Raises:
            ValueError: its data is malformed.
        """

    def send_rtcp(self, packet: bytes) -> None: ...

    async def drain(self) -> None:
        """Return when more can be sent. Raises ConnectionError where the client has gone."""

    def close(self) -> None: ...


class InterleavedOutlet:
    """Packets inside the RTSP connection; its back-pressure is TCP's."""

    def __init__(self, link: Link, stream: RtpStream, packetize: Packetize, channels: Pair) -> None:
        self.stream = stream
        self.transport_header = encode_interleaved(channels, stream.ssrc)
        self.channels = channels
        self._link = link
        self._packetize = packetize
        self.drain = link.drain

    def send(self, unit: AccessUnit, rtp_timestamp: int, extension: bytes = b"", *, bulk: bool = False) -> None:
        payloads = self._packetize(unit.data, BULK_PAYLOAD_BYTES if bulk else PAYLOAD_BYTES)
        if payloads:
            self._link.write_pieces(*self.stream.interleave(self.channels[0], payloads, rtp_timestamp, extension))

    def send_rtcp(self, packet: bytes) -> None:
        self._link.write(b"".join((b"$", bytes((self.channels[1],)), len(packet).to_bytes(2, "big"), packet)))

    def close(self) -> None:
        """Nothing to release: the connection belongs to the conversation."""


class UdpOutlet:
    """Packets as datagrams to the client's address, not faster than `UDP_BITS_PER_S` over 20 ms."""

    def __init__(
        self, pair: DatagramPair, stream: RtpStream, packetize: Packetize, client_ports: Pair, clock: Clock
    ) -> None:
        self.stream = stream
        self.transport_header = encode_udp(client_ports, pair.server_ports, stream.ssrc)
        self._pair = pair
        self._packetize = packetize
        self._clock = clock
        self._free_ns = 0

    def send(self, unit: AccessUnit, rtp_timestamp: int, extension: bytes = b"", *, bulk: bool = False) -> None:
        packets = self.stream.datagrams(self._packetize(unit.data, PAYLOAD_BYTES), rtp_timestamp, extension)
        self._pair.send_rtp(packets)
        took_ns = len(unit.data) * 8 * 1_000_000_000 // UDP_BITS_PER_S
        self._free_ns = max(self._free_ns, self._clock.mono_ns()) + took_ns

    def send_rtcp(self, packet: bytes) -> None:
        self._pair.send_rtcp(packet)

    async def drain(self) -> None:
        ahead_ns = self._free_ns - self._clock.mono_ns()
        if ahead_ns > UDP_BURST_NS:
            await self._clock.sleep(ahead_ns / 1e9)

    def close(self) -> None:
        self._pair.close()


class SenderReports:
    """Tells the client every five seconds which wall time an RTP timestamp means."""

    def __init__(self, outlet: Outlet, clock: Clock, cname: str) -> None:
        self._outlet = outlet
        self._clock = clock
        self._cname = cname
        self._last_ns: int | None = None

    def send_if_due(self) -> None:
        """A report now, if the last is five seconds old. The stream's time line is CLOCK_MONOTONIC."""
        now_ns = self._clock.mono_ns()
        if self._last_ns is not None and now_ns - self._last_ns < REPORT_INTERVAL_NS:
            return
        self._last_ns = now_ns
        stream = self._outlet.stream
        report = rtcp.encode_sender_report(
            ssrc=stream.ssrc,
            ntp=utc_us_to_ntp(self._clock.utc_us()),
            rtp_timestamp=stream.rtp_timestamp(now_ns // 1_000),
            packets=stream.packets,
            octets=stream.octets,
            cname=self._cname,
        )
        self._outlet.send_rtcp(report)
