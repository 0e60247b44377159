"""Trying again with growing pauses: whatever is sent keeps its id, so a repeat changes nothing."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.client.errors import Unreachable

T = TypeVar("T")

PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.1, 5.0


class TryAgain(Exception):
    """An attempt came to nothing, and another may not.

    Args:
        why: in a few words.
        after_seconds: no sooner than so, when the other side has said it.
    """

    def __init__(self, why: str, after_seconds: float = 0.0) -> None:
        """Keep why, and for how long to wait."""
        super().__init__(why)
        self.after_seconds = after_seconds


async def until_done(attempt: Callable[[], Awaitable[T]], patience_seconds: float | None) -> T:
    """Return what an attempt returns that does not raise TryAgain.

    Args:
        attempt: made again after a pause that doubles, with chance in it, so that many who were
            cut off together do not return together.
        patience_seconds: so long after the first attempt none is begun any more; None is for ever.

    Raises:
        Unreachable: no attempt came to anything; the text says what hindered the last one.
    """
    began, pause = time.monotonic(), PAUSE_SECONDS_MIN
    while True:
        try:
            return await attempt()
        except TryAgain as hindrance:
            wait = max(hindrance.after_seconds, pause * random.uniform(0.5, 1.0))  # noqa: S311
            waited = time.monotonic() - began
            if patience_seconds is not None and waited + wait > patience_seconds:
                raise Unreachable(f"{hindrance}; tried for {waited:.1f} s") from hindrance
            await asyncio.sleep(wait)
            pause = min(2 * pause, PAUSE_SECONDS_MAX)
