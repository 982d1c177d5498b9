"""xs:duration by value."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = {"years": 31_557_600, "months": 2_629_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def seconds(written: str) -> float:
    """The length of a duration; a year counts as 365.25 days, a month as a twelfth of it. Raises ValueError."""
    found = _DURATION.fullmatch(written.strip())
    if found is None:
        raise ValueError(f"{written!r} is no xs:duration")
    total = sum(float(found[name]) * unit for name, unit in _SECONDS.items() if found[name])
    return -total if found["sign"] else total
