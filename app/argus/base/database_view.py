"""A database of ours as somebody reads it who does not own it: nothing is changed, nothing is left beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from argus.base.database import APPLICATION_ID, Row, Value
from argus.base.errors import Unavailable


def read_only(path: Path, query: str, parameters: Sequence[Value] = ()) -> list[Row]:
    """All rows of a SELECT, as the last transaction left them, while a station may run.

    Raises:
        Unavailable: there is no such file, it belongs to another program, or it cannot be read.
    """
    if not path.is_file():
        raise Unavailable("database", f"{path} does not exist")
    # Without a log nobody writes, and reading must not make one.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise Unavailable("database", f"{path} belongs to another program")
            return connection.execute(query, parameters).fetchall()
    except sqlite3.Error as error:
        raise Unavailable("database", f"{path} cannot be read: {error}") from error
