"""RTCP: sender reports and goodbyes out, receiver reports in.

Spec: RFC 3550 § RTP Control Protocol.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

MAX_PACKETS = 32

_SENDER_REPORT = struct.Struct(">BBHIQIII")
_VERSION = 0x80
_CNAME = 1
_REPORT_BLOCK_BYTES = 24


class PacketType(IntEnum):
    """RTCP packet types in use here."""

    SENDER_REPORT = 200
    RECEIVER_REPORT = 201
    SOURCE_DESCRIPTION = 202
    GOODBYE = 203


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBlock:
    """How one receiver gets one of our streams. `lost_fraction` is in 1/256 since the last report."""

    ssrc: int
    lost_fraction: int
    highest_sequence: int
    jitter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """A receiver's sign of life."""

    ssrc: int
    blocks: tuple[ReportBlock, ...]


def encode_sender_report(*, ssrc: int, ntp: int, rtp_timestamp: int, packets: int, octets: int, cname: str) -> bytes:
    """A sender report with the source description every compound packet must carry."""
    report = _SENDER_REPORT.pack(
        _VERSION, PacketType.SENDER_REPORT, 6, ssrc, ntp, rtp_timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    )
    return report + _encode_source_description(ssrc, cname)


def encode_goodbye(*, ssrc: int, cname: str) -> bytes:
    """An empty receiver report, the source description and BYE: the stream ends."""
    empty = struct.pack(">BBHI", _VERSION, PacketType.RECEIVER_REPORT, 1, ssrc)
    goodbye = struct.pack(">BBHI", _VERSION | 1, PacketType.GOODBYE, 1, ssrc)
    return empty + _encode_source_description(ssrc, cname) + goodbye


def _encode_source_description(ssrc: int, cname: str) -> bytes:
    text = cname.encode()[:255]
    chunk = struct.pack(">IBB", ssrc, _CNAME, len(text)) + text + b"\x00"
    chunk += b"\x00" * (-len(chunk) % 4)
    return struct.pack(">BBH", _VERSION | 1, PacketType.SOURCE_DESCRIPTION, len(chunk) // 4) + chunk


def decode_receiver_reports(data: bytes) -> tuple[ReceiverReport, ...]:
    """The receiver reports of a compound packet; other packet types are passed over.

    Raises:
        ValueError: `data` is no compound RTCP packet.
    """
    reports = []
    position = 0
    for _ in range(MAX_PACKETS):
        if position == len(data):
            break
        if len(data) - position < 4 or data[position] & 0xC0 != _VERSION:
            raise ValueError("not an RTCP packet")
        size = 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big")
        if position + size > len(data):
            raise ValueError("an RTCP packet passes the end of the data")
        if data[position + 1] == PacketType.RECEIVER_REPORT:
            reports.append(_decode_receiver_report(data[position : position + size]))
        position += size
    return tuple(reports)


def _decode_receiver_report(packet: bytes) -> ReceiverReport:
    count = packet[0] & 0x1F
    if len(packet) < 8 + count * _REPORT_BLOCK_BYTES:
        raise ValueError("a receiver report is shorter than its blocks")
    blocks = []
    for number in range(count):
        ssrc, lost, highest, jitter = struct.unpack_from(">IIII", packet, 8 + number * _REPORT_BLOCK_BYTES)
        blocks.append(ReportBlock(ssrc=ssrc, lost_fraction=lost >> 24, highest_sequence=highest, jitter=jitter))
    return ReceiverReport(ssrc=int.from_bytes(packet[4:8], "big"), blocks=tuple(blocks))
