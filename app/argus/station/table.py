"""A TOML table that is read key by key and complains in a way that can be acted on."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from argus.base.errors import InvalidValue
from argus.base.quantity import Dimension

_MISSING = object()


class Table:
    """One table of a TOML file. Every problem names the file, the key and what is allowed.

    Read the keys, then call `finish`: keys that nobody asked for are errors.

    Raises:
        InvalidValue("board"): from every method, when the file breaks its rules.
    """

    def __init__(self, file: Path, path: str, values: dict[str, object]) -> None:
        self._file = file
        self._path = path
        self._values = values
        self._known: list[str] = []

    def refuse(self, key: str, problem: str) -> NoReturn:
        where = f"{self._path}.{key}".strip(".")
        raise InvalidValue("board", f"{self._file}: {where}: {problem}")

    def text(self, key: str, default: str | None = None, *, longest: int = 64) -> str:
        value = self._take(key, default)
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
            self.refuse(key, f"{value!r} is not a text of 1 to {longest} printable characters")
        return value

    def optional_text(self, key: str, *, longest: int = 64) -> str | None:
        """The text, or None where the key is absent."""
        if key in self._values:
            return self.text(key, longest=longest)
        self._known.append(key)
        return None

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self._take(key, default)
        if not isinstance(value, str) or value not in allowed:
            self.refuse(key, f"{value!r} is not one of {', '.join(repr(str(one)) for one in allowed)}")
        return value

    def whole(self, key: str, lowest: int, highest: int, default: int | None = None) -> int:
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            self.refuse(key, f"{value!r} is not a whole number from {lowest} to {highest}")
        return value

    def number(self, key: str, lowest: float, highest: float) -> float:
        value = self._take(key, None)
        if not isinstance(value, int | float) or isinstance(value, bool) or not lowest <= value <= highest:
            self.refuse(key, f"{value!r} is not a number from {lowest:g} to {highest:g}")
        return float(value)

    def quantity(self, key: str, dimension: Dimension, lowest: str, highest: str, default: str | None = None) -> int:
        """A quantity in base units of its dimension, between `lowest` and `highest` (written with units)."""
        value = self._take(key, default)
        if not isinstance(value, str):
            self.refuse(key, f"{value!r} needs quotes and a unit ({', '.join(dimension.units)}): {dimension.example}")
        try:
            amount = dimension.parse(value)
        except InvalidValue as error:
            self.refuse(key, str(error))
        if not dimension.parse(lowest) <= amount <= dimension.parse(highest):
            self.refuse(key, f"{value!r} is not between {lowest} and {highest}")
        return amount

    def absent(self, key: str, reason: str) -> None:
        """Refuse `key` where it has no meaning."""
        if key in self._values:
            self.refuse(key, reason)

    def table(self, key: str) -> Table:
        value = self._take(key, None)
        if not isinstance(value, dict):
            self.refuse(key, f"must be a table: [{key}]")
        return Table(self._file, f"{self._path}.{key}".strip("."), value)

    def optional_table(self, key: str) -> Table:
        """The table, an empty one where it is absent."""
        if key in self._values:
            return self.table(key)
        self._known.append(key)
        return Table(self._file, f"{self._path}.{key}".strip("."), {})

    def flag(self, key: str, default: bool) -> bool:
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"{value!r} is not true or false")
        return value

    def tables(self, key: str, most: int, *, least: int = 1) -> Iterator[Table]:
        value = self._take(key, None if least else [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, f"must be a list of tables: [[{key}]]")
        if not least <= len(value) <= most:
            self.refuse(key, f"needs {least} to {most} entries, has {len(value)}")
        for number, item in enumerate(value):
            yield Table(self._file, f"{self._path}.{key}[{number}]".strip("."), item)

    def finish(self) -> None:
        """Refuse keys that were not read, and suggest the nearest known one."""
        for key in self._values:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                self.refuse(key, f"unknown key; {hint}known here: {', '.join(self._known)}")

    def _take(self, key: str, default: object) -> object:
        self._known.append(key)
        value = self._values.get(key, _MISSING)
        if value is not _MISSING:
            return value
        if default is None:
            self.refuse(key, "is missing")
        return default
