"""Ending a task for certain."""

import asyncio
import logging

logger = logging.getLogger(__name__)

CANCEL_SECONDS = 1.0
CANCELS_MAX = 10


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end.

    Before Python 3.12 `asyncio.wait_for` swallows a cancellation that comes in the moment it
    returns, and nats-py one that comes while it connects, so one is not always enough.
    """
    for _ in range(CANCELS_MAX):
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_SECONDS)
        if task.done():
            return
    logger.error("%s does not end", task.get_name())
