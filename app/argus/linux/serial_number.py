"""The serial number of the board we run on."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

# The first one is the boards' own, the second the PCs'.
_PRINTED = (Path("proc/device-tree/serial-number"), Path("sys/class/dmi/id/product_serial"))
_MACHINE_ID = Path("etc/machine-id")
_MAX_BYTES = 256
_LONGEST = 64


def read_serial_number(root: Path = Path("/")) -> str | None:
    """The number burnt into the hardware, else one derived from the machine id, else None.

    machine-id(5) forbids to show the id itself to others, so it goes through a keyed hash. Blocks for a moment.
    """
    for path in _PRINTED:
        number = _text(root / path)
        if number and number.isalnum() and set(number) != {"0"}:
            return number[:_LONGEST]
    machine_id = _text(root / _MACHINE_ID)
    if not machine_id:
        return None
    return hmac.digest(machine_id.encode(), b"argus-station serial number", hashlib.sha256)[:6].hex().upper()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("ascii", "replace").strip("\0 \n")
    except OSError:
        return ""
