"""What a publisher may do over NATS, tried rather than read."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.js.api import Header

from tests.support.settling import SECONDS_MAX

NOBODY_THERE = "503"


async def ask(connection: Client, subject: str, body: bytes = b"{}") -> Msg | None:
    """Ask on a subject, and return the answer; None when the broker forbids it.

    It says so ahead of its answer to the ping that follows, so silence need not be waited for.

    Raises:
        NoRespondersError: it may be asked, and nobody is there.
        nats.errors.TimeoutError: it may be asked, and nobody answers.
    """
    inbox = await connection.subscribe(connection.new_inbox())
    said_before = connection.last_error
    try:
        await connection.publish(subject, body, reply=inbox.subject)
        for _ in range(2):  # the first ping of nats-py goes ahead of what it flushes
            await connection.flush()
        said = connection.last_error
        if said is not said_before and f'publish to "{subject.lower()}"' in str(said):
            return None
        answer = await inbox.next_msg(SECONDS_MAX)
    finally:
        await inbox.unsubscribe()
    if answer.headers and answer.headers.get(Header.STATUS) == NOBODY_THERE:
        raise NoRespondersError
    return answer


async def may_publish(connection: Client, subject: str) -> bool:
    """Whether a stream took it."""
    try:
        answer = await ask(connection, subject)
    except NoRespondersError:
        return False
    return answer is not None and "stream" in json.loads(answer.data)


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
