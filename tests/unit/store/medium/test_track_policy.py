import random

import pytest
from tests.unit.store.camera import Station, new_device

from argus.base.access_unit import MediaKind
from argus.store.medium.track_policy import TrackPolicies
from argus.store.ring.label import TrackLabel
from argus.store.ring.share import Share

GATE, YARD = "Recording-1", "Recording-2"


class Describing:
    """A ring that remembers the labels and quotas it was told, and holds the tracks 1 and 2."""

    def __init__(self, station: Station) -> None:
        self._ring = station.ring
        self.quotas: dict[str, int] = {}
        self.known: dict[int, TrackLabel] = {}

    def labels(self) -> dict[int, TrackLabel]:
        return self.known

    def set_label(self, track_id: int, label: TrackLabel) -> None:
        self.known[track_id] = label

    def set_quota(self, recording: str, limit_bytes: int) -> None:
        self.quotas[recording] = limit_bytes

    def __getattr__(self, name: str) -> object:
        return getattr(self._ring, name)


@pytest.fixture
async def ring() -> Describing:
    station = Station(new_device())
    for track_id in (1, 2):
        await station.record(track_id, 1, random.Random(track_id))
    return Describing(station)


def policies(largest_share: int = 100) -> TrackPolicies:
    made = TrackPolicies(largest_share)
    for track_id, recording in ((1, GATE), (2, YARD)):
        made.set_label(track_id, TrackLabel(recording=recording, track="VIDEO001", kind=MediaKind.VIDEO, name=""))
    return made


def total(ring: Describing) -> int:
    return ring.occupancy().total_bytes  # type: ignore[attr-defined, no-any-return, operator]


async def test_a_share_reaches_the_ring_that_comes_and_the_one_that_is_there(ring: Describing) -> None:
    made = policies()
    made.set_share(GATE, Share(percent=25))
    made.attach(ring, writable=True)  # type: ignore[arg-type]
    assert ring.quotas == {GATE: total(ring) // 4, YARD: 0}
    made.set_share(YARD, Share(size_bytes=1 << 18))
    made.set_share(GATE, None)
    assert ring.quotas == {GATE: 0, YARD: 1 << 18}


async def test_a_share_of_its_own_counts_instead_of_that_of_all_recordings(ring: Describing) -> None:
    made = policies(largest_share=50)
    made.set_share(GATE, Share(percent=75))
    made.attach(ring, writable=True)  # type: ignore[arg-type]
    assert ring.quotas == {GATE: total(ring) * 75 // 100, YARD: total(ring) // 2}
    made.set_share(GATE, None)
    assert ring.quotas[GATE] == total(ring) // 2


async def test_a_volume_that_is_only_read_is_told_no_share(ring: Describing) -> None:
    made = policies()
    made.set_share(GATE, Share(percent=25))
    made.attach(ring, writable=False)  # type: ignore[arg-type]
    made.set_share(YARD, Share(percent=25))
    made.detach()
    made.set_share(YARD, None)
    assert ring.quotas == {}
