"""Settings are durable and all-or-nothing."""

import pytest

from argus.base.database import Database
from argus.base.errors import Unavailable
from argus.device.settings import Settings


async def test_a_stored_value_is_read_after_a_restart(database: Database) -> None:
    await Settings(database).put({"name": "pier 7", "place": "north"})
    again = Settings(database)
    assert (again.get("name"), again.get("place"), again.get("absent", "?")) == ("pier 7", "north", "?")


def test_a_value_stored_at_start_up_is_read_at_once(settings: Settings) -> None:
    settings.put_now({"a": "1"})
    settings.put_now({"a": "2"})
    assert settings.get("a") == "2"


async def test_a_value_the_disk_refused_is_not_read(database: Database, settings: Settings) -> None:
    await settings.put({"a": "1"})
    database.write_now([("DROP TABLE setting", ())])
    with pytest.raises(Unavailable):
        await settings.put({"a": "2"})
    assert settings.get("a") == "1"
