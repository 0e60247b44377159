"""Messages into a stream, in atomic batches: durable when they are answered.

nats-py has no publisher for atomic batches: `js.publish` stumbles over the empty answer to a batch
message, so they go out as core requests. Source: NATS ADR-50; NATS server 2.12 and later.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import nats.errors
from nats.aio.client import Client
from nats.errors import NoRespondersError

from shared.chunks import weighed
from shared.messaging import ANSWER_SECONDS_MAX
from shared.pulling import RECONNECT_DELAY_SECONDS

BATCH_MESSAGES_MAX = 1000
BATCH_BYTES_MAX = 8 * 1024 * 1024
PUBLISH_ATTEMPTS_MAX = 10
DUPLICATE_IN_BATCH = 10201
"""JetStream's error code for a batch with a message id that came before."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish."""

    subject: str
    headers: Mapping[str, str]
    body: bytes


class PublishRefused(Exception):
    """The broker refuses the message or batch; nothing of it was stored."""

    def __init__(self, code: int, description: str) -> None:
        """Keep JetStream's error code and words."""
        super().__init__(f"{description} ({code})")
        self.code = code


async def publish_batch(connection: Client, messages: Sequence[Outgoing]) -> None:
    """Publish messages of one stream all or none, durable when this returns.

    Args:
        connection: to the broker.
        messages: 1 to BATCH_MESSAGES_MAX of them, all for the same stream.

    Raises:
        PublishRefused: nothing was stored; DUPLICATE_IN_BATCH when one message id came before.
        TimeoutError: unknown whether it was stored; publish again with the same ids.
    """
    batch_id = uuid4().hex
    last = len(messages)
    for sequence, message in enumerate(messages, start=1):
        headers = {
            **message.headers,
            "Nats-Batch-Id": batch_id,
            "Nats-Batch-Sequence": str(sequence),
        }
        if sequence == last:
            headers["Nats-Batch-Commit"] = "1"
        if sequence in (1, last):
            await _request(connection, message.subject, headers, message.body)
        else:
            await connection.publish(message.subject, message.body, headers=headers)


async def publish_one(connection: Client, message: Outgoing) -> None:
    """Publish one message, durable when this returns; a known message id counts as published.

    Raises:
        PublishRefused, TimeoutError: as for `publish_batch`.
    """
    await _request(connection, message.subject, dict(message.headers), message.body)


async def _request(connection: Client, subject: str, headers: dict[str, str], body: bytes) -> None:
    try:
        answer = await connection.request(
            subject, body, timeout=ANSWER_SECONDS_MAX, headers=headers
        )
    except NoRespondersError:
        raise PublishRefused(503, f"no stream takes {subject}") from None
    if answer.data and (error := json.loads(answer.data).get("error")):
        raise PublishRefused(error.get("err_code", 0), error.get("description", "refused"))


async def publish_batches(
    connection: Client,
    messages: Iterable[Outgoing],
    on_published: Callable[[int], None] = lambda count: None,
) -> int:
    """Publish any number of messages in atomic batches, and return how many there were.

    A batch whose fate is unknown is sent again: whoever reads it knows each message by its id.
    """
    published = 0
    for batch in batches(messages):
        await _until_published(connection, batch)
        published += len(batch)
        on_published(len(batch))
    return published


async def _until_published(connection: Client, batch: Sequence[Outgoing]) -> None:
    for attempt in range(PUBLISH_ATTEMPTS_MAX):
        try:
            return await publish_batch(connection, batch)
        except (TimeoutError, nats.errors.Error):
            if attempt == PUBLISH_ATTEMPTS_MAX - 1:
                raise
            await asyncio.sleep(RECONNECT_DELAY_SECONDS * 2**attempt)
    raise AssertionError("unreachable")


def batches(messages: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """Cut messages into batches within both limits."""
    return weighed(messages, BATCH_MESSAGES_MAX, BATCH_BYTES_MAX)
