"""Replay over real sockets, seen packet by packet, from footage in memory and from a ring on disk."""

import asyncio
import socket
from pathlib import Path

import pytest
from tests.system.rtsp_client import RtspClient
from tests.system.rtsp_station import FRAME_US, GOP_FRAMES, START_US, encode_clip, record, rtsp_station

from argus.base.clock import SystemClock
from argus.rtsp.rtcp import encode_goodbye
from argus.store.ring.ring import Ring, RingConfig

Clip = list[tuple[bytes, bool]]
PATH = "replay/Recording-1"
TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(4)


async def play(client: RtspClient, **headers: str) -> dict[str, str]:
    assert (await client.ask("SETUP", client.uri + "/track1", Transport=TCP, Require="onvif-replay"))[0] == 200
    status, answered = await client.ask("PLAY", Require="onvif-replay", **headers)
    assert status == 200
    return answered


def ring_with(clip: Clip, folder: Path) -> Ring:
    """A ring on disk that holds the clip twice, with a gap of a minute between."""
    ring = Ring.open(folder / "ring", RingConfig(size_bytes=64 << 20, segment_bytes=4 << 20), SystemClock(), ignore)
    for start_us in (START_US, START_US + 60_000_000):
        for gop in record(clip, start_us):
            for unit in gop.units:
                ring.append(1, unit)
        ring.end_span(1)
        ring.tick()
    return ring


def ignore(track_id: int, start_us: int, end_us: int) -> None:
    """Nobody asks for deletions here."""


@pytest.mark.parametrize("kind", ["memory", "ring"])
async def test_a_gap_and_the_end_are_marked_and_no_frame_is_missing(clip: Clip, kind: str, tmp_path: Path) -> None:
    ring = ring_with(clip, tmp_path)
    gops = [*record(clip), *record(clip, START_US + 60_000_000)]
    async with rtsp_station(clip, footage=ring if kind == "ring" else None) as (server, footage, _):
        footage.gops[:] = gops
        client = await RtspClient.connect(server.bound_port, PATH)
        await play(client, Rate_Control="no", Range="clock=2026-01-01T00:00:00.500Z-")
        units = await client.read_units(2 * len(clip))
        assert [unit.utc_us for unit in units] == [unit.utc_us for gop in gops for unit in gop.units]
        marked = {number: unit.letters for number, unit in enumerate(units) if unit.letters not in ("", "C")}
        assert marked == {len(clip) - 1: "E", 2 * len(clip) - 1: "ET"}
        assert await client.silent(0.5)
        client.close()
    ring.close()


@pytest.mark.parametrize("kind", ["memory", "ring"])
async def test_reverse_replay_crosses_the_gap_backwards(clip: Clip, kind: str, tmp_path: Path) -> None:
    ring = ring_with(clip, tmp_path)
    async with rtsp_station(clip, footage=ring if kind == "ring" else None) as (server, footage, _):
        footage.gops[:] = [*record(clip), *record(clip, START_US + 60_000_000)]
        client = await RtspClient.connect(server.bound_port, PATH)
        answered = await play(client, Rate_Control="no", Scale="-1.0")
        assert answered["Scale"] == "-1.0"
        units = await client.read_units(2 * len(clip))
        starts = [unit.utc_us for unit in units if "C" in unit.letters]
        assert starts == sorted(starts, key=lambda utc_us: -(utc_us or 0))
        assert len(starts) == 2 * len(clip) // GOP_FRAMES
        assert [unit.letters for unit in units if "E" in unit.letters] == ["E", "ET"]
        client.close()
    ring.close()


async def test_replay_follows_a_recording_that_grows_on_disk(clip: Clip, tmp_path: Path) -> None:
    clock = SystemClock()
    ring = Ring.open(
        tmp_path / "ring", RingConfig(size_bytes=64 << 20, segment_bytes=4 << 20, tick_s=0.1), clock, ignore
    )
    units = [unit for gop in record(clip) for unit in gop.units]
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ring.run())
        for unit in units[:60]:
            ring.append(1, unit)
        await ring.flush()
        async with rtsp_station(clip, footage=ring) as (server, _, _):
            client = await RtspClient.connect(server.bound_port, PATH)
            await play(client, Rate_Control="no")
            received = await client.read_units(59)
            for unit in units[60:]:
                ring.append(1, unit)
                await asyncio.sleep(0.005)
            received += await client.read_units(len(units) - 60)
            assert [unit.letters for unit in received if "E" in unit.letters] == []
            ring.end_span(1)
            received += await client.read_units(1)
            assert [unit.utc_us for unit in received] == [unit.utc_us for unit in units]
            assert received[-1].letters == "ET"
            ring.forget(1)
            client.close()
        running.cancel()
    ring.close()


