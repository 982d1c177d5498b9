"""What a ring must hold, as nothing but lists: what was sent, what was promised, what was told as deleted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from argus.base.access_unit import AccessUnit, MediaKind
from argus.base.units import US_PER_S
from argus.store.ring.span import Gop, Span

GAP_US = 2 * US_PER_S


@dataclass(frozen=True, slots=True)
class Sent:
    """A unit given to the ring, the span it belongs to, and the time of the clean point it is decoded from."""

    unit: AccessUnit
    span: int
    key_us: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What is older than `surely_us` must not be served, what is not older than `perhaps_us` must be.

    They differ after the clock went back: a ring may go by the later time it knows of.
    """

    surely_us: int
    perhaps_us: int


@dataclass(slots=True)
class PlainTrack:
    """One track. Units up to number `durable` were promised to be there; the others may come to be."""

    sent: list[Sent] = field(default_factory=list)
    durable: int = 0
    ended: bool = True
    spans: int = 0
    went_back: bool = False
    forgotten: bool = False
    told: list[tuple[int, int]] = field(default_factory=list)
    may_be_gone: set[int] = field(default_factory=set)
    must_be_gone: set[int] = field(default_factory=set)
    numbers: dict[tuple[int, bytes], int] = field(default_factory=dict)
    never_promised: set[tuple[int, bytes]] = field(default_factory=set)
    times: set[int] = field(default_factory=set)
    # With protection and quotas older footage may stay while younger footage goes.
    scattered: bool = False
    # Something on the medium was destroyed: footage may be missing, but nothing else may be wrong.
    damaged: bool = False

    # -- what happens -------------------------------------------------------------------------------------------

    def begins_span(self, unit: AccessUnit) -> bool:
        """Whether the unit would start a span, and so has to be a clean point."""
        return self.ended or not self.sent or is_gap(self.sent[-1].unit, unit)

    def send(self, unit: AccessUnit) -> None:
        last = self.sent[-1] if self.sent else None
        if self.begins_span(unit):
            assert unit.key_frame
            self.spans += 1
        self.ended = False
        self.went_back = self.went_back or (last is not None and unit.utc_us < last.unit.utc_us)
        key_us = unit.utc_us if unit.key_frame or last is None else last.key_us
        if not unit.key_frame and any(start_us <= key_us < end_us for start_us, end_us in self.told):
            # The picture it is decoded from went already: nearly all of the volume is protected.
            self.may_be_gone.add(len(self.sent))
        self.numbers[unit.utc_us, unit.data] = len(self.sent)
        self.times.add(unit.utc_us)
        self.sent.append(Sent(unit, self.spans, key_us))

    def tell(self, start_us: int, end_us: int) -> None:
        """The ring said that a range is gone. It must follow the ranges before it.

        After a crash a range may be told again. Where the clock went back, footage does not go in order of time.
        """
        assert start_us < end_us, f"an empty deletion at {start_us}"
        if (start_us, end_us) not in self.told and not (self.went_back or self.damaged):
            self._judge_tiling(start_us, end_us)
        self.told.append((start_us, end_us))
        for number, entry in enumerate(self.sent):
            if start_us <= entry.unit.utc_us and entry.key_us < end_us:
                self.may_be_gone.add(number)
                if number < self.durable and entry.unit.utc_us < end_us:
                    self.must_be_gone.add(number)

    def _judge_tiling(self, start_us: int, end_us: int) -> None:
        until_us = max((end_us for _, end_us in self.told), default=None)
        if until_us is None:
            # What survived a crash without having been promised may have expired before anybody saw it.
            first_us = min((entry.unit.utc_us for entry in self.sent[: self.durable]), default=start_us)
            # Behind footage that is protected, a range begins right after its last unit.
            known = start_us in self.times or (self.scattered and start_us - 1 in self.times)
            assert known, f"nothing was recorded at {start_us}"
            assert start_us <= first_us or self.scattered, f"{start_us} is behind {first_us}, where footage begins"
        elif start_us != until_us:
            between = range(min(start_us, until_us), min(max(start_us, until_us), end_us))
            passed_over = any(
                entry.unit.utc_us in between and number not in self.may_be_gone
                for number, entry in enumerate(self.sent[: self.durable])
            )
            may = self.scattered and passed_over
            assert may, f"{start_us - until_us} us between {self.told} and {(start_us, end_us)}"

    def crash(self, served: Sequence[AccessUnit]) -> None:
        """What is served now is all there is of what was not promised."""
        known = (self.numbers.get((unit.utc_us, unit.data)) for unit in served)
        survived = [number + 1 for number in known if number is not None]
        count = max([self.durable, *survived])
        for entry in self.sent[count:]:
            del self.numbers[entry.unit.utc_us, entry.unit.data]
            self.never_promised.add((entry.unit.utc_us, entry.unit.data))
        del self.sent[count:]
        self.may_be_gone = {number for number in self.may_be_gone if number < count}
        self.durable, self.ended = count, True

    # -- what must hold -----------------------------------------------------------------------------------------

    def judge(self, gops: Sequence[Gop], backwards: Sequence[Gop], spans: Sequence[Span], limits: Limits) -> None:
        units = [unit for gop in gops for unit in gop.units]
        back = [unit for gop in reversed(backwards) for unit in gop.units]
        assert self.damaged or back == units, "it reads otherwise from its end"
        assert all(gop.units[0].key_frame and gop.start_us == gop.units[0].utc_us for gop in gops)
        served = self._served(units)
        masks = self._masks()
        for number in range(len(self.sent)):
            if number in served:
                self._judge_served(number, limits, masks)
            elif number < self.durable and not self.damaged:
                self._judge_missing(number, limits, masks)
        if not self.damaged:
            self._judge_spans([unit.utc_us for unit in units], spans)

    def _served(self, units: Sequence[AccessUnit]) -> set[int]:
        """The numbers of what is served; none twice, none out of order, none with a bit that is not its own."""
        served: set[int] = set()
        unpromised = 0
        for before, after in pairwise(units):
            assert before.utc_us <= after.utc_us, f"{after.utc_us} comes behind {before.utc_us}"
        for unit in units:
            number = self.numbers.get((unit.utc_us, unit.data))
            if number is None and (unit.utc_us, unit.data) in self.never_promised:
                # It was hidden when the ring was opened and its clock was set back since; or a refused tick left it in
                # a segment that was given up, and the snapshots that know of that are lost.
                unpromised += 1
                continue
            assert number is not None, f"{unit.utc_us} was never sent so"
            assert self.sent[number].unit == unit, f"{unit} was sent as {self.sent[number].unit}"
            served.add(number)
        assert len(served) + unpromised == len(units), "a unit is served twice"
        return served

    def _masks(self) -> list[tuple[int, int, int]]:
        """Number, first and last time of the durable spans; none if time never went back."""
        found: dict[int, tuple[int, int]] = {}
        for entry in self.sent[: self.durable] if self.went_back else ():
            first_us, _ = found.get(entry.span, (entry.unit.utc_us, 0))
            found[entry.span] = first_us, entry.unit.utc_us
        return [(span, *times) for span, times in found.items()]

    def _judge_served(self, number: int, limits: Limits, masks: list[tuple[int, int, int]]) -> None:
        entry = self.sent[number]
        utc_us = entry.unit.utc_us
        assert not self.forgotten, "a forgotten track is served"
        assert number < self.durable, f"{utc_us} is served and not durable"
        assert number not in self.must_be_gone, f"{utc_us} was told as deleted"
        assert utc_us >= limits.surely_us, f"{utc_us} is {limits.surely_us - utc_us} us too old"
        over = [span for span, first_us, last_us in masks if span > entry.span and first_us <= utc_us <= last_us]
        assert not over, f"{utc_us} is served though newer footage covers it"

    def _judge_missing(self, number: int, limits: Limits, masks: list[tuple[int, int, int]]) -> None:
        entry = self.sent[number]
        first_us, last_us = entry.key_us, entry.unit.utc_us
        if self.forgotten or number in self.may_be_gone or first_us < limits.perhaps_us:
            return
        over = (span > entry.span and start <= last_us and first_us <= end for span, start, end in masks)
        assert any(over), f"unit {number} at {last_us} is lost; told were {self.told}"

    def _judge_spans(self, times: list[int], spans: Sequence[Span]) -> None:
        """Spans hold all that can be read and nothing besides, and do not touch."""
        is_video = bool(self.sent) and self.sent[0].unit.format.codec.kind is MediaKind.VIDEO
        inside = 0
        for before, after in pairwise(spans):
            assert before.end_us < after.start_us, f"{before} and {after} overlap"
        for span in spans:
            first, behind = bisect_left(times, span.start_us), bisect_right(times, span.end_us)
            inside += behind - first
            # What a step of the clock left of a chunk may be told where there is no unit of it.
            if first < behind and is_video and not self.went_back:
                assert times[first] == span.start_us, f"no unit at the start of {span}"
                assert times[behind - 1] == span.end_us, f"no unit at the end of {span}"
            assert first < behind or self.went_back, f"nothing can be read in {span}"
        assert inside == len(times), f"footage lies outside of {spans}"


def is_gap(last: AccessUnit, unit: AccessUnit) -> bool:
    """Whether time went backwards, or further forwards than the stream explains."""
    passed_us = unit.utc_us - last.utc_us
    if unit.format.codec.kind is MediaKind.METADATA:
        # However long it was silent, as long as that was not the clock.
        return not 0 <= passed_us <= (unit.mono_ns - last.mono_ns) // 1000 + GAP_US
    interval_us = int(US_PER_S / unit.format.frame_rate) if unit.format.frame_rate > 0 else 0
    return not 0 <= passed_us <= GAP_US + 2 * interval_us
