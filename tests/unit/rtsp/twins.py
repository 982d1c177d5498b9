"""Twins of what the RTSP room works with, and a client's eye for what it sends."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from argus.base.access import Caller, UserLevel
from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat, join_nal_units
from argus.base.clock import SimulatedClock
from argus.base.errors import NotFound
from argus.base.tokens import RecordingToken, TrackToken
from argus.base.units import ntp_to_utc_us
from argus.device.access import Challenge
from argus.rtsp.link import Address
from argus.rtsp.protocol.status import ProtocolError, Status
from argus.store.recording.recordings import Recording, RecordingConfiguration, Track, TrackConfiguration
from argus.store.ring.span import Gop, Span

SPS = bytes.fromhex("6742c01eda0280bfe5c0440000030004000003007a3c58ba80")
PPS = bytes.fromhex("68ce0f2c80")
H264 = StreamFormat(codec=Codec.H264, width=640, height=360, frame_rate=25.0, parameter_sets=(SPS, PPS))
# 2026-01-01T00:00:00Z
START_US = 1_767_225_600_000_000
FRAME_US = 40_000
GOP_FRAMES = 50


def unit(
    utc_us: int, *, key_frame: bool = False, size_bytes: int = 100, stream_format: StreamFormat = H264
) -> AccessUnit:
    """A unit with its capture time inside, so that a received one can be recognised."""
    body = utc_us.to_bytes(8, "big") + bytes(index % 251 + 1 for index in range(size_bytes))
    nals = [SPS, PPS, b"\x65" + body] if key_frame else [b"\x41" + body]
    return AccessUnit(
        format=stream_format, data=join_nal_units(nals), key_frame=key_frame, utc_us=utc_us, mono_ns=utc_us * 1_000
    )


def gop(start_us: int, frames: int = GOP_FRAMES, track_id: int = 1, *, ends_span: bool = False) -> Gop:
    units = tuple(unit(start_us + n * FRAME_US, key_frame=n == 0) for n in range(frames))
    return Gop(track_id=track_id, start_us=start_us, units=units, complete=True, ends_span=ends_span)


def span_of_gops(start_us: int, count: int, *, growing: bool = False, track_id: int = 1) -> list[Gop]:
    """Unbroken footage of `count` groups of pictures of two seconds."""
    gops = [gop(start_us + n * GOP_FRAMES * FRAME_US, track_id=track_id) for n in range(count)]
    if not growing:
        gops[-1] = replace(gops[-1], ends_span=True)
    return gops


class MemoryFootage:
    """The ring's twin with the media in memory, by the ring's rules."""

    def __init__(self, *gops: Gop) -> None:
        self.gops = list(gops)

    def track(self, track_id: int) -> list[Gop]:
        return [gop for gop in self.gops if gop.track_id == track_id]

    def spans(self, track_id: int) -> tuple[Span, ...]:
        spans: list[Span] = []
        start_us = None
        gops = self.track(track_id)
        for gop, following in pairwise([*gops, None]):
            assert gop is not None
            start_us = gop.start_us if start_us is None else start_us
            if gop.ends_span or not gop.complete or following is None:
                spans.append(Span(start_us=start_us, end_us=gop.units[-1].utc_us, growing=not gop.ends_span))
                start_us = None
        return tuple(spans)

    def format_at(self, track_id: int, utc_us: int) -> StreamFormat | None:
        gops = [gop for gop in self.track(track_id) if gop.start_us <= utc_us]
        return gops[-1].units[0].format if gops else None

    async def gop_at(self, track_id: int, utc_us: int, *, forward: bool) -> Gop | None:
        before = [gop for gop in self.track(track_id) if gop.start_us <= utc_us]
        after = [gop for gop in self.track(track_id) if gop.start_us > utc_us]
        if before and (not forward or not before[-1].ends_span or utc_us <= before[-1].units[-1].utc_us):
            last = before[-1]
            if not forward or not after or utc_us < after[0].start_us:
                return last
        return (after[0] if after else None) if forward else None

    async def gop_after(self, gop: Gop) -> Gop | None:
        return next((other for other in self.track(gop.track_id) if other.start_us > gop.start_us), None)

    async def gop_before(self, gop: Gop) -> Gop | None:
        return next((other for other in reversed(self.track(gop.track_id)) if other.start_us < gop.start_us), None)


class MemoryRecordings:
    """The catalog's twin: recordings that exist until deleted."""

    def __init__(self, *tokens: str) -> None:
        tracks = (
            Track(token=TrackToken("VIDEO001"), track_id=1, configuration=TrackConfiguration(kind=MediaKind.VIDEO)),
            Track(token=TrackToken("VIDEO002"), track_id=2, configuration=TrackConfiguration(kind=MediaKind.VIDEO)),
        )
        self.recordings = {
            token: Recording(
                token=RecordingToken(token), configuration=RecordingConfiguration(), tracks=tracks, created_us=START_US
            )
            for token in tokens
        }

    def recording(self, token: RecordingToken) -> Recording:
        if token not in self.recordings:
            raise NotFound("recording", token)
        return self.recordings[token]


