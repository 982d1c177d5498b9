"""How the process keeps memory: settings for one that runs for months with pictures of megabytes in flight."""

from __future__ import annotations

import ctypes
import gc

# malloc.h of glibc and sys/prctl.h
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
PR_SET_THP_DISABLE = 41

_PICTURE_BYTES = 1 << 20
_ARENAS = 2


def use_memory_sparingly() -> None:
    """Give freed pictures back to the system and use no pages larger than asked for. To be called before threads start.

    Left alone, glibc raises its threshold with the first picture that is freed and from then on carves pictures out
    of arenas, one per thread, where small blocks that outlive them hold the rest; x264 asks for huge pages and fills
    them by half. The settings are wishes: another C library or an old kernel goes without.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, _PICTURE_BYTES)
        libc.mallopt(M_ARENA_MAX, _ARENAS)
    libc.prctl(PR_SET_THP_DISABLE, *map(ctypes.c_ulong, (1, 0, 0, 0)))


def settle_memory() -> None:
    """Take what lives now for permanent: it is not searched for garbage again, and the rest goes back to the system.

    A search through everything that was imported stops the event loop for more than a frame's time.
    """
    gc.collect()
    gc.freeze()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(ctypes.c_size_t(0))
