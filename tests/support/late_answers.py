"""A plugin of pytest: some answers of NATS and PostgreSQL come late, so no test wins by luck.

`make test-late` loads it. What one part has said is then seen by others before the part itself goes
on, as on a machine with too much to do. Services that a test starts as processes are left alone.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import asyncpg
from nats.aio.client import Client

ANSWERS: dict[type, tuple[str, ...]] = {
    Client: ("flush", "request", "subscribe"),
    asyncpg.Connection: (
        "copy_records_to_table",
        "execute",
        "executemany",
        "fetch",
        "fetchrow",
        "fetchval",
    ),
}
LATE_SHARE = 0.03
LATE_SECONDS = 0.05, 0.5


def pytest_configure() -> None:
    """Let the answers of every connection come late from now on."""
    for of, names in ANSWERS.items():
        for name in names:
            setattr(of, name, _late(getattr(of, name)))


def _late(asked: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(asked)
    async def answered(*args: Any, **kwargs: Any) -> Any:
        answer = await asked(*args, **kwargs)
        if random.random() < LATE_SHARE:
            await asyncio.sleep(random.uniform(*LATE_SECONDS))
        return answer

    return answered
