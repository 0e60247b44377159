"""What a publisher may do over NATS, tried rather than read."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

ANSWER_SECONDS_MAX = 0.5


async def may_publish(connection: Client, subject: str) -> bool:
    """Whether a stream took it; a forbidden subject is not answered at all."""
    try:
        answer = await connection.request(subject, b"{}", timeout=ANSWER_SECONDS_MAX)
    except (NatsTimeoutError, NoRespondersError):
        return False
    return "stream" in json.loads(answer.data)


@dataclass
class Held:
    """A connection that does not come back, with what the broker said to it."""

    client: Client
    closed: asyncio.Event
    refusals: list[str] = field(default_factory=list)


async def hold(url: str, name: str, seed_file: Path) -> Held:
    """Return a publisher's connection, by a copy of its seed as if that had been stolen."""
    held = Held(Client(), asyncio.Event())
    seed = await asyncio.to_thread(seed_file.read_text)

    async def on_closed() -> None:
        held.closed.set()

    async def on_error(error: Exception) -> None:
        held.refusals.append(str(error))

    held.client = await nats.connect(
        url,
        nkeys_seed_str=seed.strip(),
        inbox_prefix=f"_INBOX_{name}",
        allow_reconnect=False,
        closed_cb=on_closed,
        error_cb=on_error,
    )
    return held
