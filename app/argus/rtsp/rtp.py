"""RTP packets, and the ONVIF header extension that carries the capture time in replay.

Spec: RFC 3550 § RTP Fixed Header Fields; Streaming § RTP header extension.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from construct import BitsInteger, BitStruct, Bytes, Const, Flag, Int8ub, Int16ub, Int32ub, Padding, Struct

from argus.base.units import utc_us_to_ntp

# The layouts as the standards draw them. The fast path below writes the same bytes with `struct`; a test compares.
RTP_HEADER = Struct(
    "flags"
    / BitStruct(
        "version" / BitsInteger(2),
        "padding" / Flag,
        "extension" / Flag,
        "csrc_count" / BitsInteger(4),
        "marker" / Flag,
        "payload_type" / BitsInteger(7),
    ),
    "sequence" / Int16ub,
    "timestamp" / Int32ub,
    "ssrc" / Int32ub,
)
REPLAY_EXTENSION = Struct(
    "profile" / Const(0xABAC, Int16ub),
    "words" / Const(3, Int16ub),
    "ntp_seconds" / Int32ub,
    "ntp_fraction" / Int32ub,
    "flags" / BitStruct("clean_point" / Flag, "end" / Flag, "discontinuity" / Flag, "terminal" / Flag, Padding(4)),
    "cseq" / Int8ub,
    "padding" / Const(b"\x00\x00", Bytes(2)),
)
# `$`, channel and length in front of a packet inside the RTSP connection (RFC 2326 § Embedded Binary Data).
INTERLEAVED_HEADER = Struct("magic" / Const(b"$"), "channel" / Int8ub, "length" / Int16ub)

_header = struct.Struct(">BBHII").pack
_extension = struct.Struct(">HHQBBxx").pack
# `$` and channel, length, first RTP word in two halves, timestamp and SSRC as one number: five values are quicker than
# eight, and this is done 900 times for a second of video at 10 Mbit/s.
_interleaved_header = struct.Struct(">HHHHQ").pack

FRAME_BYTES = 4
HEADER_BYTES = 12
EXTENSION_BYTES = 16
_DOLLAR = 0x24
_VERSION = 0x80
_VERSION_EXTENDED = 0x90
_MARKER = 0x80

# One RTP payload in two parts, so that a slice of a NAL unit is not copied before it is sent.
Payload = tuple[bytes, memoryview]
Pieces = list[bytes | memoryview]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayExtension:
    """What the first packet of an access unit tells in replay.

    `clean_point` C: decoding can start here. `end` E: a gap or the end of the footage follows. `discontinuity` D:
    what follows does not continue what was sent before. `terminal` T: the last frame of the track. `cseq` is that of
    the PLAY request; its low byte is sent.
    """

    utc_us: int
    clean_point: bool
    end: bool = False
    discontinuity: bool = False
    terminal: bool = False
    cseq: int

    def encode(self) -> bytes:
        flags = self.clean_point << 7 | self.end << 6 | self.discontinuity << 5 | self.terminal << 4
        return _extension(0xABAC, 3, utc_us_to_ntp(self.utc_us), flags, self.cseq & 0xFF)


class RtpStream:
    """One outgoing RTP stream: numbers its packets and counts them for the sender report.

    Packets of one access unit share the timestamp; the last carries the marker, where the stream is `marked`, the
    first the extension.
    """

    def __init__(self, payload_type: int, clock_hz: int, *, marked: bool = True) -> None:
        self.payload_type = payload_type
        self._last_type = payload_type | _MARKER if marked else payload_type
        self.clock_hz = clock_hz
        self.ssrc = secrets.randbits(32)
        self.timestamp_offset = secrets.randbits(32)
        self.next_sequence = secrets.randbits(16)
        self.packets = 0
        self.octets = 0

    def rtp_timestamp(self, us: int) -> int:
        """The RTP timestamp of a time in microseconds on the stream's time line."""
        return (us * self.clock_hz // 1_000_000 + self.timestamp_offset) & 0xFFFFFFFF

    def interleave(
        self, channel: int, payloads: Sequence[Payload], timestamp: int, extension: bytes = b""
    ) -> tuple[Pieces, int]:
        """All packets of an access unit as they follow each other inside an RTSP connection, and their size in bytes.

        There is at least one payload.
        """
        sequence, typed = self.next_sequence, _VERSION << 8 | self.payload_type
        framing, tail = _DOLLAR << 8 | channel, timestamp << 32 | self.ssrc
        pieces = Pieces()
        append = pieces.append
        size = octets = 0
        for prefix, body in payloads:
            size = len(prefix) + len(body)
            octets += size
            append(_interleaved_header(framing, size + HEADER_BYTES, typed, sequence & 0xFFFF, tail))
            append(prefix)
            append(body)
            sequence += 1
        last = (sequence - 1) & 0xFFFF
        pieces[-3] = _interleaved_header(framing, size + HEADER_BYTES, _VERSION << 8 | self._last_type, last, tail)
        if extension:
            pieces[0] = _extend(pieces[0], extension)
        self._count(len(payloads), octets)
        return pieces, octets + len(payloads) * (FRAME_BYTES + HEADER_BYTES) + len(extension)

    def datagrams(self, payloads: Sequence[Payload], timestamp: int, extension: bytes = b"") -> list[bytes]:
        """All packets of an access unit, each a datagram."""
        last = len(payloads) - 1
        packets = []
        for number, (prefix, body) in enumerate(payloads):
            version = _VERSION_EXTENDED if extension and number == 0 else _VERSION
            marked_type = self._last_type if number == last else self.payload_type
            sequence = (self.next_sequence + number) & 0xFFFF
            header = _header(version, marked_type, sequence, timestamp, self.ssrc)
            packets.append(b"".join((header, extension if number == 0 else b"", prefix, body)))
        self._count(len(payloads), sum(len(prefix) + len(body) for prefix, body in payloads))
        return packets

    def _count(self, packets: int, octets: int) -> None:
        self.next_sequence = (self.next_sequence + packets) & 0xFFFF
        self.packets = (self.packets + packets) & 0xFFFFFFFF
        self.octets = (self.octets + octets) & 0xFFFFFFFF


def _extend(header: bytes | memoryview, extension: bytes) -> bytes:
    """An interleaved header that announces the extension, and the extension."""
    size = int.from_bytes(header[2:4], "big") + len(extension)
    return b"".join((header[:2], size.to_bytes(2, "big"), bytes((_VERSION_EXTENDED,)), header[5:], extension))
