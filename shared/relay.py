"""From the outbox to the FACTS stream: published in atomic batches, deleted once acknowledged.

A fact leaves the outbox only after the broker has it on disk, so a kill at any point publishes
again and loses nothing; readers drop the repeat by its stream and version. Two relays at once wait
for each other at an advisory lock.
"""

import asyncio
import logging
from collections.abc import Sequence

import asyncpg
import nats.errors
from nats.aio.client import Client

from shared.database import PAGE_BYTES_MAX, TRANSIENT
from shared.failpoints import failpoint
from shared.messaging import FACTS
from shared.publishing import (
    BATCH_MESSAGES_MAX,
    DUPLICATE_IN_BATCH,
    Outgoing,
    PublishRefused,
    batches,
    publish_batch,
    publish_one,
)
from shared.queries import SHARED_QUERIES, Connection, Queries
from shared.telemetry.messaging import sending
from shared.wire import to_wire

logger = logging.getLogger(__name__)

RELAY_LOCK = 0x7265_6C61_79
IDLE_SECONDS = 0.5
RETRY_SECONDS_MAX = 5.0

PASSING: tuple[type[BaseException], ...] = (PublishRefused, nats.errors.Error, *TRANSIENT)
"""Errors after which the same facts are published again."""


class Relay:
    """Publishes what one ledger's outbox holds."""

    def __init__(self, pool: asyncpg.Pool, connection: Client) -> None:
        """Bind the outbox to the broker."""
        self._pool, self._nats = pool, connection
        self._queries = Queries(SHARED_QUERIES)
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something new to publish; without it the relay looks by itself."""
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled; failures wait and try again."""
        delay = 0.0
        while True:
            try:
                relayed = await self.relay_once()
                delay = 0.0
            except PASSING as error:
                relayed, delay = 0, min(RETRY_SECONDS_MAX, 2 * delay or IDLE_SECONDS)
                logger.warning("relay waits: %s", error or type(error).__name__)
            if not relayed:
                await self._sleep(delay or IDLE_SECONDS)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    async def relay_once(self) -> int:
        """Publish the oldest facts of the outbox, and return how many there were."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", RELAY_LOCK)
            rows = await connection.fetch(
                self._queries["outbox_next"], BATCH_MESSAGES_MAX, PAGE_BYTES_MAX
            )
            if rows:
                await self._relay(connection, rows)
            return len(rows)

    async def _relay(self, connection: Connection, rows: Sequence[asyncpg.Record]) -> None:
        with sending(FACTS, [row["traceparent"] for row in rows]):
            failpoint("relay.before_publish")
            for batch in batches(to_wire(dict(row)) for row in rows):
                await self._publish(batch)
            failpoint("relay.after_publish")
        await connection.execute(self._queries["outbox_done"], [row["position"] for row in rows])
        failpoint("relay.after_delete")

    async def _publish(self, batch: Sequence[Outgoing]) -> None:
        """Publish the batch; one duplicate refuses it whole, then each goes by itself."""
        try:
            await publish_batch(self._nats, batch)
        except PublishRefused as refused:
            if refused.code != DUPLICATE_IN_BATCH:
                raise
            for message in batch:
                await publish_one(self._nats, message)
