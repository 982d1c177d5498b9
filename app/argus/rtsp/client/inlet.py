"""One medium on its way in: from RTP packets to coded units, and the reports about it.

Spec: RFC 3550 § RTP Data Header Validity Checks, § Determining Number of Packets Expected and Lost.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Sequence

from argus.rtsp import rtcp
from argus.rtsp.client.media import ClientCounters, ReceivedMedia
from argus.rtsp.client.source_clock import SourceClock
from argus.rtsp.depacketize import CodedUnit, Depacketizer
from argus.rtsp.depacketize.nal_depacketizer import NalDepacketizer

# Spec: RFC 3550 § RTP Data Header Validity Checks
MAX_DROPOUT = 3_000
MAX_MISORDER = 100
KEY_FRAME_REQUEST_NS = 1_000_000_000

_HEADER = struct.Struct(">BBHII")
# Frame of the connection with the beginning of an RTP header: dollar, channel, size, flags with type, sequence number;
# behind it the time and the source.
_FRAME = struct.Struct(">BBHHH")
_TIME_AND_SOURCE = struct.Struct(">II")
_VERSION = 0x80
_DOLLAR = 0x24
_PADDING = 0x20
_EXTENSION = 0x10

TakeUnits = Callable[["Inlet", Sequence[CodedUnit]], None]


class Inlet:
    """Takes the packets of one stream in their order. What is missing shows by the numbers and is counted as lost."""

    def __init__(
        self,
        media: ReceivedMedia,
        payload_type: int,
        clock_hz: int,
        depacketizer: Depacketizer,
        source: SourceClock,
        counters: ClientCounters,
        take_units: TakeUnits,
    ) -> None:
        self.media = media
        self.clock = source.add(clock_hz)
        self.packets = 0
        self.holes = 0  # how often packets were missing
        self.ended = False
        # monotonic and wall time of the unit delivered last
        self.last_ns = self.last_us = 0
        self._payload_type = payload_type
        self._push = depacketizer.push
        # Pictures come in many packets, most of which differ in their number only.
        self._pictures = depacketizer if isinstance(depacketizer, NalDepacketizer) else None
        self._source = source
        self._counters = counters
        self._take_units = take_units
        self._own_ssrc = secrets.randbits(32)
        self._ssrc = -1
        self._next = self._timestamp = 0
        self._first = self._highest = 0  # sequence numbers without their wrap
        self._packets_before = 0
        self._reported = (0, 0)  # expected and received until the last report
        self._sender_report: tuple[int, int] | None = None  # middle of its NTP time, arrival
        self._asked_ns: int | None = None

    def take(self, data: bytes, view: memoryview, start: int, end: int) -> None:
        """Take one RTP packet, which lies in `data` (and in `view` of it) from `start` to `end`."""
        if end - start < _HEADER.size:
            self._counters.discarded += 1
            return
        flags, typed, sequence, timestamp, ssrc = _HEADER.unpack_from(data, start)
        if (flags != _VERSION and flags & 0xC0 != _VERSION) or typed & 0x7F != self._payload_type:
            self._counters.discarded += 1
            return
        lost = False
        if sequence != self._next or ssrc != self._ssrc:
            if self._is_late(sequence, ssrc):
                self._counters.discarded += 1
                return
            lost = self._jump(sequence, ssrc)
        self._next = (sequence + 1) & 0xFFFF
        self._timestamp = timestamp
        self.packets += 1
        counters = self._counters
        counters.packets += 1
        counters.bytes += end - start
        body = start + 12
        if flags != _VERSION:
            body, end = _payload(data, flags, body, end)
        units = self._push(view[body:end], marker=typed >= 0x80, rtp_timestamp=timestamp, lost=lost)
        if units:
            self._take_units(self, units)

    def take_run(self, data: bytes, view: memoryview, position: int, channel: int) -> int:
        """Take the frames of `channel` from `position` on that merely continue the NAL unit under way; where they end.

        They are most of what a camera sends. This does what `take` would, at a fraction of its cost.
        """
        pictures = self._pictures
        if pictures is None or not pictures.continuation:
            return position
        same = _TIME_AND_SOURCE.pack(self._timestamp, self._ssrc) + pictures.continuation
        unpack, behind_numbers, body = _FRAME.unpack_from, _FRAME.size, _FRAME.size + len(same)
        plain, sequence, begin, end = _VERSION << 8 | self._payload_type, self._next, position, len(data)
        parts = []
        while position + body < end:
            dollar, found, size, typed, number = unpack(data, position)
            start, stop = position + body, position + 4 + size
            if number != sequence or typed != plain or found != channel or dollar != _DOLLAR:
                break
            if not start < stop <= end or not data.startswith(same, position + behind_numbers):
                break
            parts.append(view[start:stop])
            sequence, position = (sequence + 1) & 0xFFFF, stop
        if parts:
            self._next = sequence
            self.packets += len(parts)
            self._counters.packets += len(parts)
            self._counters.bytes += position - begin - 4 * len(parts)
            pictures.go_on(parts)
        return position

    def take_report(self, data: bytes, view: memoryview, start: int, end: int, now_ns: int) -> None:
        """Take one RTCP packet; what makes no sense is passed over."""
        self._counters.reports += 1
        try:
            reports, ended = rtcp.decode_sender_packets(bytes(view[start:end]))
        except ValueError:
            self._counters.discarded += 1
            return
        for report in reports:
            if report.ssrc == self._ssrc:
                self._sender_report = (report.ntp >> 16 & 0xFFFFFFFF, now_ns)
                self._source.report(self.clock, report.ntp, report.rtp_timestamp)
        self.ended = self.ended or self._ssrc in ended

    def report(self, now_ns: int) -> bytes:
        """A receiver report: what was received and lost since the last one."""
        if self._ssrc < 0:
            return rtcp.encode_receiver_report(ssrc=self._own_ssrc, block=None, cname=rtcp.CNAME)
        self._highest += (self._next - self._highest) & 0xFFFF
        expected, received = self._highest - self._first, self.packets - self._packets_before
        lost_now = (expected - self._reported[0]) - (received - self._reported[1])
        expected_now = expected - self._reported[0]
        self._reported = expected, received
        middle, since_ns = self._sender_report or (0, now_ns)
        block = rtcp.ReportBlock(
            ssrc=self._ssrc,
            lost_fraction=min(255, (lost_now << 8) // expected_now) if lost_now > 0 and expected_now > 0 else 0,
            lost=expected - received,
            highest_sequence=self._highest - 1,
            jitter=self.clock.jitter_ns * self.clock.clock_hz // 1_000_000_000,
            last_report=middle,
            report_age=(now_ns - since_ns << 16) // 1_000_000_000,
        )
        return rtcp.encode_receiver_report(ssrc=self._own_ssrc, block=block, cname=rtcp.CNAME)

    def request_key_frame(self, now_ns: int) -> bytes | None:
        """The packet that asks for a key frame; None where one was asked for within the last second."""
        if self._ssrc < 0 or (self._asked_ns is not None and now_ns - self._asked_ns < KEY_FRAME_REQUEST_NS):
            return None
        self._asked_ns = now_ns
        return rtcp.encode_picture_loss(ssrc=self._own_ssrc, media_ssrc=self._ssrc, cname=rtcp.CNAME)

    def _is_late(self, sequence: int, ssrc: int) -> bool:
        return ssrc == self._ssrc and (self._next - sequence - 1) & 0xFFFF < MAX_MISORDER

    def _jump(self, sequence: int, ssrc: int) -> bool:
        """Go on elsewhere than expected; whether something before it was missing."""
        missing = (sequence - self._next) & 0xFFFF
        if ssrc == self._ssrc and missing <= MAX_DROPOUT:
            self._counters.lost += missing
            self.holes += 1
            return True
        # Another source, or the same begins anew: how much is missing nobody knows.
        first, self._ssrc = self._ssrc < 0, ssrc
        self.clock.restart()
        self._begin_reports(sequence)
        self._sender_report, self.ended = None, False
        self.holes += not first
        return not first

    def _begin_reports(self, sequence: int) -> None:
        self._first = self._highest = sequence
        self._packets_before = self.packets
        self._reported = (0, 0)


def _payload(data: bytes, flags: int, body: int, end: int) -> tuple[int, int]:
    """Where the payload begins and ends: without contributing sources, header extension and padding."""
    body += 4 * (flags & 0x0F)
    if flags & _EXTENSION:
        body += 4 + 4 * int.from_bytes(data[body + 2 : body + 4], "big")
    if flags & _PADDING and end > body:
        end -= data[end - 1]
    return (body, end) if body <= end else (end, end)
