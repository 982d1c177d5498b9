"""What the box remembers: named values, accounts and schedules in one SQLite file of mode 0600."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from argus.base.database import Database, Statement

MIGRATIONS = (
    """
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE account (username TEXT PRIMARY KEY, level TEXT NOT NULL, password TEXT NOT NULL) STRICT
    """,
    # calendars as their owners wrote them; special_days is JSON, see device/schedule/rows.py
    """
    CREATE TABLE special_day_group (
        token TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, days TEXT
    ) STRICT;
    CREATE TABLE schedule (
        token TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, standard TEXT NOT NULL, special_days TEXT NOT NULL
    ) STRICT
    """,
)


class Settings:
    """Named texts, read from memory and written durably. A name belongs to the one class that writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._values = self._load()
        self._writing = asyncio.Lock()

    def get(self, name: str, default: str = "") -> str:
        return self._values.get(name, default)

    async def put(self, values: Mapping[str, str], then: Callable[[], None] | None = None) -> None:
        """Store all values or none; when this returns they survive a power cut.

        `then` runs once they are stored, even where the caller is cancelled meanwhile.

        Raises:
            Unavailable: the disk refused; the old values stay.
        """

        def adopt() -> None:
            self._values.update(values)
            if then is not None:
                then()

        async with self._writing:
            await self._database.write(_replacements(values), then=adopt)

    def put_now(self, values: Mapping[str, str]) -> None:
        """Like `put`, for start-up, before the event loop runs."""
        self._database.write_now(_replacements(values))
        self._values.update(values)

    def _load(self) -> dict[str, str]:
        return {str(name): str(value) for name, value in self._database.read("SELECT name, value FROM setting")}


def _replacements(values: Mapping[str, str]) -> list[Statement]:
    return [("INSERT OR REPLACE INTO setting VALUES (?, ?)", item) for item in values.items()]
