"""RTP as a client sees it: packets, the ONVIF replay extension, and H.264 put together again.

Written from RFC 3550, RFC 6184 and the ONVIF Streaming Specification alone; nothing of the product is used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_NTP_UNIX_S = 2_208_988_800
_EXTENSION = 0xABAC


@dataclass(frozen=True)
class ReplayExtension:
    """The header extension of replay: capture time and what the frame means for the decoder."""

    utc_us: int
    clean_point: bool
    end: bool
    discontinuity: bool
    terminal: bool
    cseq: int


@dataclass(frozen=True)
class RtpPacket:
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    extension: ReplayExtension | None
    payload: bytes


@dataclass
class ReceivedUnit:
    """All packets of one access unit."""

    timestamp: int
    sequence: int
    extension: ReplayExtension | None
    nal_units: list[bytes] = field(default_factory=list)

    @property
    def annexb(self) -> bytes:
        return b"".join(b"\x00\x00\x00\x01" + nal for nal in self.nal_units)

    @property
    def key_frame(self) -> bool:
        return any(nal[0] & 0x1F == 5 for nal in self.nal_units)

    @property
    def utc_us(self) -> int:
        assert self.extension is not None
        return self.extension.utc_us


def parse_rtp(data: bytes) -> RtpPacket:
    """Decode one packet; an assertion fails where it breaks RFC 3550 or the replay extension."""
    first, second, sequence, timestamp, ssrc = struct.unpack_from(">BBHII", data)
    assert first >> 6 == 2, "RTP version is not 2"
    assert not first & 0x0F, "contributing sources"
    position, extension = 12, None
    if first & 0x10:
        profile, words = struct.unpack_from(">HH", data, position)
        assert profile == _EXTENSION, f"extension profile {profile:04x}"
        assert words == 3
        extension = _parse_extension(data[position + 4 : position + 16])
        position += 16
    end = len(data) - data[-1] if first & 0x20 else len(data)
    return RtpPacket(bool(second & 0x80), second & 0x7F, sequence, timestamp, ssrc, extension, data[position:end])


def _parse_extension(data: bytes) -> ReplayExtension:
    seconds, fraction, flags, cseq, padding = struct.unpack(">IIBBH", data)
    assert flags & 0x0F == 0, "reserved bits of the replay extension are set"
    assert padding == 0
    utc_us = (seconds - _NTP_UNIX_S) * 1_000_000 + (fraction * 1_000_000 + (1 << 31) >> 32)
    return ReplayExtension(utc_us, bool(flags & 0x80), bool(flags & 0x40), bool(flags & 0x20), bool(flags & 0x10), cseq)


def access_units(packets: Iterable[RtpPacket]) -> Iterator[ReceivedUnit]:
    """The access units of one H.264 stream; asserts that no packet is missing and every unit ends with a marker."""
    unit: ReceivedUnit | None = None
    expected: int | None = None
    for packet in packets:
        assert expected in (None, packet.sequence), f"sequence {packet.sequence} where {expected} was due"
        expected = (packet.sequence + 1) & 0xFFFF
        if unit is None:
            unit = ReceivedUnit(packet.timestamp, packet.sequence, packet.extension)
        else:
            assert packet.timestamp == unit.timestamp, "a unit without a marker at its end"
        _add_payload(unit.nal_units, packet.payload)
        if packet.marker:
            yield unit
            unit = None


def _add_payload(nal_units: list[bytes], payload: bytes) -> None:
    """Single NAL units, STAP-A and FU-A.   RFC 6184 § Payload Structures"""
    kind = payload[0] & 0x1F
    if kind == 24:
        position = 1
        while position < len(payload):
            size = int.from_bytes(payload[position : position + 2], "big")
            nal_units.append(payload[position + 2 : position + 2 + size])
            position += 2 + size
        assert position == len(payload)
    elif kind == 28:
        if payload[1] & 0x80:
            nal_units.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]))
        nal_units[-1] += payload[2:]
    else:
        assert 1 <= kind <= 23, f"NAL unit type {kind}"
        nal_units.append(payload)
