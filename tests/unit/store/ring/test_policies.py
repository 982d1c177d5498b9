"""What was decided about tracks, and how often the writer hears of it."""

from collections.abc import Mapping

import pytest

from argus.base.access_unit import MediaKind
from argus.store.ring.index import Index
from argus.store.ring.label import TrackLabel
from argus.store.ring.lanes import TrackPolicy
from argus.store.ring.policies import Policies


class Writer:
    lanes: Mapping[int, int] = {}


class Reclaim:
    """Remembers what it was told, and how often."""

    def __init__(self) -> None:
        self.told = 0
        self.limits: dict[str, int] = {}
        self.policies: dict[int, TrackPolicy] = {}

    def set_quotas(self, limits: Mapping[str, int], policies: Mapping[int, TrackPolicy]) -> None:
        self.told += 1
        self.limits, self.policies = dict(limits), dict(policies)


@pytest.fixture
def reclaim() -> Reclaim:
    return Reclaim()


@pytest.fixture
def policies(reclaim: Reclaim) -> Policies:
    return Policies(Index(), Writer(), reclaim)  # type: ignore[arg-type]


def label(recording: str) -> TrackLabel:
    return TrackLabel(recording=recording, track="VIDEO001", kind=MediaKind.VIDEO)


def test_what_does_not_change_a_track_is_not_handed_on(policies: Policies, reclaim: Reclaim) -> None:
    policies.manage(1)
    assert reclaim.told == 1
    assert policies.set_label(1, label("gate"))
    policies.manage(1)
    assert reclaim.told == 1
    assert policies.set_quota("gate", 1 << 20)
    assert reclaim.policies == {1: TrackPolicy("gate", 0)}
    assert not policies.set_quota("gate", 1 << 20)
    assert reclaim.told == 2


def test_a_new_label_takes_the_track_to_the_quota_of_its_recording(policies: Policies, reclaim: Reclaim) -> None:
    policies.set_quota("gate", 1 << 20)
    policies.set_label(1, label("hall"))
    assert reclaim.policies[1].quota_of is None
    policies.set_label(1, label("gate"))
    assert reclaim.policies[1].quota_of == "gate"
    policies.drop(1)
    policies.drop(1)
    assert (reclaim.policies, reclaim.told) == ({}, 4)


def test_many_decisions_together_are_handed_on_once(policies: Policies, reclaim: Reclaim) -> None:
    with policies.together():
        for track_id in range(1, 3_001):
            policies.set_label(track_id, label(f"recording {track_id // 3}"))
            policies.set_quota(f"recording {track_id // 3}", 1 << 20)
        policies.drop(3_000)
        assert reclaim.told == 0
    assert reclaim.told == 1
    assert len(reclaim.policies) == 2_999
    assert reclaim.policies[7] == TrackPolicy("recording 2", 0)
    policies.manage(3_000)
    assert reclaim.told == 2
