"""Lanes: which tracks share an append point. Footage that goes at the same time lies together.

A flash card keeps few erase blocks open, so there are at most four. Recordings with a quota get lanes of their own as
far as that reaches, the others share one for each class of retention.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from argus.store.ring.records import MAX_LANES

_HOUR_US = 3_600_000_000
# Up to an hour, a day, a week, longer or for ever.
_CLASSES_US = (_HOUR_US, 24 * _HOUR_US, 7 * 24 * _HOUR_US)


@dataclass(frozen=True, slots=True)
class TrackPolicy:
    """What decides a track's lane: its recording if that has a quota, and its retention (0: unlimited)."""

    quota_of: str | None
    retention_us: int


def assign(policies: Mapping[int, TrackPolicy]) -> dict[int, int]:
    """The lane of every track. Lanes of quotas count down from the last, the others up from 0."""
    quotas = sorted({policy.quota_of for policy in policies.values() if policy.quota_of is not None})
    classes = sorted({_class(policy) for policy in policies.values() if policy.quota_of is None})
    quota_lanes = min(len(quotas), MAX_LANES - 1 if classes else MAX_LANES)
    class_lanes = min(len(classes), MAX_LANES - quota_lanes)
    by_quota = {name: MAX_LANES - 1 - place % quota_lanes for place, name in enumerate(quotas)}
    by_class = {known: place * class_lanes // len(classes) for place, known in enumerate(classes)}
    return {
        track_id: by_class[_class(policy)] if policy.quota_of is None else by_quota[policy.quota_of]
        for track_id, policy in policies.items()
    }


def alone(policies: Mapping[int, TrackPolicy]) -> dict[str, int]:
    """The recordings with a quota that share their lane with no other, and that lane."""
    lanes: dict[int, set[str | None]] = {}
    for track_id, lane in assign(policies).items():
        lanes.setdefault(lane, set()).add(policies[track_id].quota_of)
    return {name: lane for lane, names in lanes.items() if len(names) == 1 for name in names if name is not None}


def _class(policy: TrackPolicy) -> int:
    """Footage of unlimited retention goes last, hence the first lane: its number never changes."""
    if policy.retention_us == 0:
        return 0
    return len(_CLASSES_US) + 1 - sum(policy.retention_us > limit for limit in _CLASSES_US)
