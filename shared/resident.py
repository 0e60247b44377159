"""How much memory this process holds, and how it gives back what it no longer needs."""

import ctypes
import gc
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psutil

MEGABYTE = 1_000_000
LARGE_BYTES = 128 * 1024
M_MMAP_THRESHOLD = -3
"""Names this setting of the allocator (mallopt(3))."""
OBJECTS_PER_COLLECTION = 50_000

P = ParamSpec("P")
T = TypeVar("T")


def resident_megabytes() -> float:
    """Return what of this process is in memory now, in MB."""
    return float(psutil.Process().memory_info().rss) / MEGABYTE


def give_back() -> None:
    """Return freed memory to the system; the usual allocator of Linux keeps much of it otherwise.

    Elsewhere, and with an allocator that has no such call, nothing happens.
    """
    trim = _allocator("malloc_trim")
    if trim is not None:
        trim(0)


def give_back_large() -> None:
    """From now on give back every block of LARGE_BYTES or more as soon as it is freed.

    The allocator begins so, but takes the size of blocks that come and go for ordinary, and soon
    keeps documents of half a megabyte among small things, where they leave holes.
    """
    set_option = _allocator("mallopt")
    if set_option is not None:
        set_option(M_MMAP_THRESHOLD, LARGE_BYTES)


def collect_less() -> None:
    """Spare the collector of cycles what never ends, and let a batch pass before it looks again.

    A batch makes tens of thousands of objects that reference counting frees by itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)


def giving_back(make: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `make` returns, after what it freed on its way is given back: within 1 ms."""
    made = make(*args, **kwargs)
    give_back()
    return made


def _allocator(call: str) -> Callable[..., int] | None:
    """Return a call of the usual allocator of Linux; None elsewhere."""
    return getattr(ctypes.CDLL(None), call, None) if sys.platform == "linux" else None
