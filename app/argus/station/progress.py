"""Progress of long work, shown to a person at a terminal and to nobody else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

OnProgress = Callable[[int, int], None]


@contextmanager
def progress(label: str) -> Iterator[OnProgress | None]:
    """What is called with (done, total), or None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = click.progressbar(length=1, label=label, file=sys.stderr, show_pos=False)

    def show(done: int, total: int) -> None:
        bar.length = max(total, 1)
        bar.update(done - bar.pos)

    with bar:
        yield show
