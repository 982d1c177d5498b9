"""Short names for Unix sockets: an AF_UNIX address holds only 107 bytes, a path may be longer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_path(directory: Path, name: str) -> Iterator[str]:
    """A path of bounded length to `name` in `directory`, valid inside the `with` block."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
