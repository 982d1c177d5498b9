"""Whether the kernel's clock is synchronized with a time server, and which boot this is."""

from __future__ import annotations

import ctypes
import logging
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from argus.base.errors import Unavailable
from argus.linux.os_error import reason

logger = logging.getLogger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

# sys/timex.h
TIME_ERROR = 5
STA_UNSYNC = 0x0040


class Timex(ctypes.Structure):
    """The part of struct timex up to `status`, with `modes` left at zero: nothing is changed.

    The fields are of type long in the C libraries of all machines with 64 bits, and in what the plain symbol
    `adjtimex` means on ARM with 32 bits, to glibc and musl alike; only the time inside would end in 2038, and that is
    not read. No variant is longer than what is reserved.
    """

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("reserved", ctypes.c_byte * 256),
    )


# Fills in the structure; returns the state of the clock. Raises OSError.
Adjtimex = Callable[[Timex], int]


class TimeSync(Protocol):
    """What is known of the wall clock beside the time it tells."""

    boot_id: uuid.UUID

    def is_synchronized(self) -> bool:
        """Whether a time server sets the clock now. Never blocks."""


def adjtimex(timex: Timex) -> int:
    """adjtimex(2)."""
    state: int = _libc.adjtimex(ctypes.byref(timex))
    if state < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return state


class KernelTimeSync:
    """As the kernel says, whichever daemon speaks NTP or PTP.

    Every step of the clock makes the kernel call it unsynchronized, until the daemon has heard its server again; so
    do about nine hours without a server.
    """

    def __init__(self, boot_id: uuid.UUID, adjtimex: Adjtimex = adjtimex) -> None:
        self.boot_id = boot_id
        self._adjtimex = adjtimex
        self._complained = False

    def is_synchronized(self) -> bool:
        """False, too, where we may not ask; the log says so once."""
        timex = Timex()
        try:
            state = self._adjtimex(timex)
        except OSError as error:
            if not self._complained:
                logger.warning("whether the clock is synchronized is not known: %s", reason(error))
                self._complained = True
            return False
        return state != TIME_ERROR and not timex.status & STA_UNSYNC


class SimulatedTimeSync:
    """The twin: synchronized when its maker says so."""

    def __init__(self, *, synchronized: bool = False, boot_id: uuid.UUID | None = None) -> None:
        self.synchronized = synchronized
        self.boot_id = boot_id or uuid.uuid4()

    def is_synchronized(self) -> bool:
        return self.synchronized


def read_boot_id(path: Path = BOOT_ID) -> uuid.UUID:
    """A number drawn anew by the kernel with each boot. Monotonic times of one boot can be compared.

    Raises:
        Unavailable: `boot`: the kernel does not tell.
    """
    try:
        return uuid.UUID(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise Unavailable("boot", f"{path}: {reason(error)}") from error
    except ValueError as error:
        raise Unavailable("boot", f"{path} holds no boot id: {error}") from error


_libc = ctypes.CDLL(None, use_errno=True)
