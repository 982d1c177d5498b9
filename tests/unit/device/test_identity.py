"""The box keeps its identifier for life."""

from argus.base.database import Database
from argus.device.identity import Identity, load_identity
from argus.device.settings import Settings


def identity(settings: Settings, serial_number: str | None = None) -> Identity:
    return load_identity(
        settings,
        manufacturer="Argus",
        model="Station",
        hardware_id="sim",
        firmware_version="1.0",
        serial_number=serial_number,
    )


def test_uuid_and_derived_serial_number_are_the_same_after_a_restart(database: Database) -> None:
    first, second = identity(Settings(database)), identity(Settings(database))
    assert first == second
    assert first.endpoint_address == f"urn:uuid:{first.endpoint_uuid}"
    assert len(first.serial_number) == 12


def test_the_boards_own_serial_number_is_told(settings: Settings) -> None:
    assert identity(settings, "100000abcd").serial_number == "100000abcd"
