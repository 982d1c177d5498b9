from hypothesis import given, settings
from hypothesis import strategies as st

from argus.store.ring.lanes import TrackPolicy, alone, assign
from argus.store.ring.records import MAX_LANES

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def shared(retention_us: int = 0) -> TrackPolicy:
    return TrackPolicy(None, retention_us)


def with_quota(recording: str, retention_us: int = 0) -> TrackPolicy:
    return TrackPolicy(recording, retention_us)


def test_tracks_without_a_quota_and_with_alike_retention_share_one_lane() -> None:
    assert assign({1: shared(), 2: shared(), 3: shared()}) == {1: 0, 2: 0, 3: 0}
    assert assign({1: shared(2 * DAY_US), 2: shared(7 * DAY_US)}) == {1: 0, 2: 0}


def test_what_goes_within_the_hour_does_not_lie_beside_what_stays() -> None:
    lanes = assign({1: shared(), 2: shared(HOUR_US), 3: shared(30 * DAY_US), 4: shared(DAY_US)})
    assert lanes[1] == 0
    assert len(set(lanes.values())) == 4


def test_recordings_with_a_quota_get_lanes_from_the_last_down() -> None:
    policies = {1: with_quota("A"), 2: with_quota("A", DAY_US), 3: with_quota("B"), 4: shared()}
    assert assign(policies) == {1: 3, 2: 3, 3: 2, 4: 0}
    assert alone(policies) == {"A": 3, "B": 2}


def test_more_quotas_than_lanes_share_them_and_leave_one_to_the_rest() -> None:
    policies = {number: with_quota(f"R{number}") for number in range(5)} | {9: shared(), 10: shared(DAY_US)}
    lanes = assign(policies)
    assert {lanes[number] for number in range(5)} == {1, 2, 3}
    assert lanes[9] == lanes[10] == 0
    assert set(alone(policies)) == {"R2"}


def test_without_others_quotas_use_all_lanes() -> None:
    policies = {number: with_quota(f"R{number}") for number in range(4)}
    assert sorted(assign(policies).values()) == [0, 1, 2, 3]
    assert set(alone(policies)) == {"R0", "R1", "R2", "R3"}


policies_of_tracks = st.dictionaries(
    st.integers(1, 200),
    st.builds(
        TrackPolicy,
        st.one_of(st.none(), st.sampled_from("ABCDEF")),
        st.sampled_from((0, 1, HOUR_US, HOUR_US + 1, DAY_US, 8 * DAY_US)),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(policies=policies_of_tracks)
def test_every_track_has_a_lane_and_a_quota_never_shares_one_with_the_rest(policies: dict[int, TrackPolicy]) -> None:
    lanes = assign(policies)
    assert lanes.keys() == policies.keys()
    assert all(0 <= lane < MAX_LANES for lane in lanes.values())
    of_quotas = {lane for track_id, lane in lanes.items() if policies[track_id].quota_of is not None}
    of_others = {lane for track_id, lane in lanes.items() if policies[track_id].quota_of is None}
    assert of_quotas.isdisjoint(of_others)
    recordings: dict[str, set[int]] = {}
    for track_id, policy in policies.items():
        if policy.quota_of is not None:
            recordings.setdefault(policy.quota_of, set()).add(lanes[track_id])
    assert all(len(found) == 1 for found in recordings.values())
