"""How a command ends that meets an expected error: one sentence, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from argus.base.errors import ArgusError

EXIT_REFUSED = 1
EXIT_DAMAGED = 3

P = ParamSpec("P")


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Tell an expected error as one sentence and leave with exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ArgusError as error:
            click.secho(f"argus-station: {error}", fg="red", err=True)
            sys.exit(EXIT_REFUSED)

    return wrapped
