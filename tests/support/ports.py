"""Ports for tests, below the range that the kernel hands out itself.

Tests may run in several processes side by side (pytest-xdist); each has a part of its own, so that
none takes what another has just found free.
"""

import itertools
import os
import random

FIRST, END = 12_000, 32_000
"""The first port, and the one behind the last."""
WORKER, WORKERS = "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"
PORTS = (END - FIRST) // int(os.environ.get(WORKERS, "1"))
"""How many this process has."""

_next = itertools.count(random.randrange(PORTS))


def some_port(step: int = 1) -> int:
    """Return a port of this process's part, the first of `step` that lie together.

    None is given twice before all were, so that nobody takes one that another has just been given
    and does not listen at yet.
    """
    first = FIRST + PORTS * int(os.environ.get(WORKER, "gw0").removeprefix("gw"))
    while (offset := next(_next) % PORTS) + step > PORTS:
        pass
    for _ in range(step - 1):
        next(_next)
    return first + offset
