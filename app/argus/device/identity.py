"""Who the box is: what it tells about itself and the identifier it keeps for life."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from argus.base.database_view import read_only
from argus.device.settings import Settings

_ENDPOINT_UUID = "identity.endpoint_uuid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The answers of GetDeviceInformation and GetEndpointReference."""

    endpoint_uuid: uuid.UUID
    manufacturer: str
    model: str
    hardware_id: str
    firmware_version: str
    serial_number: str

    @property
    def endpoint_address(self) -> str:
        """The address of the endpoint reference, the same on every interface and after every restart."""
        return f"urn:uuid:{self.endpoint_uuid}"


def load_identity(
    settings: Settings,
    *,
    manufacturer: str,
    model: str,
    hardware_id: str,
    firmware_version: str,
    serial_number: str | None = None,
) -> Identity:
    """The identity of this box; its UUID is made at the first start and kept. Call it before the event loop runs.

    Where the board has no serial number of its own, one is derived from the UUID and therefore as stable.
    """
    stored = settings.get(_ENDPOINT_UUID)
    endpoint_uuid = uuid.UUID(stored) if stored else uuid.uuid4()
    if not stored:
        settings.put_now({_ENDPOINT_UUID: str(endpoint_uuid)})
    return Identity(
        endpoint_uuid=endpoint_uuid,
        manufacturer=manufacturer,
        model=model,
        hardware_id=hardware_id,
        firmware_version=firmware_version,
        serial_number=serial_number or endpoint_uuid.hex[:12].upper(),
    )


def read_endpoint_uuid(database: Path) -> uuid.UUID | None:
    """The UUID of the station that keeps this database, None before its first start. The station may run.

    Raises:
        Unavailable: there is no such database, or it cannot be read.
    """
    rows = read_only(database, "SELECT value FROM setting WHERE name = ?", (_ENDPOINT_UUID,))
    return uuid.UUID(str(rows[0][0])) if rows else None
