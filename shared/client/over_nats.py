"""The door of NATS: events in structured mode into JetStream, many in atomic batches.

What the broker refuses for want of permission it tells to no caller; it is caught here and told to
whoever published just then. A connection that was closed for good is opened anew.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nats.errors
from nats.aio.client import Client

from shared.client.doors import Answer, trace_headers, trace_id_here
from shared.client.errors import NotAllowed, Rejected
from shared.client.event import Event, placed
from shared.client.receipt import Questions
from shared.client.retrying import TryAgain
from shared.contracts.envelope import STRUCTURED
from shared.errors import Violation
from shared.messaging import NatsAddress, connect, leave
from shared.publishing import (
    BATCH_BYTES_MAX,
    BATCH_MESSAGES_MAX,
    Outgoing,
    PublishRefused,
    publish_batch,
    publish_one,
)

logger = logging.getLogger(__name__)

CONNECT_SECONDS_MAX = 5.0
NOBODY_TAKES_IT = 503
"""What PublishRefused carries when no stream listens on a subject."""


class NatsDoor:
    """Publishes under an nkey, whose seed stands in a file."""

    batch_events_max, batch_bytes_max = BATCH_MESSAGES_MAX, BATCH_BYTES_MAX

    def __init__(self, url: str, name: str, seed_file: Path, questions: Questions | None) -> None:
        """Bind the broker, the credential, and who may be asked what became of events."""
        self._address, self.questions = NatsAddress(url, name, seed_file), questions
        self._connection: Client | None = None
        self._connecting = asyncio.Lock()
        self._denied: str | None = None

    async def open(self) -> None:
        """Connect; a broker that is away is connected to later."""
        try:
            await self._connected()
        except TryAgain as hindrance:
            logger.warning("%s", hindrance)

    async def close(self) -> None:
        """Send what is still held, and leave."""
        if self._connection is not None:
            await leave(self._connection)
            self._connection = None
        if self.questions is not None:
            await self.questions.close()

    async def store(self, events: Sequence[Event]) -> list[Answer]:
        """Publish events, all or none, and return once they are on the disk."""
        traced = trace_headers()
        messages = [message_of(event, self._address.name, traced) for event in events]
        connection = await self._connected()
        self._denied = None
        try:
            if len(messages) == 1:
                await publish_one(connection, messages[0])
            else:
                await publish_batch(connection, messages)
        except PublishRefused as error:
            if error.code == NOBODY_TAKES_IT:
                await self._refuse_denied()
            raise TryAgain(f"the broker stored nothing: {error}") from error
        except (TimeoutError, nats.errors.Error, OSError) as error:
            await self._refuse_denied()
            said = str(error) or type(error).__name__
            raise TryAgain(f"the broker did not answer: {said}") from error
        return [Answer(trace_id=trace_id_here())] * len(events)

    async def rejections(self) -> AsyncIterator[Rejected]:
        """Yield what owners say on `rejected.<name>`; what was said while away is not heard."""
        connection = await self._connected()
        subscription = await connection.subscribe(f"rejected.{self._address.name}")
        await connection.flush()
        try:
            async for message in subscription.messages:
                yield rejected(json.loads(message.data))
        finally:
            if not connection.is_closed:
                await subscription.unsubscribe()

    async def _refuse_denied(self) -> None:
        """Raise when it was for want of permission that nothing was stored."""
        if self._denied is not None:
            raise NotAllowed(f"the credential {self._address.name} may not: {self._denied}")

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._connection is None or self._connection.is_closed:
                try:
                    async with asyncio.timeout(CONNECT_SECONDS_MAX):
                        self._connection = await connect(self._address, on_error=self._heard)
                except (TimeoutError, nats.errors.Error, OSError) as error:
                    said = str(error) or type(error).__name__
                    if "authorization" in said.lower():
                        raise NotAllowed(f"{self._address.name} is not let in: {said}") from error
                    raise TryAgain(f"no connection to {self._address.url}: {said}") from error
            return self._connection

    async def _heard(self, error: Exception) -> None:
        said = str(error)
        if "permissions violation" in said.lower():
            self._denied = said.removeprefix("nats: ")
        logger.warning("nats: %s", said or type(error).__name__)


def message_of(
    event: Event, source: str, headers: Mapping[str, str] = MappingProxyType({})
) -> Outgoing:
    """Return an event as it goes over NATS: on the subject of its type, in structured mode."""
    return Outgoing(event.subject(source), {"content-type": STRUCTURED, **headers}, event.body)


def rejected(notice: Mapping[str, Any]) -> Rejected:
    """Return a rejection as its owner announces it."""
    found = [Violation(each["field"], each["description"]) for each in notice["violations"]]
    return Rejected(
        notice.get("id"),
        notice["reason"],
        notice["detail"],
        placed(found, notice["detail"], envelope_read=notice.get("id") is not None),
        notice["rejected_id"],
    )
