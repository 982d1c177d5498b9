"""Units on their last step: placed in time and handed to the sink."""

from __future__ import annotations

from collections.abc import Sequence

from argus.base.access_unit import AccessUnit
from argus.base.clock import Clock
from argus.media.capture_clock import CaptureClock
from argus.rtsp.client.inlet import Inlet
from argus.rtsp.client.media import ClientCounters, ReceivedMedia, Sink
from argus.rtsp.depacketize import CodedUnit

# Devices begin with what they had kept since the last key frame, all at once. After this long it is known with how
# little delay their packets come, and the first units lie as far apart as they were captured.
SETTLE_NS = 300_000_000
# What comes first was captured no longer before.
KEPT_BY_DEVICE_NS = 30_000_000_000
MAX_HELD_BYTES = 8 << 20
MAX_HELD_UNITS = 1_024
_US_NS = 1_000
# A wall clock that steps back further was set; less is its discipline.
_SET_BACK_US = 100_000


# A unit with the time of its arrival.
Held = tuple[Inlet, CodedUnit, int]


class Delivery:
    """Gives every unit its capture time. Nothing is delivered before `open`, and nothing in the first moments, while
    the delay of the network is being learnt."""

    def __init__(self, clock: Clock, sink: Sink, counters: ClientCounters) -> None:
        self._clock = clock
        self._wall = CaptureClock(clock)
        self._sink = sink
        self._counters = counters
        self._open = False
        self._held: list[Held] | None = []
        self._held_bytes = 0
        self._first_ns = 0

    def open(self, media: tuple[ReceivedMedia, ...]) -> None:
        """The device plays."""
        self._sink.opened(media)
        self._open = True

    def take(self, inlet: Inlet, units: Sequence[CodedUnit]) -> None:
        """Take units that are complete now."""
        now_ns = self._clock.mono_ns()
        for unit in units:
            captured_ns = inlet.clock.arrive(unit.rtp_timestamp, now_ns)
            if self._held is None:
                self._deliver(inlet, unit, captured_ns)
            else:
                self._hold(self._held, inlet, unit, now_ns)

    def tick(self) -> None:
        """Called some times a second."""
        self._wall.correct()
        if self._held and self._open and self._clock.mono_ns() - self._first_ns >= SETTLE_NS:
            self._release(self._held)

    def _hold(self, held: list[Held], inlet: Inlet, unit: CodedUnit, now_ns: int) -> None:
        if not held:
            self._first_ns = now_ns
        full = len(held) >= MAX_HELD_UNITS or self._held_bytes + len(unit.data) > MAX_HELD_BYTES
        if not full or self._open:
            held.append((inlet, unit, now_ns))
            self._held_bytes += len(unit.data)
        if self._open and (full or now_ns - self._first_ns >= SETTLE_NS):
            self._release(held)

    def _release(self, held: list[Held]) -> None:
        self._held = None
        for inlet in {inlet for inlet, _, _ in held}:
            inlet.clock.settle()
        for inlet, unit, arrived_ns in held:
            captured_ns = inlet.clock.capture_ns(unit.rtp_timestamp)
            if not 0 <= arrived_ns - captured_ns <= KEPT_BY_DEVICE_NS:
                # The sender's time jumped while its delay was being learnt.
                captured_ns = arrived_ns
            self._deliver(inlet, unit, captured_ns)
        held.clear()

    def _deliver(self, inlet: Inlet, unit: CodedUnit, captured_ns: int) -> None:
        mono_ns = max(captured_ns, inlet.last_ns + _US_NS)
        utc_us = self._wall.utc_us(mono_ns)
        if inlet.last_us - _SET_BACK_US < utc_us <= inlet.last_us:
            utc_us = inlet.last_us + 1
        inlet.last_ns, inlet.last_us = mono_ns, utc_us
        self._counters.units += 1
        self._counters.unit_bytes += len(unit.data)
        self._sink.take(
            inlet.media,
            AccessUnit(format=unit.format, data=unit.data, key_frame=unit.key_frame, utc_us=utc_us, mono_ns=mono_ns),
        )
