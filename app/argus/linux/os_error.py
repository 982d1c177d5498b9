"""Why the operating system refused, in its own words."""

from __future__ import annotations

import os
import socket


def reason(error: OSError) -> str:
    """The short text of the error, such as "Address already in use", whatever a library wrapped around it."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or str(error)
    return os.strerror(error.errno)
