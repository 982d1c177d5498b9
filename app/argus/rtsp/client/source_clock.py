"""When what arrives was captured, on the station's own clock.

Cameras with wrong clocks are common, and footage has to lie where its owner looks for it: at the time of this station.
So the sender's clock is used for what it can be trusted with, which is differences. Each medium is placed by its RTP
times and the *least* delay with which its packets arrive: queues on the way only ever add delay, the smallest of many
is nearly constant, and what lies between two packets comes from the sender's crystal, not from the network's mood.
Sender reports tell how the media of one source lie to each other; by them every medium is moved to the one that
arrives with the least delay, as far as that is believable.

Spec: RFC 3550 § SR: Sender Report RTCP Packet.
"""

from __future__ import annotations

from collections import deque

from argus.base.units import ntp_to_utc_us

# The least delay is sought over this long, piece by piece: long enough to meet a quiet moment of the network, short
# enough that two crystals 100 ppm apart drift by 2 ms only.
PIECE_NS = 2_000_000_000
PIECES = 10
# How fast a medium is moved to where it belongs: 20 ms in a second.
SLEW = 50
# A longer way is made at once: it is no drift but another beginning.
LONGEST_SLEW_NS = 3_000_000_000
# RTP times that step back by more begin anew; pictures out of order (B) step back by some tenths of a second.
BACKWARD_NS = 2_000_000_000
# Media of one source that lie further apart by the sender's reports than by their arrival are left where they are.
BELIEVED_NS = 2_000_000_000
# A report speaks of the present.
REPORT_NEAR_NS = 10_000_000_000

_HALF = 1 << 31
_WRAP = (1 << 32) - 1


class MediaClock:
    """Places the units of one medium on CLOCK_MONOTONIC; `capture_ns` never lies behind the arrival."""

    def __init__(self, clock_hz: int) -> None:
        self.clock_hz = clock_hz
        self.correction_ns = 0
        # monotonic time minus the sender's wall time, at the least delay; None without a believable report
        self.sender_offset_ns: int | None = None
        self._delay_ns = 0
        self.jitter_ns = 0
        self._timestamp = 0
        self._anew = True
        self._fresh = True
        self._position = 0  # RTP time without its wrap
        self._offset_ns = 0
        self._floor_ns = 0
        self._pieces: deque[tuple[int, int]] = deque(maxlen=PIECES)
        self._moved_ns = 0

    def restart(self) -> None:
        """The sender begins anew: nothing known about its times holds for what comes next."""
        self._anew = True
        self.sender_offset_ns = None
        self.correction_ns = 0

    def arrive(self, rtp_timestamp: int, now_ns: int) -> int:
        """A unit with this RTP time is complete now; returns when it was captured, as far as is known now."""
        if self._anew:
            self._begin(rtp_timestamp)
        step = ((rtp_timestamp - self._timestamp + _HALF) & _WRAP) - _HALF
        if step < 0 and -self._rtp_ns(step) > BACKWARD_NS:
            self._begin(rtp_timestamp)
            step = 0
        self._timestamp = rtp_timestamp & _WRAP
        self._position += step
        rtp_ns = self._rtp_ns(self._position)
        delay_ns = now_ns - rtp_ns
        self._learn(delay_ns, now_ns)
        if self._fresh:
            self._fresh = False
            self._offset_ns, self._delay_ns = self._floor_ns + self.correction_ns, delay_ns
        self.jitter_ns += (abs(delay_ns - self._delay_ns) - self.jitter_ns) // 16
        self._delay_ns = delay_ns
        self._move(now_ns)
        if self._offset_ns > delay_ns:
            self._offset_ns = delay_ns
        return rtp_ns + self._offset_ns

    def capture_ns(self, rtp_timestamp: int) -> int:
        """The monotonic time of an RTP time near to the latest."""
        return self._rtp_ns(self._near(rtp_timestamp)) + self._offset_ns

    def settle(self) -> None:
        """Be at once where the next seconds would lead."""
        self._offset_ns = self._floor_ns + self.correction_ns

    def report(self, ntp: int, rtp_timestamp: int) -> None:
        """The sender's wall time at an RTP time; passed over where it makes no sense."""
        if self._anew or ntp == 0:
            return
        position = self._near(rtp_timestamp)
        if abs(self._rtp_ns(position - self._position)) <= REPORT_NEAR_NS:
            self.sender_offset_ns = self._rtp_ns(position) + self._floor_ns - ntp_to_utc_us(ntp) * 1_000

    def _rtp_ns(self, position: int) -> int:
        return position * 1_000_000_000 // self.clock_hz

    def _near(self, rtp_timestamp: int) -> int:
        return self._position + ((rtp_timestamp - self._timestamp + _HALF) & _WRAP) - _HALF

    def _begin(self, rtp_timestamp: int) -> None:
        self.restart()
        self._anew = False
        self._timestamp = self._position = rtp_timestamp & _WRAP
        self._pieces.clear()
        self._fresh = True

    def _learn(self, delay_ns: int, now_ns: int) -> None:
        piece = now_ns // PIECE_NS
        if not self._pieces or self._pieces[-1][0] != piece:
            self._pieces.append((piece, delay_ns))
        elif delay_ns < self._pieces[-1][1]:
            self._pieces[-1] = (piece, delay_ns)
        else:
            return
        self._floor_ns = min(least_ns for _, least_ns in self._pieces)

    def _move(self, now_ns: int) -> None:
        way_ns = self._floor_ns + self.correction_ns - self._offset_ns
        passed_ns, self._moved_ns = now_ns - self._moved_ns, now_ns
        if way_ns and way_ns <= LONGEST_SLEW_NS:
            step_ns = max(0, passed_ns) // SLEW
            way_ns = max(-step_ns, min(step_ns, way_ns))
        self._offset_ns += way_ns


class SourceClock:
    """Keeps the media of one source in step."""

    def __init__(self) -> None:
        self._media: list[MediaClock] = []

    def add(self, clock_hz: int) -> MediaClock:
        """The clock of one more medium."""
        clock = MediaClock(clock_hz)
        self._media.append(clock)
        return clock

    def report(self, clock: MediaClock, ntp: int, rtp_timestamp: int) -> None:
        """Take a sender report about one medium, and move all to the one with the least delay."""
        clock.report(ntp, rtp_timestamp)
        offsets_ns = [one.sender_offset_ns for one in self._media if one.sender_offset_ns is not None]
        for one in self._media:
            if one.sender_offset_ns is not None:
                apart_ns = min(offsets_ns) - one.sender_offset_ns
                one.correction_ns = apart_ns if apart_ns >= -BELIEVED_NS else 0
