"""Scopes: fixed ones stay, lists apply whole, and every change is a new metadata version."""

import pytest

from argus.base.database import Database
from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.device.identity import load_identity
from argus.device.scopes import MAX_CONFIGURABLE, Scopes, fixed_scopes
from argus.device.settings import Settings

FIXED = ("onvif://www.onvif.org/type/video_encoder", "onvif://www.onvif.org/hardware/sim")
PLACE = "onvif://www.onvif.org/location/unknown"
PIER = "onvif://www.onvif.org/location/pier"


@pytest.fixture
def scopes(settings: Settings) -> Scopes:
    return Scopes(settings, fixed=FIXED, defaults=(PLACE,))


async def test_replacing_keeps_the_fixed_ones_and_outlasts_a_restart(database: Database, scopes: Scopes) -> None:
    await scopes.replace([PIER, FIXED[0], PIER])
    again = Scopes(Settings(database), fixed=FIXED, defaults=(PLACE,))
    assert scopes.all() == again.all() == (*FIXED, PIER)
    assert again.metadata_version == scopes.metadata_version


async def test_an_emptied_list_stays_empty_after_a_restart(database: Database, scopes: Scopes) -> None:
    await scopes.replace([])
    assert Scopes(Settings(database), fixed=FIXED, defaults=(PLACE,)).configurable == ()


async def test_adding_ignores_what_exists(scopes: Scopes) -> None:
    version = scopes.metadata_version
    await scopes.add([PLACE, FIXED[1]])
    assert scopes.metadata_version == version
    await scopes.add([PIER, PLACE])
    assert (scopes.configurable, scopes.metadata_version) == ((PLACE, PIER), version + 1)


async def test_removing_is_all_or_nothing(scopes: Scopes) -> None:
    await scopes.add([PIER])
    for scope, error, subject in ((FIXED[0], Conflict, "fixed scope"), ("urn:absent", NotFound, "scope")):
        with pytest.raises(error) as raised:
            await scopes.remove([PIER, scope])
        assert raised.value.subject == subject
    assert [*scopes.configurable] == [PLACE, PIER]
    assert await scopes.remove([PIER, PIER]) == (PIER,)
    assert [*scopes.configurable] == [PLACE]


async def test_one_scope_too_many_is_refused(scopes: Scopes) -> None:
    with pytest.raises(LimitReached) as raised:
        await scopes.add([f"urn:n:{n}" for n in range(MAX_CONFIGURABLE)])
    assert raised.value.subject == "scopes"
    assert scopes.configurable == (PLACE,)


@pytest.mark.parametrize(
    "scope", ["", "relative/path", "onvif://a b", "onvif://a\nb", "urn:" + "x" * 253, "urn:\ud800"]
)
async def test_what_is_no_absolute_uri_is_refused(scopes: Scopes, scope: str) -> None:
    with pytest.raises(InvalidValue):
        await scopes.add([PIER, scope])
    assert scopes.configurable == (PLACE,)


async def test_observers_hear_of_changes_after_they_are_stored(scopes: Scopes) -> None:
    heard: list[tuple[str, ...]] = []
    scopes.subscribe(lambda: heard.append(scopes.configurable))
    await scopes.add([PIER])
    await scopes.add([PIER])
    await scopes.metadata_changed()
    assert heard == [(PLACE, PIER)]


async def test_the_metadata_version_grows_with_firmware_and_addresses_too(database: Database, scopes: Scopes) -> None:
    version = scopes.metadata_version
    assert Scopes(Settings(database), fixed=FIXED).metadata_version == version
    newer = Scopes(Settings(database), fixed=(*FIXED, "onvif://www.onvif.org/Profile/T"))
    assert newer.metadata_version == version + 1
    await newer.metadata_changed()
    assert Scopes(Settings(database), fixed=newer.fixed).metadata_version == version + 2


def test_only_profiles_that_are_met_are_claimed(settings: Settings) -> None:
    identity = load_identity(
        settings, manufacturer="Argus", model="Station 1/A", hardware_id="sim", firmware_version="1"
    )
    assert fixed_scopes(identity) == (
        "onvif://www.onvif.org/type/video_encoder",
        "onvif://www.onvif.org/hardware/sim",
        "onvif://www.onvif.org/name/Station%201%2FA",
    )
    assert fixed_scopes(identity, ("Streaming",))[0] == "onvif://www.onvif.org/Profile/Streaming"
    assert fixed_scopes(identity, sound=True)[1] == "onvif://www.onvif.org/type/audio_encoder"
