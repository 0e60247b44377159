"""Who failed to log in, and has to wait before they may try again."""

import time
from collections import deque
from collections.abc import Callable
from math import ceil

FAILURES_MAX = 10
FAILURES_SECONDS = 60.0
ADDRESSES_MAX = 1_000


class Failures:
    """How often somebody failed to log in lately, by the address they ask from."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Nobody has failed yet."""
        self._monotonic = monotonic
        self._of: dict[str, deque[float]] = {}

    def add(self, address: str) -> None:
        """Remember that somebody failed."""
        failed = self._of.pop(address, deque(maxlen=FAILURES_MAX))
        failed.append(self._monotonic())
        self._of[address] = failed
        while len(self._of) > ADDRESSES_MAX:
            del self._of[next(iter(self._of))]

    def wait_seconds(self, address: str) -> int:
        """Return for how long an address has to wait before it may try again; 0 for not at all."""
        failed = self._of.get(address)
        if failed is None or len(failed) < FAILURES_MAX:
            return 0
        return max(0, ceil(failed[0] + FAILURES_SECONDS - self._monotonic()))
