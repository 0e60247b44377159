"""How much memory this process holds, and how it gives back what it no longer needs."""

import ctypes
import sys

import psutil

MEGABYTE = 1_000_000


def resident_megabytes() -> float:
    """Return what of this process is in memory now, in MB."""
    return float(psutil.Process().memory_info().rss) / MEGABYTE


def give_back() -> None:
    """Return freed memory to the system; the usual allocator of Linux keeps much of it otherwise.

    Elsewhere, and with an allocator that has no such call, nothing happens.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
