"""Ports for tests, below the range that the kernel hands out itself.

Tests may run in several processes side by side (pytest-xdist); each has a part of its own, so that
none takes what another has just found free.
"""

import os
import random

FIRST, END = 12_000, 32_000
"""The first port, and the one behind the last."""
WORKER, WORKERS = "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"


def some_port(step: int = 1) -> int:
    """Return a port of this process's part, by chance: the first of `step` that lie together."""
    part = (END - FIRST) // int(os.environ.get(WORKERS, "1"))
    first = FIRST + part * int(os.environ.get(WORKER, "gw0").removeprefix("gw"))
    return random.randrange(first, first + part - step + 1, step)
