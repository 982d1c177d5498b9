"""What keeps footage for whoever copies it, and what bounds that."""

from __future__ import annotations

from collections.abc import Collection
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argus.base.errors import Conflict, InvalidValue, Unavailable
from argus.station.protections import MAX_PROTECTIONS, MAX_TRACKS, Protections, Wish

VOLUME = UUID(int=7)
WISH = Wish(volume=VOLUME, track_ids=(1, 2), start_us=-5, end_us=1 << 60)


class Keeper:
    """A storage that notes what it protects."""

    def __init__(self) -> None:
        self.protected: list[tuple[Collection[int], int, int]] = []

    def health(self) -> object:
        return SimpleNamespace(volume_uuid=str(VOLUME))

    def protect(self, track_ids: Collection[int], start_us: int, end_us: int) -> object:
        if end_us > 1 << 61:
            raise Unavailable("storage", "more than half")
        protection = (track_ids, start_us, end_us)
        self.protected.append(protection)
        return SimpleNamespace(release=lambda: self.protected.remove(protection))


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def protections(keeper: Keeper) -> Protections:
    return Protections(keeper)  # type: ignore[arg-type]


def test_footage_is_kept_until_it_is_released(protections: Protections, keeper: Keeper) -> None:
    kept = protections.keep(WISH)
    assert keeper.protected == [((1, 2), -5, 1 << 60)]
    kept.release()
    assert keeper.protected == []


def test_no_more_than_four_keep_footage_at_a_time(protections: Protections, keeper: Keeper) -> None:
    kept = [protections.keep(WISH) for _ in range(MAX_PROTECTIONS)]
    with pytest.raises(Unavailable, match="4 others copy footage already"):
        protections.keep(WISH)
    kept.pop().release()
    protections.keep(WISH)
    assert len(keeper.protected) == MAX_PROTECTIONS


def test_what_the_storage_refuses_counts_for_nobody(protections: Protections, keeper: Keeper) -> None:
    greedy = Wish(volume=VOLUME, track_ids=(1,), start_us=0, end_us=1 << 62)
    for _ in range(MAX_PROTECTIONS + 1):
        with pytest.raises(Unavailable, match="more than half"):
            protections.keep(greedy)
    protections.keep(WISH)


def test_another_volume_is_not_mistaken_for_the_one_that_is_written(protections: Protections, keeper: Keeper) -> None:
    with pytest.raises(Conflict, match="another volume"):
        protections.keep(Wish(volume=UUID(int=8), track_ids=(1,), start_us=0, end_us=1))
    assert keeper.protected == []


def test_a_wish_survives_the_way_to_the_station() -> None:
    assert Wish.parse(WISH.fields()) == WISH


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"volume": "mine"}, "a volume is a UUID"),
        ({"tracks": ""}, "tracks and times are numbers"),
        ({"tracks": ",".join(["1"] * (MAX_TRACKS + 1))}, "more than 256 tracks"),
        ({"from": "noon"}, "tracks and times are numbers"),
        ({"from": "2", "until": "1"}, "out of range"),
        ({"until": str(1 << 63)}, "out of range"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(changes: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        Wish.parse({**WISH.fields(), **changes})


@given(st.dictionaries(st.sampled_from(sorted(WISH.fields())), st.text(max_size=40)))
@example({"tracks": "9" * 4000})
def test_any_fields_are_a_wish_or_are_refused(changes: dict[str, str]) -> None:
    try:
        wish = Wish.parse({**WISH.fields(), **changes})
    except InvalidValue as refusal:
        assert refusal.subject == "request"  # noqa: PT017 - hypothesis needs both outcomes
    else:
        assert wish.start_us <= wish.end_us
