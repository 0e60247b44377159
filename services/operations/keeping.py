"""Keeps what services say of themselves, until it is too old or too much.

Rows go into a ring of SLOTS partitions. When the newest has taken its share of the room or of the
time, the oldest is emptied and begun anew: no row is ever deleted, and the room is given back at
once. A request is kept whole or not at all, without waiting for the disk: what a power cut takes
here is nobody's fact.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import asyncpg
import orjson

from services.operations.domain.ring import Slot, next_slot, outlived
from services.operations.domain.telling import LogRecord, Span
from shared.clock import Clock
from shared.database import TRANSIENT
from shared.queries import Connection, Queries

logger = logging.getLogger(__name__)

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
LOOK_SECONDS = 5.0
SPAN_COLUMNS = (
    *("slot", "trace_id", "span_id", "parent_id", "service", "name", "kind", "started_at"),
    *("duration", "error", "attributes", "events"),
)
LINK_COLUMNS = ("slot", "trace_id", "span_id", "linked_trace_id", "linked_span_id")
LOG_COLUMNS = (
    *("slot", "at", "service", "severity", "logger", "body", "trace_id", "span_id", "attributes"),
)
NO_WAITING = {"synchronous_commit": "off"}
"""The setting of the pool: spans need not be on the disk before they are acknowledged."""

Values = tuple[object, ...]


class Keeping:
    """Where spans and log records go."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, days: float, bytes_max: int) -> None:
        """Bind the tables, and for how long and how much is kept."""
        self._pool, self._clock = pool, clock
        self._age_max, self._bytes_max = timedelta(days=days), bytes_max
        self._slot: int | None = None

    async def add(self, spans: Sequence[Span], logs: Sequence[LogRecord]) -> None:
        """Keep all of this, or nothing.

        Raises:
            shared.database.TRANSIENT: the database does not answer.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            slot = self._slot if self._slot is not None else await self._turn(connection)
            if spans:
                await _copy(connection, "span", SPAN_COLUMNS, _span_rows(slot, spans))
                links = list(_link_rows(slot, spans))
                if links:
                    await _copy(connection, "span_link", LINK_COLUMNS, links)
            if logs:
                await _copy(connection, "log_record", LOG_COLUMNS, _log_rows(slot, logs))
        self._slot = slot

    async def run(self) -> None:
        """Turn the ring for ever."""
        while True:
            try:
                await self.turn()
            except TRANSIENT as error:
                logger.warning("telemetry is not tidied now: %s", error or type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def turn(self) -> None:
        """Begin the next partition if the newest is full or old, and empty those that are too old.

        Who adds meanwhile does so to the one of before; it is the last to be emptied.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            slot = await self._turn(connection)
        self._slot = slot

    async def _turn(self, connection: Connection) -> int:
        now = self._clock()
        slots = [
            Slot(row["slot"], row["began_at"], row["bytes"])
            for row in await connection.fetch(QUERIES["slots"])
        ]
        for slot in outlived(slots, now, self._age_max):
            await _empty(connection, slot)
            await connection.execute(QUERIES["forget_slot"], slot)
            slots = [each for each in slots if each.number != slot]
        found = next_slot(slots, now, self._age_max, self._bytes_max)
        if found.begins:
            await _empty(connection, found.number)
            await connection.execute(QUERIES["begin_slot"], found.number, now)
        return found.number


async def _empty(connection: Connection, slot: int) -> None:
    await connection.execute(f"truncate span_{slot:d}, span_link_{slot:d}, log_record_{slot:d}")


async def _copy(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Values]
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns)


def _span_rows(slot: int, spans: Sequence[Span]) -> Iterator[Values]:
    for span in spans:
        yield (
            slot,
            bytes.fromhex(span.trace_id),
            bytes.fromhex(span.span_id),
            _bytes(span.parent_id),
            span.service,
            span.name,
            span.kind,
            span.started_at,
            span.duration,
            span.error,
            _json(span.attributes),
            _json(
                [
                    {"at": each.at, "name": each.name, "attributes": each.attributes}
                    for each in span.events
                ]
            ),
        )


def _link_rows(slot: int, spans: Sequence[Span]) -> Iterator[Values]:
    for span in spans:
        here = bytes.fromhex(span.trace_id), bytes.fromhex(span.span_id)
        for link in span.links:
            yield slot, *here, bytes.fromhex(link.trace_id), bytes.fromhex(link.span_id)


def _log_rows(slot: int, logs: Sequence[LogRecord]) -> Iterator[Values]:
    for log in logs:
        yield (
            slot,
            log.at,
            log.service,
            log.severity,
            log.logger,
            log.body,
            _bytes(log.trace_id),
            _bytes(log.span_id),
            _json(log.attributes),
        )


def _bytes(id_: str | None) -> bytes | None:
    return None if id_ is None else bytes.fromhex(id_)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
