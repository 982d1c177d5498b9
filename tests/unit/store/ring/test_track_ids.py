"""Track ids are new, always."""

from argus.store.ring.track_ids import MAX_DELETED, TrackIds


def test_an_id_is_neither_taken_nor_deleted_nor_zero() -> None:
    drawn = iter((0, 5, 6, 7))
    assert TrackIds([5], lambda: next(drawn)).new({6}) == 7


def test_ids_have_31_bits_and_do_not_follow_each_other() -> None:
    ids = {TrackIds([]).new(()) for _ in range(50)}
    assert len(ids) == 50
    assert max(ids) > 1 << 24
    assert all(0 < track_id < 1 << 31 for track_id in ids)


def test_deleted_ids_are_remembered_in_order_up_to_a_bound() -> None:
    ids = TrackIds(range(MAX_DELETED))
    ids.delete(MAX_DELETED)
    assert ids.deleted() == tuple(range(1, MAX_DELETED + 1))
    assert ids.is_deleted(MAX_DELETED)
