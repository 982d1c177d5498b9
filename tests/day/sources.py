"""Sources whose every unit can be computed again from its number, so that nothing of a day has to be remembered."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from argus.base.access_unit import AccessUnit, Codec, MediaKind, StreamFormat
from argus.base.units import US_PER_S

GAP_US = 2 * US_PER_S
_HEAD = struct.Struct("<IQqq")
_FILLER = Random(7).randbytes(1 << 16)
VIDEO = StreamFormat(codec=Codec.H264, width=640, height=360, frame_rate=2.0, parameter_sets=(b"\x67sps", b"\x68pps"))
AUDIO = StreamFormat(codec=Codec.PCMU, clock_hz=8000)
METADATA = StreamFormat(codec=Codec.METADATA)


@dataclass(slots=True, kw_only=True)
class Source:
    """One track's source.

    Unit number n has the time `anchor + (n - first) * interval` and up to a millisecond more, where `first` and
    `anchor` are those of the newest anchor up to n.
    """

    track_id: int
    format: StreamFormat
    interval_us: int
    gop_units: int
    retention_us: int
    # It records for `active_s` of every `period_s`, as if something moved.
    period_s: int = 1
    active_s: int = 1
    size_bytes: int = 150
    number: int = 0
    last_us: int | None = None
    last_mono_ns: int = 0
    anchors: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def gop_us(self) -> int:
        return self.gop_units * self.interval_us

    @property
    def is_video(self) -> bool:
        return self.format.codec.kind is MediaKind.VIDEO

    def is_active(self, second: int) -> bool:
        return second % self.period_s < self.active_s

    def start(self, utc_us: int, mono_ns: int) -> None:
        """The next unit is the first of a GOP and comes now."""
        self.anchors.append((self.number, utc_us, mono_ns))

    def film(self, until_us: int) -> Iterator[AccessUnit]:
        """Units with times before `until_us`."""
        while self.time_of(self.number)[0] < until_us:
            utc_us, mono_ns = self.time_of(self.number)
            yield AccessUnit(
                format=self.format,
                data=self.data_of(self.number, self.size_bytes),
                key_frame=self.is_key(self.number),
                utc_us=utc_us,
                mono_ns=mono_ns,
            )
            self.last_us, self.last_mono_ns = utc_us, mono_ns
            self.number += 1

    def is_gap(self, utc_us: int) -> bool:
        """Whether a unit of that time would start a new span."""
        if self.last_us is None:
            return True
        if self.format is METADATA:
            # Silence is no gap, but a step of the clock is.
            waited_us = (self.time_of(self.number)[1] - self.last_mono_ns) // 1000
            return not 0 <= utc_us - self.last_us <= waited_us + GAP_US
        intervals_us = int(2 * US_PER_S / self.format.frame_rate) if self.format.frame_rate else 0
        return not 0 <= utc_us - self.last_us <= GAP_US + intervals_us

    def time_of(self, number: int) -> tuple[int, int]:
        """The wall and monotonic time of a unit."""
        first, utc_us, mono_ns = self._anchor(number)
        passed_us = (number - first) * self.interval_us + (number * 7919 % 1000 if number > first else 0)
        return utc_us + passed_us, mono_ns + passed_us * 1000 + number * 31 % 1000 - 500

    def is_key(self, number: int) -> bool:
        return (number - self._anchor(number)[0]) % self.gop_units == 0

    def data_of(self, number: int, size_bytes: int) -> bytes:
        """What the unit contains: who it is, and bytes that are those of no other."""
        begin = (number * 131 + self.track_id * 977) % (len(_FILLER) - size_bytes)
        return _HEAD.pack(self.track_id, number, *self.time_of(number)) + _FILLER[begin : begin + size_bytes]

    def number_of(self, unit: AccessUnit) -> int:
        """Which of the units it is; an assertion fails where a single bit of it is another's."""
        track_id, number, utc_us, mono_ns = _HEAD.unpack_from(unit.data)
        told = f"track {self.track_id}, unit {number} at {unit.utc_us}"
        assert track_id == self.track_id, told
        assert (unit.utc_us, unit.mono_ns) == (utc_us, mono_ns) == self.time_of(number), told
        assert unit.data == self.data_of(number, len(unit.data) - _HEAD.size), told
        assert unit.key_frame == self.is_key(number), told
        assert unit.format == self.format, told
        return int(number)

    def forget_before(self, number: int) -> None:
        """Units before that one are asked for no more."""
        del self.anchors[: max(0, bisect_right(self.anchors, number, key=lambda anchor: anchor[0]) - 1)]

    def _anchor(self, number: int) -> tuple[int, int, int]:
        if number >= self.anchors[-1][0]:
            return self.anchors[-1]
        place = bisect_right(self.anchors, number, key=lambda anchor: anchor[0]) - 1
        assert place >= 0, f"track {self.track_id}: unit {number} was deleted long ago"
        return self.anchors[place]
