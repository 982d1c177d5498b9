"""xs:duration as a value that comes back as it was said."""

from __future__ import annotations

import re
from dataclasses import dataclass

from argus.base.units import US_PER_S

_DAY_US = 86_400 * US_PER_S
_DURATION = re.compile(
    r"(-?)P(?=[0-9T])(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,30}))?S)?)?",
    re.ASCII,
)
# What fits into a signed 64-bit count of microseconds, with room for adding it to a wall time.
_LONGEST_US = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A length of time: whole months and microseconds, both with the same sign.

    `str()` is the canonical form of XML Schema ("P1Y2M3DT4H5M6.5S"; "PT168H" becomes "P7D"), and parsing it gives an
    equal value. Digits behind the microsecond are cut off, but what is no zero does not become one.
    """

    months: int = 0
    us: int = 0

    @classmethod
    def from_us(cls, us: int) -> Duration:
        """A duration of days and smaller units."""
        return cls(us=us)

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read the lexical form of xs:duration.

        Raises:
            ValueError: another form, or a length beyond 146,000 years.
        """
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError("not a duration")
        years, months, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:7])
        fraction_us = int((match[8] or "")[:6].ljust(6, "0"))
        sign = -1 if match[1] else 1
        us = (days * 86_400 + hours * 3_600 + minutes * 60 + seconds) * US_PER_S + fraction_us
        if not us and (match[8] or "").strip("0"):
            us = 1  # zero often means "without limit"
        duration = cls(months=sign * (years * 12 + months), us=sign * us)
        if abs(duration.to_us()) > _LONGEST_US:
            raise ValueError("duration too long")
        return duration

    def to_us(self) -> int:
        """Its length in microseconds, where a year counts 365 days and a month 30."""
        years, months = divmod(abs(self.months), 12)
        calendar_us = (years * 365 + months * 30) * _DAY_US
        return (-calendar_us if self.months < 0 else calendar_us) + self.us

    def __str__(self) -> str:
        negative = self.months < 0 or self.us < 0
        years, months = divmod(abs(self.months), 12)
        days, rest_us = divmod(abs(self.us), _DAY_US)
        seconds, us = divmod(rest_us, US_PER_S)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        second_text = f"{seconds}.{us:06}".rstrip("0") if us else str(seconds)
        date = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
        clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
        clock += f"{second_text}S" if seconds or us else ""
        if not date and not clock:
            return "PT0S"
        return f"{'-' if negative else ''}P{date}{'T' if clock else ''}{clock}"
