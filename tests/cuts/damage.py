"""Databases that a medium has spoiled, and cuts while the copy takes their place."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

from tests.cuts.disk import Disk, Entry, State
from tests.cuts.judge import files_of, lay_out
from tests.cuts.site import SIDES
from tests.cuts.witness import Witness

PAGE_BYTES = 4096


def spoil(content: bytes, rng: random.Random) -> bytes:
    """The file with its head, or one of its pages, turned into something else, or with nothing in it."""
    spoilt = bytearray(content)
    match rng.randrange(4):
        case 0:
            spoilt.clear()
        case 1:
            spoilt[:100] = bytes(100)
        case 2:
            spoilt[:PAGE_BYTES] = rng.randbytes(PAGE_BYTES)
        case _:
            page = rng.randrange(len(content) // PAGE_BYTES)
            spoilt[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = rng.randbytes(PAGE_BYTES)
    return bytes(spoilt)


def restoring(folder: Path, name: str, disk: State) -> list[Entry]:
    """The log of opening one database of a disk; the files that are there come first, as old ones."""
    lay_out(folder, files_of(name, disk))
    witness = Witness(folder.resolve())
    with witness.watching():
        witness.present()
        with contextlib.suppress(Exception):
            SIDES[name](folder).close()
    return witness.entries


def first_doubt(entries: list[Entry]) -> int:
    """The place in such a log where opening begins to write."""
    disk = Disk()
    last = 0
    for number, entry in enumerate(entries):
        disk.play(entry)
        last = number
        if not disk.in_doubt:
            break
    return last
