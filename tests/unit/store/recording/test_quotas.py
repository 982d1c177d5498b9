from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.store.house import House

from argus.base.database import Database
from argus.base.errors import Conflict, InvalidValue, NotFound
from argus.store.recording.quotas import Quotas
from argus.store.recording.recordings import RecordingConfiguration, SourceInformation
from argus.store.recording.schema import MIGRATIONS
from argus.store.ring.share import LEAST_BYTES, Share

GIB = 1 << 30


class Limits:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Share | None]] = []

    def set_share(self, recording: str, share: Share | None) -> None:
        self.told.append((recording, share))


def named(name: str) -> RecordingConfiguration:
    return RecordingConfiguration(source=SourceInformation(name=name))


@pytest.mark.parametrize(
    ("text", "share", "limit_bytes"),
    [
        ("25%", Share(percent=25), 2 * GIB),
        (" 100 % ", Share(percent=100), 8 * GIB),
        ("4GiB", Share(size_bytes=4 * GIB), 4 * GIB),
        ("1.5 GiB", Share(size_bytes=3 * GIB // 2), 3 * GIB // 2),
        ("9 GiB", Share(size_bytes=9 * GIB), 8 * GIB),
    ],
)
def test_a_share_is_a_part_of_a_volume_or_a_size(text: str, share: Share, limit_bytes: int) -> None:
    assert Share.parse(text) == share
    assert share.of(8 * GIB) == limit_bytes


@pytest.mark.parametrize("text", ["", "%", "0%", "101%", "1.5%", "-1%", "10", "1KiB", "0GiB", "lots"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"is (not|less than)") as refused:
        Share.parse(text)
    assert refused.value.subject == "share"


@given(
    st.one_of(
        st.builds(Share, percent=st.integers(1, 100)), st.builds(Share, size_bytes=st.integers(LEAST_BYTES, 10**12 - 1))
    )
)
def test_a_share_is_written_as_it_is_read(share: Share) -> None:
    assert Share.parse(str(share)) == share


async def test_a_quota_is_kept_and_applied_at_once_and_at_every_start(house: House, tmp_path: Path) -> None:
    token = await house.catalog.create_recording(named("Gate"))
    other = await house.catalog.create_recording(named("Yard"))
    limits = Limits()
    quotas = Quotas(house.database, limits)
    assert [(quota.name, quota.share) for quota in quotas.all()] == [("Gate", None), ("Yard", None)]
    await quotas.set("Gate", Share(percent=25))
    await quotas.set(other, Share(size_bytes=GIB))
    await quotas.set(other, None)
    assert limits.told == [(token, Share(percent=25)), (other, Share(size_bytes=GIB)), (other, None)]
    again = Limits()
    assert Quotas(house.database, again).all()[0].share == Share(percent=25)
    assert again.told == [(token, Share(percent=25))]


async def test_the_quota_goes_with_its_recording(house: House) -> None:
    token = await house.catalog.create_recording(named("Gate"))
    quotas = Quotas(house.database, Limits())
    await quotas.set(token, Share(percent=25))
    await house.catalog.delete_recording(token)
    assert quotas.all() == ()
    assert house.database.read("SELECT * FROM quota") == []


async def test_a_recording_that_is_not_there_or_one_of_two_is_refused(house: House) -> None:
    quotas = Quotas(house.database, Limits())
    with pytest.raises(NotFound):
        await quotas.set("Gate", Share(percent=25))
    tokens = [await house.catalog.create_recording(named("Gate")) for _ in range(2)]
    with pytest.raises(Conflict, match=f"{tokens[0]}, {tokens[1]}"):
        await quotas.set("Gate", Share(percent=25))
    await quotas.set(tokens[1], Share(percent=25))
    assert [quota.share for quota in quotas.all()] == [None, Share(percent=25)]


def test_a_database_without_quotas_gets_the_table(tmp_path: Path) -> None:
    Database.open(tmp_path / "c.sqlite", MIGRATIONS[:-1]).close()
    database = Database.open(tmp_path / "c.sqlite", MIGRATIONS)
    assert Quotas(database, Limits()).all() == ()
    database.close()
