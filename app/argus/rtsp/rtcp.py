"""RTCP: what a sender tells its receivers, and receivers their sender.

Spec: RFC 3550 § RTP Control Protocol; RFC 4585 § Picture Loss Indication.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

MAX_PACKETS = 32
# The name under which this station receives, and ends streams.
CNAME = "argus-station"

_SENDER_REPORT = struct.Struct(">BBHIQIII")
_VERSION = 0x80
_CNAME = 1
_REPORT_BLOCK_BYTES = 24
_PICTURE_LOSS = 1
_MAX_LOST = 0x7FFFFF


class PacketType(IntEnum):
    """RTCP packet types in use here."""

    SENDER_REPORT = 200
    RECEIVER_REPORT = 201
    SOURCE_DESCRIPTION = 202
    GOODBYE = 203
    PAYLOAD_FEEDBACK = 206


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBlock:
    """How one receiver gets one stream. `lost_fraction` is in 1/256 since the last report, `lost` all since the
    beginning; `highest_sequence` counts the wraps in its upper half; `jitter` is in RTP time.

    `last_report` is the middle of the NTP time in the sender report received last, `report_age` how long ago that was
    in 1/65536 s; both are 0 before the first.
    """

    ssrc: int
    lost_fraction: int
    lost: int = 0
    highest_sequence: int
    jitter: int
    last_report: int = 0
    report_age: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """A receiver's sign of life."""

    ssrc: int
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """The sender's wall time (64-bit NTP) at an RTP time of the stream `ssrc`."""

    ssrc: int
    ntp: int
    rtp_timestamp: int


def encode_sender_report(*, ssrc: int, ntp: int, rtp_timestamp: int, packets: int, octets: int, cname: str) -> bytes:
    """A sender report with the source description every compound packet must carry."""
    report = _SENDER_REPORT.pack(
        _VERSION, PacketType.SENDER_REPORT, 6, ssrc, ntp, rtp_timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    )
    return report + _encode_source_description(ssrc, cname)


def encode_receiver_report(*, ssrc: int, block: ReportBlock | None, cname: str) -> bytes:
    """A receiver report with the source description every compound packet must carry; empty without a block."""
    if block is None:
        empty = struct.pack(">BBHI", _VERSION, PacketType.RECEIVER_REPORT, 1, ssrc)
        return empty + _encode_source_description(ssrc, cname)
    lost = block.lost_fraction << 24 | (max(-_MAX_LOST, min(_MAX_LOST, block.lost)) & 0xFFFFFF)
    report = struct.pack(
        ">BBHIIIIIII",
        *(_VERSION | 1, PacketType.RECEIVER_REPORT, 7, ssrc, block.ssrc, lost),
        *(block.highest_sequence & 0xFFFFFFFF, block.jitter & 0xFFFFFFFF, block.last_report),
        min(block.report_age, 0xFFFFFFFF),
    )
    return report + _encode_source_description(ssrc, cname)


def encode_picture_loss(*, ssrc: int, media_ssrc: int, cname: str) -> bytes:
    """An empty receiver report, the source description, and the request for a key frame (PLI)."""
    picture_loss = struct.pack(
        ">BBHII", _VERSION | _PICTURE_LOSS, PacketType.PAYLOAD_FEEDBACK, 2, ssrc, media_ssrc & 0xFFFFFFFF
    )
    return encode_receiver_report(ssrc=ssrc, block=None, cname=cname) + picture_loss


def encode_goodbye(*, ssrc: int, cname: str) -> bytes:
    """An empty receiver report, the source description and BYE: the stream ends."""
    goodbye = struct.pack(">BBHI", _VERSION | 1, PacketType.GOODBYE, 1, ssrc)
    return encode_receiver_report(ssrc=ssrc, block=None, cname=cname) + goodbye


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
    return tuple(_decode_receiver_report(packet) for packet in _split(data) if packet[1] == PacketType.RECEIVER_REPORT)


def decode_sender_packets(data: bytes) -> tuple[tuple[SenderReport, ...], frozenset[int]]:
    """The sender reports of a compound packet, and the streams that end with it.

    Raises:
        ValueError: `data` is no compound RTCP packet.
    """
    reports, ended = [], set[int]()
    for packet in _split(data):
        if packet[1] == PacketType.SENDER_REPORT and len(packet) >= _SENDER_REPORT.size:
            _, _, _, ssrc, ntp, rtp_timestamp, _, _ = _SENDER_REPORT.unpack_from(packet)
            reports.append(SenderReport(ssrc=ssrc, ntp=ntp, rtp_timestamp=rtp_timestamp))
        elif packet[1] == PacketType.GOODBYE:
            count = min(packet[0] & 0x1F, len(packet) // 4 - 1)
            ended.update(struct.unpack_from(f">{count}I", packet, 4))
    return tuple(reports), frozenset(ended)


def _split(data: bytes) -> Iterator[bytes]:
    """The packets of a compound packet, the first `MAX_PACKETS` of them."""
    position = 0
    for _ in range(MAX_PACKETS):
        if position == len(data):
            break
        if len(data) - position < 4 or data[position] & 0xC0 != _VERSION:
            raise ValueError("not an RTCP packet")
        size = 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big")
        if position + size > len(data):
            raise ValueError("an RTCP packet passes the end of the data")
        yield data[position : position + size]
        position += size


def _decode_receiver_report(packet: bytes) -> ReceiverReport:
    count = packet[0] & 0x1F
    if len(packet) < 8 + count * _REPORT_BLOCK_BYTES:
        raise ValueError("a receiver report is shorter than its blocks")
    blocks = []
    for number in range(count):
        ssrc, lost, highest, jitter = struct.unpack_from(">IIII", packet, 8 + number * _REPORT_BLOCK_BYTES)
        blocks.append(ReportBlock(ssrc=ssrc, lost_fraction=lost >> 24, highest_sequence=highest, jitter=jitter))
    return ReceiverReport(ssrc=int.from_bytes(packet[4:8], "big"), blocks=tuple(blocks))
