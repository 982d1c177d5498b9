"""Reclaim: which segments are given up next, for lack of space or for a quota, and which must stay."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import ceil

from argus.base.errors import Unavailable
from argus.store.ring.eviction import evictions
from argus.store.ring.index import Index
from argus.store.ring.lanes import TrackPolicy, alone
from argus.store.ring.records import MAX_LANES
from argus.store.ring.rows import Rows
from argus.store.ring.run import EARLIEST_US, NEVER_US, Run
from argus.store.ring.segments import track_bit
from argus.store.ring.span import Deletion
from argus.store.ring.volume import Geometry


class Protection:
    """Footage that is not given up for lack of space, or for a quota, until `release`. Retention goes on."""

    def __init__(
        self, tracks: frozenset[int], start_us: int, end_us: int, release: Callable[[Protection], None]
    ) -> None:
        self.tracks = tracks
        self.start_us = start_us
        self.end_us = end_us
        self._release = release

    def release(self) -> None:
        """Give it free; may be called twice."""
        self._release(self)


@dataclass(frozen=True, slots=True)
class Quota:
    """The most bytes a recording may hold. `lane` is the one that it has for itself, None if it shares."""

    limit_bytes: int
    tracks: frozenset[int]
    lane: int | None


class Reclaim:
    """Decides. `victims`, `give_up` and `exceeded` belong to the writer's thread, the rest to any."""

    def __init__(self, index: Index, rows: Rows, geometry: Geometry) -> None:
        self._index = index
        self._rows = rows
        self._geometry = geometry
        self._lock = threading.Lock()
        self._protections: set[Protection] = set()
        self._quotas: Mapping[str, Quota] = {}
        self._seen = 0

    # -- protection ---------------------------------------------------------------------------------------------

    def protect(self, tracks: Collection[int], start_us: int, end_us: int) -> Protection:
        """Keep this footage until it is released.

        Raises:
            Unavailable: with it more than half of the volume would be kept.
        """
        protection = Protection(frozenset(tracks), start_us, end_us, self._release)
        with self._lock:
            self._protections.add(protection)
        if len(self._asked_for()) > self._most_protected:
            protection.release()
            raise Unavailable("storage", "more than half of the volume would be protected")
        return protection

    @property
    def _most_protected(self) -> int:
        """Half of the segments, but every lane must find one to go on in."""
        segments = self._geometry.data_segments
        return min(segments // 2, segments - MAX_LANES - 1)

    def _release(self, protection: Protection) -> None:
        with self._lock:
            self._protections.discard(protection)

    def _protected(self) -> set[int]:
        """Of footage that is protected before it is recorded no more than was bargained for: the oldest."""
        asked_for = self._asked_for()
        most = self._most_protected
        return asked_for if len(asked_for) <= most else set(sorted(asked_for)[:most])

    def _asked_for(self) -> set[int]:
        with self._lock:
            protections = list(self._protections)
        with self._index.lock:
            return {seq for protection in protections for seq in self._held_by(protection)}

    def _held_by(self, protection: Protection) -> set[int]:
        held: set[int] = set()
        for track_id in protection.tracks & self._index.tracks.keys():
            for run in self._index.tracks[track_id].runs:
                if run.end_us >= protection.start_us and run.start_us <= protection.end_us:
                    held.update(self._segments_of(run, protection.start_us, protection.end_us))
        return held

    def _segments_of(self, run: Run, start_us: int, end_us: int) -> list[int]:
        """The segments with the run's footage between two times, and the key frame it needs."""
        bit, segments = track_bit(run.track_id), self._index.segments
        first = segments.last_begun(run.lane, run.first_seq, run.last_seq, bit, start_us - run.shift_us)
        first = run.first_seq if first is None else segments.next_before(run.lane, first, run.first_seq, bit) or first
        last = segments.last_begun(run.lane, run.first_seq, run.last_seq, bit, end_us - run.shift_us)
        return segments.between(run.lane, first, run.first_seq if last is None else last, bit)

    # -- quotas -------------------------------------------------------------------------------------------------

    def set_quotas(self, limits: Mapping[str, int], policies: Mapping[int, TrackPolicy]) -> None:
        """The limits in bytes by recording; `policies` tell which tracks are whose."""
        lanes = alone(policies)
        tracks: dict[str | None, list[int]] = {}
        for track_id, policy in policies.items():
            tracks.setdefault(policy.quota_of, []).append(track_id)
        self._quotas = {
            name: Quota(limit, frozenset(tracks.get(name, ())), lanes.get(name))
            for name, limit in limits.items()
            if limit
        }
        self._seen = 0

    def exceeded(self) -> bool:
        """Whether a recording with a lane of its own holds more than its quota. Looks when a segment was opened."""
        if not self._quotas or len(self._index.segments) == self._seen:
            return False
        if any(self._excess(quota) > 0 for quota in self._quotas.values()):
            return True
        self._seen = len(self._index.segments)
        return False

    def cuts(self) -> dict[int, int]:
        """Times before which tracks must go, for recordings over their quota that do not lie apart. May read."""
        found: dict[int, int] = {}
        for quota in self._quotas.values():
            if not self._is_apart(quota):
                found |= self._cuts_of(quota)
        return found

    def usage(self, tracks: Collection[int]) -> int:
        """The bytes that the footage of these tracks takes; estimated where a range was deleted in part."""
        return sum(track.size_bytes for track in self._index.known() if track.track_id in tracks)

    def _is_apart(self, quota: Quota) -> bool:
        """Whether all of its footage lies in one lane, and nobody else's. Where lanes changed that takes a while."""
        if quota.lane is None:
            return False
        with self._index.lock:
            return all(
                (run.lane == quota.lane) == (track.track_id in quota.tracks)
                for track in self._index.known()
                for run in track.runs
            )

    def _excess(self, quota: Quota) -> int:
        """Bytes over the quota of a recording that lies apart: whole segments count."""
        if quota.lane is None or not self._is_apart(quota):
            return 0
        return self._index.segments.used_bytes(quota.lane) - quota.limit_bytes

    def _over_quota(self, candidates: list[int]) -> list[int]:
        """Of the candidates, oldest first, those that go for a quota: a few at a time, snapshots being dear."""
        found: list[int] = []
        for quota in self._quotas.values():
            excess = self._excess(quota)
            if excess > 0:
                most = max(-(-excess // self._geometry.segment_bytes), self._geometry.lot // 4)
                own = [seq for seq in candidates if self._index.segments[seq].lane == quota.lane]
                found += own[:most]
        return found

    def _cuts_of(self, quota: Quota) -> dict[int, int]:
        excess = self.usage(quota.tracks) - quota.limit_bytes
        if excess <= 0:
            return {}
        cut_us = _time_behind([run for track_id in quota.tracks for run in self._index.runs(track_id)], excess)
        return {track_id: min(cut_us, self._kept_from(track_id)) for track_id in quota.tracks}

    def _kept_from(self, track_id: int) -> int:
        """The first clean point of what is protected of a track."""
        with self._lock:
            protections = [protection for protection in self._protections if track_id in protection.tracks]
        found = [NEVER_US]
        for protection in protections:
            run = self._index.run_from(track_id, protection.start_us)
            if run is not None and run.start_us <= protection.end_us:
                place = self._rows.last_clean(run, max(run.start_us, protection.start_us), run.start_us)
                found.append(run.start_us if place is None else max(run.start_us, place.row.t0_us + run.shift_us))
        return min(found)

    # -- victims ------------------------------------------------------------------------------------------------

    def victims(self, wanted: int, busy: Collection[int]) -> list[int]:
        """Segments to give up: without footage first, then over quota, then those written longest ago.

        Never those in `busy`, never protected ones. Fewer than wanted where there are no more.
        """
        protected = self._protected()
        candidates = [seq for seq in self._index.segments.by_age() if seq not in busy and seq not in protected]
        dead = set(self._index.unreferenced()) if wanted > 0 else set()
        over = set(self._over_quota(candidates))
        first = [seq for seq in candidates if seq in dead]
        second = [seq for seq in candidates if seq in over and seq not in dead]
        chosen = first[: max(0, wanted)]
        chosen += second
        if len(chosen) < wanted:
            taken = set(chosen)
            chosen += [seq for seq in candidates if seq not in taken][: wanted - len(chosen)]
        return chosen

    def give_up(self, seqs: Collection[int]) -> list[Deletion]:
        """Take the segments and their footage out of the index; what is to be announced."""
        if not seqs:
            return []
        return self._index.give_up(seqs, evictions(self._index, self._rows, seqs, self._protected()))


def _time_behind(runs: list[Run], size_bytes: int) -> int:
    """The time behind that many bytes of footage, if those of each run are spread evenly over it."""
    changes: list[tuple[int, float]] = []
    for run in runs:
        rate = run.size_bytes / (run.end_us + 1 - run.start_us)
        changes += ((run.start_us, rate), (run.end_us + 1, -rate))
    time_us, rate, left = EARLIEST_US, 0.0, float(size_bytes)
    for next_us, change in sorted(changes):
        passed = rate * (next_us - time_us)
        if passed >= left:
            return time_us + ceil(left / rate)
        time_us, rate, left = next_us, rate + change, left - passed
    return time_us
