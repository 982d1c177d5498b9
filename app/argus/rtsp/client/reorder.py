"""Datagrams back in their order, as far as that takes little time and memory."""

from __future__ import annotations

from collections.abc import Callable

from argus.rtsp.client.demultiplexer import TakePacket
from argus.rtsp.client.media import ClientCounters

# A packet that is still missing after this long is lost. Networks that mix up packets do it within some milliseconds.
LONGEST_WAIT_NS = 150_000_000
MAX_PACKETS = 512
MAX_BYTES = 1 << 20
HEADER_BYTES = 12
# An older packet is late; many, each following the other and none from ahead among them, are a sender that began anew.
_HALF = 1 << 15
_RESTART_AFTER = 8


class ReorderBuffer:
    """Hands datagrams to `take` in the order of their sequence numbers; what never comes is left out.

    Whoever takes them sees by the numbers what is missing.
    """

    def __init__(self, take: TakePacket, counters: ClientCounters, mono_ns: Callable[[], int]) -> None:
        self._take = take
        self._mono_ns = mono_ns
        self._counters = counters
        self._next: int | None = None
        self._ssrc = b""
        self._held: dict[int, tuple[bytes, int]] = {}  # with their arrival, in the order of which they stand here
        self._held_bytes = 0
        self._late_next, self._late_run = -1, 0
        self._late_at: int | None = None  # what was expected when the latest of them came

    def arrive(self, data: bytes) -> None:
        """Take one datagram as it came."""
        if len(data) < HEADER_BYTES:
            self._counters.discarded += 1
            return
        sequence = data[2] << 8 | data[3]
        if sequence != self._next or data[8:12] != self._ssrc:
            self._arrive_astray(data, sequence)
            return
        self._next = (sequence + 1) & 0xFFFF
        self._take(data, memoryview(data), 0, len(data))
        if self._held:
            self._counters.reordered += 1
            self._drain()

    def expire(self) -> None:
        """Wait no longer for what is missing before packets that came too long ago."""
        now_ns = self._mono_ns() if self._held else 0
        while self._held and (
            len(self._held) > MAX_PACKETS
            or self._held_bytes > MAX_BYTES
            or now_ns - next(iter(self._held.values()))[1] > LONGEST_WAIT_NS
        ):
            self._skip()

    def _arrive_astray(self, data: bytes, sequence: int) -> None:
        if self._next is None or data[8:12] != self._ssrc:
            self._begin(data, sequence)
            return
        if (sequence - self._next) & 0xFFFF >= _HALF:
            self._arrive_late(data, sequence)
        elif sequence in self._held:
            self._counters.discarded += 1
        else:
            self._held[sequence] = data, self._mono_ns()
            self._held_bytes += len(data)
            self.expire()

    def _arrive_late(self, data: bytes, sequence: int) -> None:
        follows = sequence == self._late_next and self._next == self._late_at
        self._late_run = self._late_run + 1 if follows else 1
        self._late_next, self._late_at = (sequence + 1) & 0xFFFF, self._next
        if self._late_run >= _RESTART_AFTER:
            self._begin(data, sequence)
        else:
            self._counters.discarded += 1

    def _begin(self, data: bytes, sequence: int) -> None:
        """Another stream begins; what is left of the one before comes first."""
        while self._held:
            self._skip()
        self._ssrc, self._next, self._late_run = data[8:12], (sequence + 1) & 0xFFFF, 0
        self._take(data, memoryview(data), 0, len(data))

    def _skip(self) -> None:
        """Go on with the first packet that is there."""
        first = self._next or 0
        self._next = min(self._held, key=lambda sequence: (sequence - first) & 0xFFFF)
        self._drain()

    def _drain(self) -> None:
        sequence = self._next or 0
        while (held := self._held.pop(sequence, None)) is not None:
            self._held_bytes -= len(held[0])
            sequence = (sequence + 1) & 0xFFFF
            self._next = sequence
            self._take(held[0], memoryview(held[0]), 0, len(held[0]))
