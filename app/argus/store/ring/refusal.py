"""What a refusal of the medium means: try elsewhere, give up for now, or the medium is gone."""

from __future__ import annotations

import errno
from enum import Enum

# Refusals in a row after which a volume takes no more data.
MAX_IN_A_ROW = 3

_PROTECTED = frozenset({errno.EROFS, errno.EPERM, errno.EACCES})
_GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.ESHUTDOWN, errno.ESTALE})
# The file of the volume was deleted: whatever is written into it ends with the process.
_LOST = frozenset({errno.ENOENT})


class Remedy(Enum):
    """ELSEWHERE: the same data goes into another segment with the next tick. FAIL: the volume takes no data until it
    is tried again. GONE: so does this one, and only another medium changes that.
    """

    ELSEWHERE = "elsewhere"
    FAIL = "fail"
    GONE = "gone"


class Distrust(OSError):
    """The station itself refuses the medium, because of what was found about it. Told like an error of the medium."""

    def __init__(self, sentence: str) -> None:
        super().__init__(errno.EIO, sentence)


def remedy(error: OSError, in_a_row: int) -> Remedy:
    """What to do after a refused write or flush; `in_a_row` counts refusals including this one.

    A page whose flush was refused is never trusted again, so there is no remedy that writes to the same place.
    """
    if error.errno in _GONE:
        return Remedy.GONE
    hopeless = isinstance(error, Distrust) or error.errno in _PROTECTED | _LOST
    return Remedy.FAIL if hopeless or in_a_row >= MAX_IN_A_ROW else Remedy.ELSEWHERE


def sentence(error: OSError, in_a_row: int) -> str:
    """Why the volume takes no data, for people."""
    words = error.strerror or str(error)
    if isinstance(error, Distrust):
        return words
    if error.errno in _GONE:
        return f"the medium is gone: {words}"
    if error.errno in _PROTECTED:
        return f"the medium became read-only: {words}"
    if error.errno in _LOST:
        return words
    return f"the volume refused {in_a_row} times in a row: {words}"
