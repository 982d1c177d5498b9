"""The share of a volume that one recording may use."""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.errors import InvalidValue
from argus.base.quantity import PERCENT, SIZE

LEAST_BYTES = 1 << 20
_UNITS = ("GiB", "MiB", "KiB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Either so many percent of whatever volume is present, or so many bytes; the other one is 0."""

    percent: int = 0
    size_bytes: int = 0

    @classmethod
    def parse(cls, text: str) -> Share:
        """The share that people write as "25 %" or "4 GiB".

        Raises:
            InvalidValue("share"): it is something else, or out of bounds.
        """
        try:
            if text.rstrip().endswith("%"):
                share = cls(percent=PERCENT.parse(text))
            else:
                share = cls(size_bytes=SIZE.parse(text))
        except InvalidValue as error:
            raise InvalidValue("share", f"{text!r} is not a share such as 25% or 4GiB") from error
        if share.size_bytes == 0 and not 1 <= share.percent <= 100:
            raise InvalidValue("share", f"{text!r} is not between 1% and 100%")
        if share.percent == 0 and share.size_bytes < LEAST_BYTES:
            raise InvalidValue("share", f"{text!r} is less than 1MiB")
        return share

    def of(self, total_bytes: int) -> int:
        """How many bytes of a volume of that size it is."""
        return total_bytes * self.percent // 100 if self.percent else min(self.size_bytes, total_bytes)

    def __str__(self) -> str:
        if self.percent:
            return f"{self.percent}%"
        for unit in _UNITS:
            if self.size_bytes % SIZE.units[unit] == 0:
                return f"{self.size_bytes // SIZE.units[unit]}{unit}"
        return f"{self.size_bytes}B"
