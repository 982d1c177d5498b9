"""What a volume holds after a power cut, held against the ledger of the recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.power.cameras import FPS, Camera, Deletion, Ledger, number_of
from tests.power.cut import Cut

from argus.base.access_unit import AccessUnit
from argus.base.clock import SystemClock
from argus.base.errors import ArgusError
from argus.store.ring.check import check
from argus.store.ring.ring import Ring, RingConfig


@dataclass(slots=True)
class Verdict:
    """One cut: how much footage is lost, what was torn by right, what is damaged, which promises are broken."""

    cut: Cut
    in_doubt: int
    loss_s: float = 0.0
    frames: int = 0
    torn: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def give_up(self, why: str, ledger: Ledger) -> None:
        """Nothing can be read: all of the footage is lost."""
        self.broken.append(why)
        self.loss_s = (self.cut.mono_ns - ledger.began_ns) / 1e9


async def judge(volume: Path, config: RingConfig, ledger: Ledger, verdict: Verdict) -> Verdict:
    """Check the volume as the cut left it, open it as the station does, read everything, and check it again."""
    try:
        for problem in check(volume).problems:
            (verdict.torn if _is_torn_tail(problem, verdict) else verdict.damage).append(problem)
        told: list[Deletion] = []
        ring = Ring.open(volume, config, SystemClock(), lambda *range_: told.append(Deletion(0, *range_)))
        try:
            ring.tick()
            for camera in ledger.cameras:
                await _judge_track(ring, camera, ledger, told, verdict)
            if ring.health().damaged > len(verdict.torn):
                verdict.damage.append(f"the ring found {ring.health().damaged} damaged places")
        finally:
            ring.close()
        verdict.damage += [f"after recovery: {problem}" for problem in check(volume).problems]
    except (ArgusError, OSError) as error:
        verdict.give_up(f"the store is unusable: {error!r}", ledger)
    return verdict


def _is_torn_tail(problem: str, verdict: Verdict) -> bool:
    """A snapshot that was being written when the power went is torn by right."""
    return verdict.in_doubt > 0 and problem.startswith("snapshot slots torn")


async def _judge_track(ring: Ring, camera: Camera, ledger: Ledger, told: list[Deletion], verdict: Verdict) -> None:
    track_id, cut_ns = camera.track_id, verdict.cut.mono_ns
    before = [d for d in ledger.deletions if d.track_id == track_id and d.mono_ns <= cut_ns]
    after = [d for d in told if d.track_id == track_id]
    deleted_us = _judge_announcements(before, after, verdict)
    units = await _read(ring, track_id)
    verdict.frames += len(units)
    numbers = [_number(track_id, unit, ledger, verdict) for unit in units]
    if any(now != last + 1 for last, now in pairwise(numbers)):
        verdict.broken.append(f"track {track_id}: frames are missing inside or out of order")
    promised = [p.utc_us for p in ledger.promises if p.track_id == track_id and p.mono_ns <= cut_ns]
    newest_us = units[-1].utc_us if units else ledger.time_us(0)
    if promised and newest_us < max(promised):
        verdict.broken.append(f"track {track_id}: {(max(promised) - newest_us) / 1e6:.2f} s that were durable are lost")
    told_before_us = max((d.end_us for d in before), default=0)
    if units and units[0].utc_us < told_before_us:
        verdict.broken.append(f"track {track_id}: footage is served that was told as deleted")
    if units and units[0].utc_us > ledger.time_us(_first_key(ledger, deleted_us)):
        verdict.broken.append(f"track {track_id}: the oldest footage is lost, and nothing told of it")
    verdict.loss_s = max(verdict.loss_s, (ledger.moment_us(cut_ns) - newest_us) / 1e6)


def _judge_announcements(before: list[Deletion], after: list[Deletion], verdict: Verdict) -> int:
    """Ranges follow each other without holes; again after a crash is allowed. Returns where the last one ends."""
    end_us = 0
    for number, deletion in enumerate([*before, *after]):
        again = number >= len(before) and deletion.start_us < end_us
        if end_us and deletion.start_us != end_us and not again:
            verdict.broken.append(
                f"track {deletion.track_id}: a deletion at {deletion.start_us} follows one to {end_us}"
            )
        if deletion.end_us <= deletion.start_us:
            verdict.broken.append(f"track {deletion.track_id}: a deletion of nothing at {deletion.start_us}")
        end_us = max(end_us, deletion.end_us)
    return end_us


async def _read(ring: Ring, track_id: int) -> list[AccessUnit]:
    units: list[AccessUnit] = []
    gop = await ring.gop_at(track_id, 0, forward=True)
    while gop is not None:
        units += gop.units
        gop = await ring.gop_after(gop)
    return units


def _number(track_id: int, unit: AccessUnit, ledger: Ledger, verdict: Verdict) -> int:
    """The number of a frame, -9 where its bytes or its time are not what was recorded."""
    number = number_of(track_id, unit.data)
    if number is None:
        verdict.broken.append(f"track {track_id}: wrong bytes at {unit.utc_us}")
    elif unit.utc_us != ledger.time_us(number) or unit.key_frame != (number % FPS == 0):
        verdict.broken.append(f"track {track_id}: frame {number} at a time of another")
    return -9 if number is None else number


def _first_key(ledger: Ledger, from_us: int) -> int:
    """The first key frame at or after a time."""
    number = 0
    while ledger.time_us(number) < from_us:
        number += FPS
    return number
