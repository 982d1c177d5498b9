"""Quantities people write in configuration files: a number and a unit, such as "2 Mbit/s"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from argus.base.errors import InvalidValue

_FORM = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([A-Za-z/%]{1,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A kind of quantity: its units as multiples of the base unit, and an example for messages."""

    units: dict[str, Fraction]
    example: str

    def parse(self, text: str) -> int:
        """`text` in whole base units.

        Raises:
            InvalidValue: not a number with one of the units, or not a whole number of base units.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None or match[2] not in self.units:
            raise InvalidValue(
                "quantity", f"{text!r} needs a number and one of {', '.join(self.units)}: {self.example}"
            )
        amount = Fraction(match[1]) * self.units[match[2]]
        if amount.denominator != 1:
            raise InvalidValue("quantity", f"{text!r} is not a whole number of {next(iter(self.units))}")
        return int(amount)


BITRATE = Dimension(
    units={"bit/s": Fraction(1), "kbit/s": Fraction(1_000), "Mbit/s": Fraction(1_000_000)}, example='"2 Mbit/s"'
)
DURATION_MS = Dimension(
    units={"ms": Fraction(1), "s": Fraction(1_000), "min": Fraction(60_000), "h": Fraction(3_600_000)},
    example='"1 s"',
)
FREQUENCY = Dimension(units={"Hz": Fraction(1), "kHz": Fraction(1_000)}, example='"16 kHz"')
PERCENT = Dimension(units={"%": Fraction(1)}, example='"50 %"')
SIZE = Dimension(
    units={"B": Fraction(1), "KiB": Fraction(1 << 10), "MiB": Fraction(1 << 20), "GiB": Fraction(1 << 30)},
    example='"2 GiB"',
)