async def test_pausing_is_quiet_and_resuming_continues(clip: Clip) -> None:
    async with rtsp_station(clip) as (server, _, _):
        client = await RtspClient.connect(server.bound_port, PATH)
        await play(client)
        before = await client.read_units(5)
        assert (await client.ask("PAUSE"))[0] == 200
        before += [packet for packet in client.packets if packet.utc_us is not None]
        client.packets.clear()
        assert await client.silent(0.5)
        assert (await client.ask("PLAY"))[0] == 200
        after = await client.read_units(5)
        assert after[0].utc_us == (before[-1].utc_us or 0) + FRAME_US
        client.close()


async def test_a_seek_while_playing_is_a_discontinuity(clip: Clip) -> None:
    async with rtsp_station(clip) as (server, _, _):
        client = await RtspClient.connect(server.bound_port, PATH)
        await play(client)
        await client.read_units(3)
        status, _ = await client.ask("PLAY", Range="clock=20260101T000002.5Z-", Immediate="yes")
        assert status == 200
        units = await client.read_units(30)
        first = next(unit for unit in units if unit.cseq == client.cseq)
        assert (first.utc_us, first.letters) == (START_US + 2_000_000, "CD")
        client.close()


async def test_udp_clients_live_by_their_receiver_reports_and_are_ended_without(clip: Clip) -> None:
    report = encode_goodbye(ssrc=1, cname="client")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp, socket.socket(type=socket.SOCK_DGRAM) as rtcp:
        for sock in (rtp, rtcp):
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
        ports = f"{rtp.getsockname()[1]}-{rtcp.getsockname()[1]}"
        async with rtsp_station(clip, session_timeout_s=2) as (server, _, _):
            client = await RtspClient.connect(server.bound_port, PATH)
            _, answered = await client.ask(
                "SETUP", client.uri + "/track1", Transport=f"RTP/AVP;unicast;client_port={ports}"
            )
            server_rtcp = int(answered["Transport"].partition("server_port=")[2].partition(";")[0].split("-")[1])
            assert (await client.ask("PLAY"))[0] == 200
            for _ in range(8):
                await asyncio.sleep(0.5)
                rtcp.sendto(report, ("127.0.0.1", server_rtcp))
            assert rtp.recv(2_048)[0] & 0xC0 == 0x80
            assert server.health() == (1, 1)
            await asyncio.sleep(4)
            assert server.health() == (0, 0)


async def test_a_live_client_that_stops_reading_is_dropped_and_others_go_on(clip: Clip) -> None:
    large = [(data + (200_000).to_bytes(4, "big") + b"\x06" + b"\x05" * 199_999, key) for data, key in clip]
    async with rtsp_station(large) as (server, _, _):
        slow = await RtspClient.connect(server.bound_port, "live/main")
        other = await RtspClient.connect(server.bound_port, "live/main")
        for client in (slow, other):
            assert (await client.ask("SETUP", client.uri + "/track1", Transport=TCP))[0] == 200
            assert (await client.ask("PLAY"))[0] == 200
        loop = asyncio.get_running_loop()
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport, which is not declared
        until_s = loop.time() + 12
        received = 0
        while loop.time() < until_s and server.health()[0] == 2:
            received += (await other.read_packet()) is not None
        assert server.health() == (1, 1)
        assert received > 1_000
        other.close()


async def test_a_server_that_stops_ends_every_conversation(clip: Clip) -> None:
    async with rtsp_station(clip) as (server, _, _):
        client = await RtspClient.connect(server.bound_port, PATH)
        await play(client)
    async with asyncio.timeout(5):
        while await client.reader.read(65_536):
            pass
    client.close()
