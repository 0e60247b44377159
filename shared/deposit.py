"""Messages of many requests, put into their stream together: each is durable when it is answered.

What arrives while a batch is under way becomes the next atomic batch, so that many who send one
message each share a flush to the disk.
"""

import logging
from collections.abc import Iterator, Sequence

import nats.errors
from nats.aio.client import Client

from shared.errors import Overloaded, TandemError, Unavailable
from shared.gathering import Gathering
from shared.messaging import INTAKE
from shared.publishing import (
    BATCH_BYTES_MAX,
    BATCH_MESSAGES_MAX,
    Outgoing,
    PublishRefused,
    publish_batch,
    publish_one,
)
from shared.telemetry.messaging import sending

logger = logging.getLogger(__name__)

HELD_BYTES_MAX = 64 * 1024 * 1024

Parcel = Sequence[Outgoing]
"""What one request brings: stored all or none."""


class OutcomeUnknown(Unavailable):
    """The broker did not answer in time: stored or not; send the same again with the same ids."""


class Deposit:
    """Puts parcels of messages into one stream."""

    def __init__(self, connection: Client) -> None:
        """Bind the connection; its credential must be allowed the subjects."""
        self._connection = connection
        self._held_bytes = 0
        self._gathering: Gathering[Parcel, TandemError | None] = Gathering(
            self._put_together, BATCH_MESSAGES_MAX
        )

    async def put(self, parcel: Parcel) -> None:
        """Store the messages of a parcel, all or none; durable when this returns.

        Args:
            parcel: at most BATCH_MESSAGES_MAX messages of BATCH_BYTES_MAX together.

        Raises:
            OutcomeUnknown: nobody knows whether they are stored.
            Unavailable: they are not.
            Overloaded: too much waits already; they are not stored.
        """
        if not parcel:
            return
        if not self._connection.is_connected:
            raise Unavailable("the broker is away just now, and nothing was stored")
        size = _size(parcel)
        if self._held_bytes + size > HELD_BYTES_MAX:
            raise Overloaded("too much waits to be stored already, and nothing was stored")
        self._held_bytes += size
        try:
            error = await self._gathering.take(parcel)
        finally:
            self._held_bytes -= size
        if error is not None:
            raise error

    async def _put_together(self, parcels: Sequence[Parcel]) -> Sequence[TandemError | None]:
        """Return what went wrong with each parcel; it never raises, so that nothing goes twice."""
        outcomes: list[TandemError | None] = []
        for group in _packed(parcels):
            outcomes += [await self._stored(group)] * len(group)
        return outcomes

    async def _stored(self, parcels: Sequence[Parcel]) -> TandemError | None:
        messages = [message for parcel in parcels for message in parcel]
        try:
            with sending(INTAKE, [message.headers.get("traceparent") for message in messages]):
                if len(messages) == 1:
                    await publish_one(self._connection, messages[0])
                else:
                    await publish_batch(self._connection, messages)
        except PublishRefused as error:
            logger.warning("the broker stored nothing: %s", error)
            return Unavailable(f"the broker stored nothing: {error}")
        except (TimeoutError, nats.errors.Error, OSError) as error:
            logger.warning("the broker did not answer: %s", error or type(error).__name__)
            return OutcomeUnknown("the broker did not answer in time")
        return None


def _packed(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Join parcels into groups, each within the limits of an atomic batch, in their order."""
    group: list[Parcel] = []
    count = size = 0
    for parcel in parcels:
        more = _size(parcel)
        if group and (count + len(parcel) > BATCH_MESSAGES_MAX or size + more > BATCH_BYTES_MAX):
            yield group
            group, count, size = [], 0, 0
        group.append(parcel)
        count, size = count + len(parcel), size + more
    if group:
        yield group


def _size(parcel: Parcel) -> int:
    return sum(len(message.body) for message in parcel)
