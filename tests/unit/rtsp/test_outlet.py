"""Where access units leave."""

import asyncio

from tests.unit.rtsp.conversation import MemoryPair
from tests.unit.rtsp.twins import START_US, MemoryLink, parse_interleaved, parse_packet, settle, unit

from argus.base.clock import SimulatedClock
from argus.base.units import utc_us_to_ntp
from argus.rtsp.h264 import packetize
from argus.rtsp.outlet import InterleavedOutlet, SenderReports, UdpOutlet
from argus.rtsp.rtp import RtpStream


def test_an_interleaved_outlet_frames_rtp_and_rtcp_on_its_channels() -> None:
    link = MemoryLink()
    outlet = InterleavedOutlet(link, RtpStream(96, 90_000), packetize, (4, 5))
    outlet.send(unit(START_US, size_bytes=3_000), 1)
    outlet.send_rtcp(b"report")
    packets, reports = parse_interleaved(bytes(link.sent))
    assert [packet.channel for packet in packets] == [4, 4, 4]
    assert reports == [(5, b"report")]


def test_footage_without_a_pace_leaves_in_larger_packets_inside_tcp_and_never_as_datagrams() -> None:
    link, pair = MemoryLink(), MemoryPair(None)
    InterleavedOutlet(link, RtpStream(96, 90_000), packetize, (0, 1)).send(
        unit(START_US, size_bytes=15_000), 1, bulk=True
    )
    UdpOutlet(pair, RtpStream(96, 90_000), packetize, (5_000, 5_001), SimulatedClock()).send(
        unit(START_US, size_bytes=15_000), 1, bulk=True
    )
    packets, _ = parse_interleaved(bytes(link.sent))
    assert len(packets) == 2
    assert max(len(packet) for packet in pair.rtp) < 1_472


async def test_datagrams_are_held_to_a_rate() -> None:
    clock, pair = SimulatedClock(), MemoryPair(None)
    outlet = UdpOutlet(pair, RtpStream(96, 90_000), packetize, (5_000, 5_001), clock)
    outlet.send(unit(START_US, size_bytes=100_000), 1)
    await outlet.drain()
    outlet.send(unit(START_US, size_bytes=400_000), 2)
    waiting = asyncio.ensure_future(outlet.drain())
    await clock.advance(0.03)
    assert not waiting.done()
    await clock.advance(0.02)
    await waiting
    assert len({parse_packet(packet).timestamp for packet in pair.rtp}) == 2


async def test_a_report_is_due_at_first_and_every_five_seconds() -> None:
    clock, pair = SimulatedClock(), MemoryPair(None)
    outlet = UdpOutlet(pair, RtpStream(96, 90_000), packetize, (5_000, 5_001), clock)
    reports = SenderReports(outlet, clock, "camera")
    for _ in range(11):
        reports.send_if_due()
        await clock.advance(1)
    await settle()
    assert len(pair.rtcp) == 3
    first_ntp = int.from_bytes(pair.rtcp[0][8:16], "big")
    assert first_ntp == utc_us_to_ntp(clock.utc_us() - 11_000_000)
