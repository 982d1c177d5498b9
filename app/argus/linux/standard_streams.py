"""The file descriptors 0, 1 and 2, which libraries take for the standard streams whatever they are."""

from __future__ import annotations

import os


def open_standard_streams() -> None:
    """Open those a parent closed on /dev/null, before a database, a volume or an event loop gets their numbers.

    libuv aborts the process when it closes one of them; a library's message on stderr would end up in a file of ours.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
