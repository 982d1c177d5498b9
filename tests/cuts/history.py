"""A station's operations performed one after the other, with the log of what they wrote and what they led to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cuts.disk import Entry
from tests.cuts.operations import Operation, Tokens
from tests.cuts.site import Held, Site
from tests.cuts.witness import Witness

from argus.base import database as database_module

OPENING = "first start"


@dataclass(frozen=True)
class History:
    """`held[n]` is what the station held after operation n; operation 0 is its first start."""

    names: tuple[str, ...]
    held: tuple[Held, ...]
    entries: tuple[Entry, ...]


def record(folder: Path, operations: Sequence[Operation], *, copy_every: int, restart_every: int = 9) -> History:
    """Perform the operations in a new folder. A copy of the databases is made after each `copy_every` of them."""
    return asyncio.run(_record(folder, operations, copy_every, restart_every))


async def _record(folder: Path, operations: Sequence[Operation], copy_every: int, restart_every: int) -> History:
    folder.mkdir()
    witness, tokens = Witness(folder.resolve()), Tokens()
    with witness.watching(), _copies_on_demand():
        witness.begin(0)
        site = Site(folder)
        site.settle()
        witness.answered(0)
        held = [site.held()]
        for number, operation in enumerate(operations, start=1):
            witness.begin(number)
            await operation.perform(site, tokens)
            witness.answered(number)
            held.append(site.held())
            if number % copy_every == 0:
                site.copy()
            if number % restart_every == 0:
                site.close()
                site = Site(folder)
                site.settle()
        site.close()
    names = (OPENING, *(operation.name for operation in operations))
    return History(names, tuple(held), tuple(witness.entries))


@contextmanager
def _copies_on_demand() -> Iterator[None]:
    """Let nobody make a copy at a moment of chance."""
    before = database_module.COPY_DELAY_S
    database_module.COPY_DELAY_S = 3600.0
    try:
        yield
    finally:
        database_module.COPY_DELAY_S = before