class OpenDoor:
    """Lets in whoever names a user, refuses everyone else."""

    def __init__(self, level: UserLevel = UserLevel.USER) -> None:
        self.level = level

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str = "") -> Caller | Challenge:
        if authorization is None:
            return Challenge(headers=('Digest realm="a", algorithm=SHA-256', 'Digest realm="a", algorithm=MD5'))
        return Caller(username=authorization, level=self.level)


class MemoryLink:
    """A connection without a network. `blocked` is a client that does not read."""

    def __init__(self, peer: str = "192.0.2.7", local: str = "192.0.2.1") -> None:
        self.peer = Address(host=peer)
        self.local = Address(host=local)
        self.sent = bytearray()
        self.ended = False
        self.aborted = False
        self.blocked = False
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self._unblocked = asyncio.Event()

    def arrive(self, data: bytes) -> None:
        self._incoming.put_nowait(data)

    async def read(self) -> bytes:
        return b"" if self.ended else await self._incoming.get()

    def write(self, data: bytes) -> None:
        if not self.ended:
            self.sent += data

    def write_pieces(self, pieces: Sequence[bytes | memoryview], size_bytes: int) -> None:
        assert sum(map(len, pieces)) == size_bytes
        self.write(b"".join(pieces))

    async def drain(self) -> None:
        while self.blocked and not self.ended:
            self._unblocked.clear()
            await self._unblocked.wait()
        if self.ended:
            raise ConnectionResetError("the connection has ended")

    def unblock(self) -> None:
        self.blocked = False
        self._unblocked.set()

    def queued_bytes(self) -> int:
        return len(self.sent) if self.blocked else 0

    def close(self) -> None:
        self.ended = True
        self._incoming.put_nowait(b"")
        self._unblocked.set()

    def abort(self) -> None:
        self.aborted = True
        self.close()


@dataclass(frozen=True, kw_only=True)
class Packet:
    """One received RTP packet. The flags are None where it carries no replay extension."""

    channel: int
    sequence: int
    timestamp: int
    ssrc: int
    marker: bool
    payload_type: int
    payload: bytes
    utc_us: int | None = None
    flags: int | None = None
    cseq: int | None = None

    @property
    def letters(self) -> str:
        """The flags as letters of C, E, D, T."""
        return "".join(
            letter
            for bit, letter in ((0x80, "C"), (0x40, "E"), (0x20, "D"), (0x10, "T"))
            if self.flags and self.flags & bit
        )


def parse_packet(data: bytes, channel: int = 0) -> Packet:
    """Take an RTP packet apart by the book, independently of the code that made it."""
    assert data[0] & 0xCF == 0x80
    body, utc_us, flags, cseq = data[12:], None, None, None
    if data[0] & 0x10:
        assert data[12:16] == b"\xab\xac\x00\x03"
        assert data[26:28] == b"\x00\x00"
        assert data[24] & 0x0F == 0
        utc_us, flags, cseq = ntp_to_utc_us(int.from_bytes(data[16:24], "big")), data[24], data[25]
        body = data[28:]
    return Packet(
        channel=channel,
        sequence=int.from_bytes(data[2:4], "big"),
        timestamp=int.from_bytes(data[4:8], "big"),
        ssrc=int.from_bytes(data[8:12], "big"),
        marker=bool(data[1] & 0x80),
        payload_type=data[1] & 0x7F,
        payload=body,
        utc_us=utc_us,
        flags=flags,
        cseq=cseq,
    )


def parse_interleaved(data: bytes) -> tuple[list[Packet], list[tuple[int, bytes]]]:
    """The RTP packets (even channels) and the RTCP packets (odd channels) of a run of interleaved frames."""
    packets, reports, position = [], [], 0
    while position < len(data):
        assert data[position] == 0x24
        channel, size = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        frame = data[position + 4 : position + 4 + size]
        assert len(frame) == size
        if channel % 2:
            reports.append((channel, frame))
        else:
            packets.append(parse_packet(frame, channel))
        position += 4 + size
    return packets, reports


def split_answer(data: bytes) -> tuple[int, dict[str, str], bytes, bytes]:
    """Status, headers and body of the answer `data` begins with, and what follows it."""
    head, _, rest = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name] = f"{headers[name]}\n{value}" if name in headers else value
    size = int(headers.get("Content-Length", "0"))
    assert status_line.startswith("RTSP/1.0 ")
    return int(status_line.split()[1]), headers, rest[:size], rest[size:]


def refusal(work: Callable[[], object]) -> Status | None:
    """The status with which `work` was refused, None where it succeeded."""
    try:
        work()
    except ProtocolError as error:
        return error.status
    return None


async def settle() -> None:
    """Give every ready task its turn, many times."""
    for _ in range(200):
        await asyncio.sleep(0)


async def pass_time(clock: SimulatedClock, seconds: float) -> None:
    await clock.advance(seconds)
    await settle()
